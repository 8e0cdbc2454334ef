#include "core/ha/run_records.hpp"

#include <gtest/gtest.h>

namespace cts::ha {
namespace {

using namespace std::chrono_literals;

TEST(LeaseBounds, IsOverForItsOwnerBeforeItIsForOthers) {
  EXPECT_EQ(owner_lease(30s), 29'200ms);
  EXPECT_EQ(observer_lease(30s), 30'800ms);
}

// Clock rates may differ by 0.9 % in both directions.
TEST(LeaseBounds, IsOverForOthersLastWhateverTheirClocksDo) {
  for (auto lease = duration{20s}; lease <= 60s; lease += 1s) {
    auto longest = owner_lease(lease) * 1000 / 991;
    auto shortest = observer_lease(lease) * 1000 / 1009;
    EXPECT_LT(longest, shortest);
  }
}

} // namespace
} // namespace cts::ha

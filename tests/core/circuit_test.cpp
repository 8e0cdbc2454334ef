#include "core/circuit.hpp"

#include <gtest/gtest.h>

namespace cts {
namespace {

using namespace std::chrono_literals;

constexpr auto t0 = time_point{} + 1h;

circuit broken() {
  auto out = circuit{};
  note_unreachable(out, t0);
  return out;
}

TEST(Circuit, LetsEverybodyThroughWhileClosed) {
  EXPECT_TRUE(may_read(circuit{}, t0));
}

TEST(Circuit, LetsNobodyThroughUntilTheProbeIsDue) {
  EXPECT_FALSE(may_read(broken(), t0 + 999ms));
  EXPECT_TRUE(may_read(broken(), t0 + 1s));
}

TEST(Circuit, LetsOneProbeThroughAtATime) {
  auto x = broken();
  x.probing = true;
  EXPECT_FALSE(may_read(x, t0 + 1h));
}

TEST(Circuit, ClosesWithAnyAnswer) {
  auto x = broken();
  note_answer(x);
  EXPECT_TRUE(may_read(x, t0));
}

TEST(Circuit, WaitsAnewAfterAFailedProbe) {
  auto x = broken();
  x.probing = true;
  note_unreachable(x, t0 + 5s);
  EXPECT_FALSE(may_read(x, t0 + 5500ms));
  EXPECT_TRUE(may_read(x, t0 + 6s));
}

} // namespace
} // namespace cts

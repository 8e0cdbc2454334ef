#include "core/ha/types.hpp"

#include <gtest/gtest.h>

namespace cts::ha {
namespace {

TEST(Role, IsNamedAsLogsAndTheClusterStatusNameIt) {
  EXPECT_STREQ(to_string(role::joining), "joining");
  EXPECT_STREQ(to_string(role::suspended), "suspended");
  EXPECT_STREQ(to_string(role::stopped), "stopped");
}

} // namespace
} // namespace cts::ha

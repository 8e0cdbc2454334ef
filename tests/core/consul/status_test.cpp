#include "core/consul/status.hpp"

#include <gtest/gtest.h>

namespace cts::consul {
namespace {

TEST(ConsulStatus, AsksForTheLeader) {
  EXPECT_EQ(target_of(leader_request()), "/v1/status/leader");
}

TEST(ConsulStatus, ReadsTheLeadersAddress) {
  auto leader = decode_leader({.status = 200, .body = "\"10.0.0.1:8300\"\n"});
  ASSERT_TRUE(leader);
  EXPECT_EQ(*leader, "10.0.0.1:8300");
}

TEST(ConsulStatus, TellsNoLeaderFromNoAnswer) {
  auto none = decode_leader({.status = 200, .body = "\"\""});
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
  EXPECT_FALSE(decode_leader({.status = 500, .body = "No known servers"}));
  EXPECT_FALSE(decode_leader({.status = 200, .body = "{"}));
  EXPECT_FALSE(decode_leader({.status = 200, .body = "7"}));
}

} // namespace
} // namespace cts::consul

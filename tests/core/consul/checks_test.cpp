#include "core/consul/checks.hpp"

#include <gtest/gtest.h>

namespace cts::consul {
namespace {

TEST(ConsulChecks, AreAskedForByService) {
  auto x = checks_request("a b", "team");
  EXPECT_EQ(target_of(x), "/v1/health/checks/a%20b?ns=team");
}

TEST(ConsulChecks, AreReadWithTheirServiceAndStatus) {
  auto found = decode_checks(
    R"([{"ServiceID":"cts-1","CheckID":"cts-1-alive","Status":"critical"},
        {"Status":null}])");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ(found->front(),
            (service_check{"cts-1", "cts-1-alive", "critical"}));
  EXPECT_EQ(found->back(), service_check{});
}

TEST(ConsulChecks, RefuseWhatIsNoListOfChecks) {
  for (const auto* text : {"", "{}", "[1]", "[{"})
    EXPECT_FALSE(decode_checks(text)) << text;
}

} // namespace
} // namespace cts::consul

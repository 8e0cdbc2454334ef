#include "core/consul/request.hpp"

#include <gtest/gtest.h>

namespace cts::consul {
namespace {

TEST(ConsulRequest, SortsAndEncodesTheQuery) {
  auto x = request{.path = "/v1/health/service/web"};
  x.query = {{"wait", "120s"},
             {"filter", "Service.Meta.a == \"ä b\""},
             {"dc", "dc1"},
             {"recurse", ""}};
  EXPECT_EQ(target_of(x),
            "/v1/health/service/web?dc=dc1&filter=Service.Meta.a%20%3D%3D%20"
            "%22%C3%A4%20b%22&recurse=&wait=120s");
}

TEST(ConsulRequest, IsItsPathWithoutAQuery) {
  EXPECT_EQ(target_of({.path = "/v1/status/leader"}), "/v1/status/leader");
}

TEST(ConsulRequest, RepeatsAParameter) {
  auto x = request{.path = "/p"};
  x.query = {{"node-meta", "a:1"}, {"node-meta", "b:2"}};
  EXPECT_EQ(target_of(x), "/p?node-meta=a%3A1&node-meta=b%3A2");
}

TEST(ConsulRequest, KeepsTheSlashesOfAPathOnly) {
  EXPECT_EQ(encode_path("a b/c%/ä"), "a%20b/c%25/%C3%A4");
  EXPECT_EQ(encode_segment("a b/c"), "a%20b%2Fc");
}

TEST(ConsulRequest, DescribesAFailureLikeTheReference) {
  EXPECT_EQ(describe_failure({.status = 500, .body = "\n No cluster leader\n"}),
            "Unexpected response code: 500 (No cluster leader)");
  EXPECT_EQ(describe_failure({.status = 403}), "Unexpected response code: 403");
}

TEST(ConsulRequest, QuotesNoMoreThan512BytesOfABody) {
  auto text = describe_failure({.status = 500, .body = std::string(600, 'x')});
  EXPECT_EQ(text,
            "Unexpected response code: 500 (" + std::string(512, 'x') + ")");
}

TEST(ConsulRequest, DoesNotCutACharacterInHalf) {
  auto body = std::string(511, 'x') + "ä" + std::string(100, 'x');
  EXPECT_EQ(describe_failure({.status = 500, .body = body}),
            "Unexpected response code: 500 (" + std::string(511, 'x') + ")");
}

} // namespace
} // namespace cts::consul

#include "core/consul/health.hpp"

#include "tests/core/consul/recorded.hpp"

#include <gtest/gtest.h>

namespace cts::consul {
namespace {

using text_map = std::map<std::string, std::string>;

dependency web(std::string filter = {}) {
  return {.name = "web", .filter = std::move(filter)};
}

TEST(Health, AsksForPassingInstances) {
  EXPECT_EQ(target_of(health_request(web())),
            "/v1/health/service/web?passing=1");
}

TEST(Health, KeepsPassingBesideAFilterThatDoesNotJudgeStatus) {
  EXPECT_EQ(target_of(health_request(web("Checks.CheckID == x"))),
            "/v1/health/service/web?filter=Checks.CheckID%20%3D%3D%20x"
            "&passing=1");
}

TEST(Health, LeavesStatusToAFilterThatJudgesIt) {
  auto x = health_request(web("\nChecks.Status != critical\n"));
  EXPECT_FALSE(x.query.contains("passing"));
  EXPECT_EQ(x.query.find("filter")->second, "Checks.Status != critical");
}

TEST(Health, EncodesTheName) {
  EXPECT_EQ(health_request({.name = "a/b c"}).path,
            "/v1/health/service/a%2Fb%20c");
}

TEST(Health, ReadsEveryFieldOfAnInstance) {
  auto x = decode_instances(recorded("health_web_passing"));
  ASSERT_TRUE(x) << x.error().message;
  ASSERT_EQ(x->size(), 1u);
  EXPECT_EQ(x->front(),
            (service_instance{
              .id = "web-1",
              .name = "web",
              .address = "10.1.0.1",
              .port = 8080,
              .meta = text_map{{"team", "ä/ö"}},
              .tags = {"a\"b", "v2"},
              .status = "passing",
              .node = "worker-01",
              .node_address = "10.0.0.1",
              .node_datacenter = "dc1",
              .node_tagged_addresses = text_map{{"lan", "10.0.0.1"}},
              .node_meta = text_map{{"os", "linux"}, {"rack", "r1"}},
            }));
}

TEST(Health, TakesTheAddressOfTheNodeIfTheServiceHasNone) {
  auto x = decode_instances(recorded("health_web"));
  ASSERT_TRUE(x);
  ASSERT_EQ(x->size(), 3u);
  EXPECT_EQ((*x)[1].id, "web-2");
  EXPECT_EQ((*x)[1].address, "10.0.0.2");
}

TEST(Health, StatusIsTheWorstOfAllChecks) {
  auto x = decode_instances(recorded("health_web"));
  ASSERT_TRUE(x);
  EXPECT_EQ((*x)[0].status, "passing");
  EXPECT_EQ((*x)[1].status, "warning");
  EXPECT_EQ((*x)[2].status, "maintenance");
}

std::string entry(const std::string& node, const std::string& id,
                  const std::string& checks = "[]") {
  return R"({"Node":{"Node":")" + node + R"("},"Service":{"ID":")" + id
         + R"("},"Checks":)" + checks + "}";
}

std::string status_with(const std::string& checks) {
  auto x = decode_instances("[" + entry("n", "i", checks) + "]");
  return x ? x->front().status : x.error().message;
}

TEST(Health, AnInstanceWithoutChecksIsPassing) {
  EXPECT_EQ(status_with("[]"), "passing");
  EXPECT_EQ(status_with("null"), "passing");
}

TEST(Health, AnUnknownCheckStatusIsEmpty) {
  EXPECT_EQ(status_with(R"([{"Status":"odd"},{"Status":"critical"}])"), "");
}

TEST(Health, CriticalBeatsWarning) {
  EXPECT_EQ(status_with(R"([{"Status":"critical"},{"Status":"warning"}])"),
            "critical");
}

TEST(Health, NodeMaintenanceBeatsCritical) {
  EXPECT_EQ(status_with(R"([{"CheckID":"_node_maintenance",
                             "Status":"critical"},{"Status":"critical"}])"),
            "maintenance");
}

TEST(Health, OrdersByNodeThenId) {
  auto x = decode_instances("[" + entry("b", "1") + "," + entry("a", "2") + ","
                            + entry("a", "10") + "]");
  ASSERT_TRUE(x);
  EXPECT_EQ((*x)[0].id, "10");
  EXPECT_EQ((*x)[1].id, "2");
  EXPECT_EQ((*x)[2].node, "b");
}

TEST(Health, ReadsNullAndAbsentFieldsAsEmpty) {
  auto x = decode_instances(R"([{"Node":{"Meta":null},
    "Service":{"ID":null,"Tags":null,"Meta":null,"Port":null}}])");
  ASSERT_TRUE(x) << x.error().message;
  EXPECT_EQ(x->front(), service_instance{.status = "passing"});
}

TEST(Health, IsEmptyForAServiceWithoutInstances) {
  auto x = decode_instances(recorded("health_none"));
  ASSERT_TRUE(x);
  EXPECT_TRUE(x->empty());
}

TEST(Health, RefusesWhatIsNoListOfInstances) {
  for (const auto* text :
       {"", "null", "{}", "[1]", "[{}]", R"([{"Node":{},"Service":[]}])",
        R"([{"Node":{},"Service":{"Port":"x"}}])", "[{\"Node\":{}",
        R"([{"Node":{},"Service":{"Tags":[1]}}])"}) {
    auto x = decode_instances(text);
    ASSERT_FALSE(x) << text;
    EXPECT_EQ(x.error().code, errc::malformed);
  }
}

TEST(Health, RefusesDeepNesting) {
  EXPECT_FALSE(decode_instances(std::string(100'000, '[')));
  EXPECT_FALSE(
    decode_instances(std::string(100'000, '[') + std::string(100'000, ']')));
}

} // namespace
} // namespace cts::consul

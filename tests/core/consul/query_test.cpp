#include "core/consul/query.hpp"

#include "core/consul/agent.hpp"
#include "core/consul/status.hpp"
#include "tests/core/consul/recorded.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace cts::consul {
namespace {

using kind = dependency::kind;

constexpr auto kinds
  = {kind::service, kind::catalog_services, kind::kv_key, kind::kv_prefix};

TEST(ConsulQuery, NamesDatacenterAndNamespaceIfConfigured) {
  auto x = request_for(
    {.what = kind::kv_key, .name = "a", .datacenter = "dc2", .ns = "team"});
  ASSERT_TRUE(x);
  EXPECT_EQ(target_of(*x), "/v1/kv/a?dc=dc2&ns=team");
}

TEST(ConsulQuery, RefusesAServiceWithoutAName) {
  EXPECT_FALSE(request_for({.what = kind::service}));
}

TEST(ConsulQuery, AMissingKeyIsNoFailure) {
  auto x = decode({.what = kind::kv_key, .name = "a"}, {.status = 404});
  ASSERT_TRUE(x);
  EXPECT_EQ(*x, (snapshot{.data = kv_pairs{}}));
}

TEST(ConsulQuery, AMissingServiceEndpointIsAFailure) {
  auto x = decode({.name = "web"}, {.status = 404});
  ASSERT_FALSE(x);
  EXPECT_EQ(x.error().code, errc::refused);
}

TEST(ConsulQuery, NamesTheWatchAndTheAnswerOfAFailure) {
  auto what = dependency{.name = "web", .filter = "Service.Bar == 1"};
  auto x = decode(what, {.status = 500, .body = recorded("bad_filter")});
  ASSERT_FALSE(x);
  EXPECT_EQ(x.error().message,
            "health.service(web?filter=Service.Bar == 1): Unexpected response "
            "code: 500 (Failed to create boolean expression evaluator: "
            "Selector \"Service.Bar\" is not valid)");
}

TEST(ConsulQuery, NamesTheWatchThatCannotBeRead) {
  auto x = decode({.name = "web"}, {.status = 200, .body = "<html>"});
  ASSERT_FALSE(x);
  EXPECT_EQ(x.error().code, errc::malformed);
  EXPECT_THAT(x.error().message, testing::HasSubstr("health.service(web)"));
}

TEST(ConsulQuery, KnowsWhichRefusalsCannotHeal) {
  EXPECT_TRUE(is_permanent({.status = 400, .body = recorded("bad_ns")}));
  EXPECT_TRUE(is_permanent({.status = 403, .body = "ACL not found"}));
  EXPECT_TRUE(is_permanent({.status = 500, .body = recorded("bad_filter")}));
  EXPECT_TRUE(is_permanent({.status = 500, .body = recorded("bad_dc")}));
  EXPECT_FALSE(is_permanent({.status = 500, .body = "No cluster leader"}));
  EXPECT_FALSE(is_permanent({.status = 429}));
  EXPECT_FALSE(is_permanent({.status = 200}));
}

std::string mutate(const std::string& original, std::mt19937& random) {
  auto body = original;
  auto at = random() % body.size();
  switch (random() % 4) {
    case 0: body[at] = static_cast<char>(random()); break;
    case 1: body.erase(at, random() % 20); break;
    case 2: body.insert(at, original, random() % original.size(), 9); break;
    default: body.insert(at, 1, "[]{}\",:0ne"[random() % 10]);
  }
  return body.empty() ? original : body;
}

// Whatever arrives, the answer is a snapshot or an error, never a crash.
TEST(ConsulQueryProperty, NoAnswerBreaksTheDecoder) {
  for (const auto* name : {"health_web", "catalog_services", "kv_prefix"}) {
    for (auto seed = 0u; seed < 300u; ++seed) {
      auto random = std::mt19937{seed};
      auto answer = reply{.status = 200, .body = recorded(name)};
      for (auto change = random() % 8; change > 0; --change)
        answer.body = mutate(answer.body, random);
      for (auto what : kinds) {
        auto x = decode({.what = what, .name = "a"}, answer);
        ASSERT_TRUE(x || x.error().code == errc::malformed) << name << seed;
      }
    }
  }
}

TEST(ConsulStatus, ReadsTheLeader) {
  EXPECT_EQ(target_of(leader_request()), "/v1/status/leader");
  EXPECT_EQ(*decode_leader({.status = 200, .body = recorded("status_leader")}),
            "127.0.0.1:28300");
  EXPECT_EQ(*decode_leader({.status = 200, .body = "\"\""}), "");
}

TEST(ConsulStatus, RefusesAnErrorAndNonsense) {
  EXPECT_EQ(decode_leader({.status = 500}).error().code, errc::refused);
  EXPECT_EQ(decode_leader({.status = 200, .body = "{}"}).error().code,
            errc::malformed);
}

TEST(ConsulAgent, RegistersAServiceWithItsCheck) {
  auto x = register_service(
    {.id = "cts-host",
     .name = "consul-terraform-sync",
     .tags = {"cts"},
     .port = 8558,
     .ns = "team",
     .check = http_check{.id = "cts-host-health",
                         .name = "CTS Health Status",
                         .notes = "by us",
                         .url = "http://localhost:8558/v1/health"}});
  EXPECT_EQ(x.method, "PUT");
  EXPECT_EQ(target_of(x), "/v1/agent/service/register");
  EXPECT_EQ(x.body,
            R"({"ID":"cts-host","Name":"consul-terraform-sync","Tags":["cts"],)"
            R"("Address":"","Port":8558,"Namespace":"team","Check":{)"
            R"("CheckID":"cts-host-health","Name":"CTS Health Status",)"
            R"("Notes":"by us","HTTP":"http://localhost:8558/v1/health",)"
            R"("Method":"GET","Interval":"10s","Timeout":"2s",)"
            R"("TLSSkipVerify":true,"Status":"critical",)"
            R"("DeregisterCriticalServiceAfter":"30m"}})");
}

TEST(ConsulAgent, MentionsNeitherCheckNorNamespaceWithoutThem) {
  auto x = register_service({.id = "a", .name = "b", .port = 1});
  EXPECT_EQ(x.body, R"({"ID":"a","Name":"b","Tags":[],"Address":"","Port":1})");
}

TEST(ConsulAgent, DeregistersById) {
  auto x = deregister_service("a b", "team");
  EXPECT_EQ(x.method, "PUT");
  EXPECT_EQ(target_of(x), "/v1/agent/service/deregister/a%20b?ns=team");
  EXPECT_EQ(target_of(service_request("a", "")), "/v1/agent/service/a");
}

} // namespace
} // namespace cts::consul

// The same claims about Consul's HTTP API, checked against the model that the
// simulation uses and against the real agent. What the model promises here is
// what the product may rely on there. Source: chapter monitoring 1.4.

#include "tests/end_to_end/consul_conformance.hpp"

#include <gmock/gmock.h>

namespace cts {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST_P(ConsulConformance, ItsLeaderIsAnAddress) {
  auto x = get("/v1/status/leader");
  EXPECT_EQ(x.status, 200);
  EXPECT_THAT(x.body, testing::MatchesRegex("\"127.0.0.1:[0-9]+\"\n?"));
}

TEST_P(ConsulConformance, AnInstanceIsReadAsItWasRegistered) {
  put_instance("web", "web-1", "passing", R"(["b","a"])");
  auto x = instances(get(web));
  ASSERT_EQ(x.size(), 1u);
  EXPECT_EQ(x[0].id, "web-1");
  EXPECT_EQ(x[0].address, "10.0.0.1");
  EXPECT_EQ(x[0].port, 80);
  EXPECT_EQ(x[0].status, "passing");
  EXPECT_EQ(x[0].node, "worker");
  EXPECT_EQ(x[0].node_datacenter, "dc1");
  EXPECT_EQ(x[0].tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(x[0].node_meta.at("rack"), "r1");
}

TEST_P(ConsulConformance, HoldsAnAnswerBackUntilTheWaitIsOver) {
  put_instance("web", "web-1");
  auto seen = get(web);
  expect_asleep(poll_past(seen, web, "1s"), seen);
}

TEST_P(ConsulConformance, AnswersALowerIndexAtOnce) {
  put_instance("web", "web-1");
  auto seen = get(web);
  auto older = answer{.index = seen.index - 1};
  EXPECT_LT(finish(poll_past(older, web)).took, 15s);
}

TEST_P(ConsulConformance, AHigherIndexIsNotAnsweredByAChange) {
  put_instance("web", "web-1");
  auto seen = get(web);
  auto ahead = answer{.index = seen.index + 1'000};
  auto waiting = poll_past(ahead, web, "1s");
  put_instance("web", "web-2");
  auto x = finish(std::move(waiting));
  EXPECT_GE(x.took, 1s);
  EXPECT_LT(x.index, ahead.index);
  EXPECT_EQ(instances(x).size(), 2u);
}

TEST_P(ConsulConformance, ANewInstanceWakesItsService) {
  put_instance("web", "web-1");
  auto seen = get(web);
  auto waiting = poll_past(seen, web);
  put_instance("web", "web-2");
  expect_woken(std::move(waiting), seen);
}

TEST_P(ConsulConformance, AnotherServiceWakesNoServiceThatHasInstances) {
  put_instance("web", "web-1");
  auto seen = get(web);
  auto waiting = poll_past(seen, web, "1s");
  put_instance("db", "db-1");
  expect_asleep(std::move(waiting), seen);
}

TEST_P(ConsulConformance, AnyServiceWakesAMissingOne) {
  put_instance("db", "db-1");
  auto seen = get(web);
  auto waiting = poll_past(seen, web);
  put_instance("db", "db-2");
  EXPECT_TRUE(instances(expect_woken(std::move(waiting), seen)).empty());
}

TEST_P(ConsulConformance, AMissingServiceSleepsOnceAServiceHasEnded) {
  put_instance("db", "db-1");
  drop_instance("db-1");
  auto seen = get(web);
  auto waiting = poll_past(seen, web, "1s");
  put_instance("db", "db-2");
  expect_asleep(std::move(waiting), seen);
}

TEST_P(ConsulConformance, TheFirstInstanceWakes) {
  put_instance("db", "db-1");
  drop_instance("db-1");
  auto seen = get(web);
  auto waiting = poll_past(seen, web);
  put_instance("web", "web-1");
  EXPECT_EQ(instances(expect_woken(std::move(waiting), seen)).size(), 1u);
}

TEST_P(ConsulConformance, TheEndOfTheLastInstanceWakes) {
  put_instance("web", "web-1");
  auto seen = get(web);
  auto waiting = poll_past(seen, web);
  drop_instance("web-1");
  EXPECT_TRUE(instances(expect_woken(std::move(waiting), seen)).empty());
}

TEST_P(ConsulConformance, RegisteringTheSameAgainWakesNobody) {
  put_instance("web", "web-1");
  auto seen = get(web);
  auto waiting = poll_past(seen, web, "1s");
  put_instance("web", "web-1");
  expect_asleep(std::move(waiting), seen);
}

TEST_P(ConsulConformance, ACheckWakesHealth) {
  put_instance("web", "web-1");
  auto target = std::string{web} + "?passing=1";
  auto seen = get(target);
  EXPECT_EQ(instances(seen).size(), 1u);
  auto waiting = poll_past(seen, target);
  put_instance("web", "web-1", "critical");
  EXPECT_TRUE(instances(expect_woken(std::move(waiting), seen)).empty());
}

TEST_P(ConsulConformance, ACheckDoesNotWakeTheCatalog) {
  put_instance("web", "web-1");
  auto seen = get(catalog);
  auto waiting = poll_past(seen, catalog, "1s");
  put_instance("web", "web-1", "critical");
  expect_asleep(std::move(waiting), seen);
}

TEST_P(ConsulConformance, PassingLeavesOutWarnings) {
  put_instance("web", "web-1");
  put_instance("web", "web-2", "warning");
  EXPECT_EQ(instances(get(web)).size(), 2u);
  auto passing = instances(get(std::string{web} + "?passing=1"));
  ASSERT_EQ(passing.size(), 1u);
  EXPECT_EQ(passing[0].id, "web-1");
  EXPECT_EQ(instances(get(std::string{web} + "?passing=0")).size(), 2u);
}

TEST_P(ConsulConformance, TagsWakeTheCatalog) {
  put_instance("web", "web-1");
  auto seen = get(catalog);
  auto waiting = poll_past(seen, catalog);
  put_instance("web", "web-1", "passing", R"(["new"])");
  auto x = services(expect_woken(std::move(waiting), seen));
  EXPECT_EQ(x.at("web"), std::vector<std::string>{"new"});
  EXPECT_TRUE(x.contains("consul"));
}

TEST_P(ConsulConformance, ASecondInstanceWakesTheCatalog) {
  put_instance("web", "web-1");
  auto seen = get(catalog);
  auto waiting = poll_past(seen, catalog);
  put_instance("web", "web-2");
  EXPECT_EQ(services(expect_woken(std::move(waiting), seen)), services(seen));
}

TEST_P(ConsulConformance, PairsOfNodeMetaMustAllMatch) {
  put_instance("web", "web-1");
  auto with = [this](const std::string& query) {
    return services(get(catalog + query));
  };
  EXPECT_TRUE(with("?node-meta=rack:r1&node-meta=os:linux").contains("web"));
  EXPECT_FALSE(with("?node-meta=rack:r1&node-meta=os:bsd").contains("web"));
}

TEST_P(ConsulConformance, AMissingKeyIs404WithAnIndex) {
  auto x = get("/v1/kv/none");
  EXPECT_EQ(x.status, 404);
  EXPECT_GT(x.index, 0u);
}

TEST_P(ConsulConformance, AnyWriteWakesAMissingKey) {
  put("/v1/kv/other", "1");
  auto seen = get("/v1/kv/none");
  auto waiting = poll_past(seen, "/v1/kv/none");
  put("/v1/kv/other", "2");
  EXPECT_EQ(expect_woken(std::move(waiting), seen).status, 404);
}

TEST_P(ConsulConformance, AKeyIsWokenByItsChangeAndItsEnd) {
  put("/v1/kv/a", "1");
  auto seen = get("/v1/kv/a");
  auto waiting = poll_past(seen, "/v1/kv/a");
  put("/v1/kv/a", "2");
  auto changed = expect_woken(std::move(waiting), seen);
  EXPECT_EQ(pairs(changed), (kv_pairs{{"a", "2"}}));
  waiting = poll_past(changed, "/v1/kv/a");
  finish(start("DELETE", "/v1/kv/a"));
  EXPECT_EQ(expect_woken(std::move(waiting), changed).status, 404);
}

TEST_P(ConsulConformance, AKeyIsNotWokenByOthersNorByTheSameValue) {
  put("/v1/kv/a", "1");
  auto seen = get("/v1/kv/a");
  auto waiting = poll_past(seen, "/v1/kv/a", "1s");
  put("/v1/kv/a", "1");
  put("/v1/kv/b", "1");
  expect_asleep(std::move(waiting), seen);
}

TEST_P(ConsulConformance, APrefixIsPlainText) {
  put("/v1/kv/dir/", "");
  put("/v1/kv/dir/a", "1");
  put("/v1/kv/dirx", "2");
  put("/v1/kv/else", "3");
  EXPECT_EQ(pairs(get("/v1/kv/dir?recurse=")),
            (kv_pairs{{"dir/", ""}, {"dir/a", "1"}, {"dirx", "2"}}));
  EXPECT_EQ(get("/v1/kv/none?recurse=").status, 404);
}

TEST_P(ConsulConformance, ADeletedKeyWakesItsPrefix) {
  put("/v1/kv/dir/a", "1");
  put("/v1/kv/dir/b", "1");
  auto seen = get("/v1/kv/dir?recurse=");
  auto waiting = poll_past(seen, "/v1/kv/dir?recurse=");
  finish(start("DELETE", "/v1/kv/dir/a"));
  EXPECT_EQ(pairs(expect_woken(std::move(waiting), seen)),
            (kv_pairs{{"dir/b", "1"}}));
}

TEST_P(ConsulConformance, RefusesWhatTheProductMustExplain) {
  auto dc = get(std::string{web} + "?dc=mars");
  EXPECT_EQ(dc.status, 500);
  EXPECT_THAT(dc.body, HasSubstr("No path to datacenter"));
  auto ns = get(std::string{web} + "?ns=team");
  EXPECT_EQ(ns.status, 400);
  EXPECT_THAT(ns.body, HasSubstr("Invalid query parameter"));
  auto filter = get(std::string{web} + "?filter=Service.Bar==1");
  EXPECT_EQ(filter.status, 500);
  EXPECT_THAT(filter.body, HasSubstr("boolean expression evaluator"));
  EXPECT_EQ(get(std::string{web} + "?index=x").status, 400);
  EXPECT_EQ(get(std::string{web} + "?wait=x").status, 400);
  EXPECT_EQ(get("/v1/kv/").status, 400);
}

TEST_P(ConsulConformance, AnAgentServiceKeepsItsStatusWhenRegisteredAgain) {
  auto body = R"({"ID":"web-1","Name":"web","Port":80,"Check":{)"
              R"("CheckID":"c","TTL":"1h","Status":"critical"}})";
  auto passing = std::string{web} + "?passing=1";
  put("/v1/agent/service/register", body);
  auto seen = get(passing);
  put("/v1/agent/check/pass/c");
  // The agent tells its server in its own time.
  while (instances(seen).empty())
    seen = finish(poll_past(seen, passing));
  put("/v1/agent/service/register", body);
  EXPECT_EQ(get("/v1/agent/service/web-1").status, 200);
  expect_asleep(poll_past(seen, passing, "1s"), seen);
  put("/v1/agent/service/deregister/web-1");
  EXPECT_EQ(get("/v1/agent/service/web-1").status, 404);
}

INSTANTIATE_TEST_SUITE_P(Agents, ConsulConformance,
                         testing::Values(agent_kind::model, agent_kind::real),
                         name_of_agent);

} // namespace
} // namespace cts

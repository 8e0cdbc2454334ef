// The same claims about Consul's HTTP API, checked against the model that the
// simulation uses and against the real agent. What the model promises here is
// what the product may rely on there. Source: chapter monitoring 1.4.

#include "core/consul/query.hpp"
#include "core/machine.hpp"
#include "runtime/http_transport.hpp"
#include "tests/support/consul_model_actor.hpp"
#include "tests/support/real_consul.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>

#include <iostream>
#include <memory>

namespace cts {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

enum class agent_kind { model, real };

/// An answer, with how long it took.
struct answer {
  int status = 0;
  std::uint64_t index = 0;
  std::string body{};
  duration took{};
};

struct scheduler_config : caf::actor_system_config {
  explicit scheduler_config(agent_kind kind) {
    auto policy = kind == agent_kind::model ? "testing" : "sharing";
    set("scheduler.policy", caf::atom_from_string(policy));
    set("scheduler.max-threads", std::size_t{2});
  }
};

/// An actor system with an agent in it, and the words that a case is made of.
class ConsulConformance : public testing::TestWithParam<agent_kind> {
protected:
  void SetUp() override {
    if (simulated()) {
      http = make_consul_model(self->ptr());
      return;
    }
    auto program = real_consul::find();
    if (!program)
      GTEST_SKIP() << "NOT CHECKED AGAINST THE REAL AGENT: set CTS_CONSUL to "
                      "a consul program, or put one on the PATH";
    real = std::make_unique<real_consul>(*program);
    base_url = "http://" + real->address();
    http = make_http_transport(self->ptr(), {});
  }

  void TearDown() override {
    if (http)
      (*self)->send_exit(http, caf::exit_reason::user_shutdown);
    http = nullptr;
    if (simulated())
      sched().run();
  }

  bool simulated() const { return GetParam() == agent_kind::model; }

  caf::scheduler::test_coordinator& sched() {
    return static_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  }

  time_point now() { return system.clock().now(); }

  using pending = decltype(std::declval<caf::scoped_actor&>()->request(
    http_actor{}, caf::infinite, http_request{}));

  struct poll {
    pending reply;
    time_point since;
  };

  poll start(std::string method, const std::string& target,
             std::string body = {}) {
    auto out
      = poll{.reply = (*self)->request(http, caf::infinite,
                                       http_request{.id = ++ids,
                                                    .method = std::move(method),
                                                    .url = base_url + target,
                                                    .body = std::move(body),
                                                    .deadline = 60s}),
             .since = now()};
    if (simulated())
      sched().run();
    return out;
  }

  /// Lets virtual time pass until there is an answer.
  void let_time_pass() {
    auto& clock = sched().clock();
    while (!(*self)->has_next_message() && !clock.schedule().empty()) {
      clock.advance_time(clock.schedule().begin()->first - clock.now());
      sched().run();
    }
  }

  answer finish(poll x) {
    if (simulated())
      let_time_pass();
    auto out = answer{};
    x.reply.receive(
      [&](const http_reply& reply) {
        out.status = reply.status;
        out.body = reply.body;
        for (const auto& [name, value] : reply.fields)
          if (name == "x-consul-index")
            out.index = std::stoull(value);
      },
      [&](const caf::error& reason) {
        ADD_FAILURE() << system.render(reason);
      });
    out.took = now() - x.since;
    return out;
  }

  answer get(const std::string& target) { return finish(start("GET", target)); }

  answer put(const std::string& target, const std::string& body = {}) {
    auto out = finish(start("PUT", target, body));
    EXPECT_EQ(out.status, 200) << target << ": " << out.body;
    return out;
  }

  /// `target` as a poll that waits past what `seen` says.
  poll poll_past(const answer& seen, const std::string& target,
                 const std::string& wait = "20s") {
    auto separator = target.find('?') == std::string::npos ? "?" : "&";
    return start("GET", target + separator + "index="
                          + std::to_string(seen.index) + "&wait=" + wait);
  }

  /// Registers an instance with one check.
  void put_instance(const std::string& service, const std::string& id,
                    const std::string& status = "passing",
                    const std::string& tags = "[]") {
    put("/v1/catalog/register",
        R"({"Node":"worker","Address":"10.0.0.1","NodeMeta":{"rack":"r1",)"
        R"("os":"linux"},"Service":{"ID":")"
          + id + R"(","Service":")" + service + R"(","Port":80,"Tags":)" + tags
          + R"(},"Check":{"Node":"worker","CheckID":")" + id
          + R"(-check","Name":"c","ServiceID":")" + id + R"(","Status":")"
          + status + R"("}})");
  }

  void drop_instance(const std::string& id) {
    put("/v1/catalog/deregister",
        R"({"Node":"worker","ServiceID":")" + id + R"("})");
  }

  /// The poll is answered before its wait is over, with a higher index.
  answer expect_woken(poll x, const answer& seen) {
    auto out = finish(std::move(x));
    EXPECT_LT(out.took, 15s);
    EXPECT_GT(out.index, seen.index);
    return out;
  }

  /// A poll of one second is answered after it, with the index it had.
  void expect_asleep(poll x, const answer& seen) {
    auto out = finish(std::move(x));
    EXPECT_GE(out.took, 1s);
    EXPECT_EQ(out.index, seen.index);
    EXPECT_EQ(out.body, seen.body);
  }

  static service_instances instances(const answer& x) {
    auto decoded
      = consul::decode({.name = "web"}, {.status = x.status, .body = x.body});
    EXPECT_TRUE(decoded) << x.body;
    return decoded ? std::get<service_instances>(decoded->data)
                   : service_instances{};
  }

  static catalog_services services(const answer& x) {
    auto decoded = consul::decode({.what = dependency::kind::catalog_services},
                                  {.status = x.status, .body = x.body});
    EXPECT_TRUE(decoded) << x.body;
    return decoded ? std::get<catalog_services>(decoded->data)
                   : catalog_services{};
  }

  static kv_pairs pairs(const answer& x) {
    auto decoded
      = consul::decode({.what = dependency::kind::kv_prefix, .name = "a"},
                       {.status = x.status, .body = x.body});
    EXPECT_TRUE(decoded) << x.body;
    return decoded ? std::get<kv_pairs>(decoded->data) : kv_pairs{};
  }

  static constexpr auto web = "/v1/health/service/web";
  static constexpr auto catalog = "/v1/catalog/services";

  scheduler_config config{GetParam()};
  caf::actor_system system{config};
  std::unique_ptr<caf::scoped_actor> self
    = std::make_unique<caf::scoped_actor>(system, true);
  std::unique_ptr<real_consul> real;
  std::string base_url = "http://model";
  http_actor http;
  std::uint64_t ids = 0;
};

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
                         [](const auto& one) {
                           return one.param == agent_kind::model ? "Model"
                                                                 : "Real";
                         });

} // namespace
} // namespace cts

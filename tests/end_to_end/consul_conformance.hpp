#pragma once

#include "core/consul/query.hpp"
#include "core/machine.hpp"
#include "runtime/http_transport.hpp"
#include "tests/support/consul_model_actor.hpp"
#include "tests/support/real_consul.hpp"

#include <gtest/gtest.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>

#include <memory>

namespace cts {
enum class agent_kind { model, real };

inline std::string
name_of_agent(const testing::TestParamInfo<agent_kind>& one) {
  return one.param == agent_kind::model ? "Model" : "Real";
}

/// An answer, with how long it took.
struct answer {
  int status = 0;
  std::uint64_t index = 0;
  std::string body{};
  duration took{};
};

struct scheduler_config : caf::actor_system_config {
  explicit scheduler_config(agent_kind kind) {
    auto policy
      = std::string{kind == agent_kind::model ? "testing" : "sharing"};
    set("scheduler.policy", caf::atom_from_string(policy));
    set("scheduler.max-threads", std::size_t{2});
  }
};

/// An actor system with an agent in it, and the words that a case is made of.
class ConsulConformance : public testing::TestWithParam<agent_kind> {
protected:
  void SetUp() override { start_agent({}); }

  /// With this root token, sent along, if it is not empty; `reader_token` may
  /// read keys and nothing else. TTLs of 2 s are allowed.
  void start_agent(const std::string& root_token) {
    if (simulated()) {
      model = make_consul_model(self->ptr(), model_state(root_token));
      token = root_token;
      http = model;
      return;
    }
    auto program = real_consul::find();
    if (!program)
      GTEST_SKIP() << "NOT CHECKED AGAINST THE REAL AGENT: set CTS_CONSUL to "
                      "a consul program, or put one on the PATH";
    real = std::make_unique<real_consul>(
      *program,
      real_consul_options{.session_ttl_min = "2s", .root_token = root_token});
    base_url = "http://" + real->address();
    http = make_http_transport(self->ptr(), {});
    token = root_token;
    wait_for_health();
  }

  /// The servers add the check of a node's health in their own time; without it
  /// there is no session.
  void wait_for_health() {
    constexpr auto target = "/v1/health/node/real";
    auto seen = get(target);
    while (seen.status == 200
           && seen.body.find("serfHealth") == std::string::npos)
      seen = finish(poll_past(seen, target));
  }

  static consul_model::state model_state(const std::string& root_token) {
    auto out = consul_model::state{};
    out.session_ttl_min = std::chrono::seconds{2};
    if (!root_token.empty())
      out.tokens = {{root_token, {}},
                    {reader_token,
                     {.read_keys = true,
                      .write_keys = false,
                      .write_sessions = false,
                      .write_services = false,
                      .read_agent = false}}};
    return out;
  }

  void TearDown() override {
    if (http)
      (*self)->send_exit(http, caf::exit_reason::user_shutdown);
    http = nullptr;
    model = nullptr;
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

  headers fields() const {
    return token.empty() ? headers{} : headers{{"x-consul-token", token}};
  }

  poll start(std::string method, const std::string& target,
             std::string body = {}) {
    auto out = poll{.reply = (*self)->request(
                      http, caf::infinite,
                      http_request{.id = ++ids,
                                   .method = std::move(method),
                                   .url = base_url + target,
                                   .fields = fields(),
                                   .body = std::move(body),
                                   .deadline = std::chrono::seconds{60}}),
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
    EXPECT_LT(out.took, std::chrono::seconds{15});
    EXPECT_GT(out.index, seen.index);
    return out;
  }

  /// A poll of one second is answered after it, with the index it had.
  void expect_asleep(poll x, const answer& seen) {
    auto out = finish(std::move(x));
    EXPECT_GE(out.took, std::chrono::seconds{1});
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

  static constexpr auto reader_token = "22222222-2222-2222-2222-222222222222";
  static constexpr auto web = "/v1/health/service/web";
  static constexpr auto catalog = "/v1/catalog/services";

  scheduler_config config{GetParam()};
  caf::actor_system system{config};
  std::unique_ptr<caf::scoped_actor> self
    = std::make_unique<caf::scoped_actor>(system, true);
  std::unique_ptr<real_consul> real;
  std::string base_url = "http://model";
  /// The same as `http` if simulated.
  consul_model_actor model;
  http_actor http;
  /// Sent along unless it is empty.
  std::string token;
  std::uint64_t ids = 0;
};

} // namespace cts

#pragma once

#include "core/consul/kv.hpp"
#include "core/consul/session.hpp"
#include "core/consul/txn.hpp"
#include "tests/support/consul_model_actor.hpp"
#include "tests/support/sim_fixture.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cts {

/// Two client agents, `n1` and `n2`, before the same servers.
class ConsulFaults : public cafx::sim_fixture {
protected:
  using pending = decltype(std::declval<caf::scoped_actor&>()->request(
    http_actor{}, caf::infinite, http_request{}));

  void SetUp() override {
    servers = make_consul_model(self.ptr(), {},
                                [this](const consul_model::request& x,
                                       const consul_model::reply&,
                                       const consul_model::state& state) {
                                  seen.push_back(x.method + " " + x.path);
                                  sessions = state.sessions.size();
                                });
    one = make_consul_agent(self.ptr(), servers, {.node = "n1"});
    two = make_consul_agent(self.ptr(), servers, {.node = "n2"});
    run();
  }

  void TearDown() override {
    stop(one);
    stop(two);
    stop(servers);
    one = two = nullptr;
    servers = nullptr;
    sim_fixture::TearDown();
  }

  static http_request message(const consul::request& x) {
    return {.id = 1,
            .method = x.method,
            .url = "http://agent" + consul::target_of(x),
            .body = x.body,
            .deadline = std::chrono::seconds{15}};
  }

  pending start(const http_actor& agent, const consul::request& x) {
    auto out = self->request(agent, caf::infinite, message(x));
    run();
    return out;
  }

  /// The answer if there is one by now.
  std::optional<consul::reply> answer_to(pending& x) {
    if (!self->has_next_message())
      return std::nullopt;
    auto out = std::optional<consul::reply>{};
    x.receive(
      [&out](const http_reply& r) {
        out = consul::reply{.status = r.status, .body = r.body};
      },
      [&out, this](const caf::error& e) {
        out = consul::reply{.status = 0, .body = sys.render(e)};
      });
    return out;
  }

  consul::reply ask_now(const http_actor& agent, const consul::request& x) {
    auto asked = start(agent, x);
    auto out = answer_to(asked);
    EXPECT_TRUE(out) << consul::target_of(x);
    return out.value_or(consul::reply{});
  }

  std::string make_session(const http_actor& agent,
                           consul::session_definition x
                           = {.ttl = std::chrono::seconds{10}}) {
    auto made = consul::decode_session_created(
      ask_now(agent, consul::create_session(x)));
    EXPECT_TRUE(made) << made.error().message;
    return made ? made->id : std::string{};
  }

  std::string lock(const http_actor& agent,
                   consul::session_definition x
                   = {.ttl = std::chrono::seconds{10}}) {
    auto id = make_session(agent, std::move(x));
    EXPECT_TRUE(*consul::decode_written(
      ask_now(agent, consul::acquire_key({.key = "leader", .session = id}))));
    return id;
  }

  consul::kv_entry read(const http_actor& agent, bool stale = false) {
    auto x = consul::read_keys({.key = "leader", .consistent = !stale});
    if (stale)
      x.query.emplace("stale", "");
    auto found = *consul::decode_keys(ask_now(agent, x));
    return found.empty() ? consul::kv_entry{} : found.front();
  }

  consul::request poll(std::uint64_t index) {
    return consul::read_keys(
      {.key = "leader", .index = index, .wait = std::chrono::seconds{10}});
  }

  void write(const http_actor& agent, const std::string& value) {
    EXPECT_EQ(
      ask_now(agent, {.method = "PUT", .path = "/v1/kv/leader", .body = value})
        .status,
      200);
  }

  void register_owner(const http_actor& agent) {
    auto body = R"({"ID":"cts","Name":"cts","Port":8558,"Checks":[{"CheckID":)"
                R"("cts-alive","Name":"CTS Process Alive","TCP":)"
                R"("127.0.0.1:8558","Interval":"1s","Timeout":"10s",)"
                R"("Status":"passing"}]})";
    EXPECT_EQ(ask_now(agent, {.method = "PUT",
                              .path = "/v1/agent/service/register",
                              .body = body})
                .status,
              200);
  }

  static consul::session_definition bound() {
    return {.ttl = std::chrono::seconds{10}, .service_checks = {"cts-alive"}};
  }

  void breaks(const std::string& node, agent_fault fault) {
    tell(servers, set_agent_fault{fault, node});
  }

  /// How long the key stays held, to a tenth of a second.
  duration held_for() {
    auto begin = now();
    for (auto i = 0; i < 600 && !read(two).session.empty(); ++i)
      advance(milliseconds{100});
    return now() - begin;
  }

  consul_model_actor servers;
  http_actor one;
  http_actor two;
  std::vector<std::string> seen;
  std::size_t sessions = 0;
};

} // namespace cts

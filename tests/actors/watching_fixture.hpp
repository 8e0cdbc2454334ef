#pragma once

#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/consul_client.hpp"
#include "actors/errors.hpp"
#include "actors/log.hpp"
#include "actors/watch_registry.hpp"
#include "actors/watcher.hpp"
#include "tests/support/consul_model_actor.hpp"
#include "tests/support/sim_fixture.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace cts {

/// What a subscriber was told and has fetched.
struct news {
  int changes = 0;
  std::vector<dependency_failed> failures{};
  std::vector<dependency_snapshot> snapshots{};
  std::vector<error> refusals{};
};

/// A test has a subscriber fetch the newest snapshot.
struct fetch_from {
  watcher_actor watcher{};
  /// Have it read from the agent.
  bool refresh = false;
};

using probe_actor
  = cafx::extended<subscriber_actor, caf::result<void>(fetch_from)>;

} // namespace cts

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::fetch_from)

CAF_BEGIN_TYPE_ID_BLOCK(cts_watching, caf::first_custom_type_id + 550)

CAF_ADD_TYPE_ID(cts_watching, (cts::fetch_from))

CAF_END_TYPE_ID_BLOCK(cts_watching)

namespace cts {

/// Subscribes, and writes down what it hears.
class probe_state {
public:
  using actor_type = probe_actor;
  static inline constexpr const char* name = "probe";

  probe_state(probe_actor::pointer self, news* heard)
    : self_(self), heard_(heard) {
    cafx::install_guards(
      self_, [](const std::string& text) { ADD_FAILURE() << text; });
  }

  probe_actor::behavior_type make_behavior() {
    return {
      [this](const dependency_changed&) { ++heard_->changes; },
      [this](const dependency_failed& x) { heard_->failures.push_back(x); },
      [this](const fetch_from& x) {
        if (x.refresh)
          return refresh(x.watcher);
        self_->request(x.watcher, std::chrono::seconds{1}, get_snapshot{})
          .then(
            [this](const dependency_snapshot& snapshot) {
              heard_->snapshots.push_back(snapshot);
            },
            [](const caf::error&) { ADD_FAILURE() << "no snapshot"; });
      },
    };
  }

private:
  void refresh(const watcher_actor& watcher) {
    self_
      ->request(watcher, std::chrono::minutes{1},
                refresh_snapshot{std::chrono::seconds{2}})
      .then([this](
              const dependency_snapshot& x) { heard_->snapshots.push_back(x); },
            [this](const caf::error& reason) {
              heard_->refusals.push_back(to_core(reason));
            });
  }

  probe_actor::pointer self_;
  news* heard_;
};

/// A modelled agent, the client, and words to change and watch the world.
class watching_fixture : public cafx::sim_fixture {
protected:
  watching_fixture() {
    log::set_sink([this](const log::line& x) {
      auto text = std::string{x.sentence};
      for (const auto& field : x.fields)
        text += " " + std::string{field.key} + "=" + field.value;
      lines.push_back({x.level, text});
    });
    model = make_consul_model(self.ptr());
    client = make_consul_client(self.ptr(), {}, model);
  }

  void TearDown() override {
    for (auto& probe : probes)
      stop(probe);
    probes.clear();
    stop(client);
    stop(model);
    client = nullptr;
    model = nullptr;
    sim_fixture::TearDown();
    log::set_sink({});
  }

  probe_actor make_probe(news& heard) {
    probes.push_back(cafx::spawn_state<probe_state>(self.ptr(), &heard));
    run();
    return probes.back();
  }

  void put(const std::string& target, std::string body) {
    auto reply
      = ask<http_reply>(model, http_request{.method = "PUT",
                                            .url = "http://a" + target,
                                            .body = std::move(body),
                                            .deadline = milliseconds{1000}});
    ASSERT_TRUE(reply);
    ASSERT_EQ(reply->status, 200) << reply->body;
  }

  void put_key(const std::string& key, const std::string& value) {
    put("/v1/kv/" + key, value);
  }

  void put_instance(const std::string& name, const std::string& id) {
    put("/v1/agent/service/register",
        R"({"Name":")" + name + R"(","ID":")" + id + R"(","Port":80})");
  }

  void break_agent(agent_fault fault) { tell(model, set_agent_fault{fault}); }

  requests_seen asked() {
    auto x = ask<requests_seen>(model, get_requests_seen{});
    return x ? *x : requests_seen{};
  }

  /// GET requests so far.
  std::vector<std::string> gets() {
    auto out = asked().lines;
    std::erase_if(out, [](const auto& x) { return !x.starts_with("GET "); });
    return out;
  }

  /// The log from `level` on.
  std::vector<std::string> logged(log::level level) const {
    auto out = std::vector<std::string>{};
    for (const auto& [at, text] : lines)
      if (at >= level)
        out.push_back(text);
    return out;
  }

  void fetch(const probe_actor& who, const watcher_actor& from) {
    tell(who, fetch_from{from});
  }

  void refresh(const probe_actor& who, const watcher_actor& from) {
    tell(who, fetch_from{from, true});
  }

  static dependency key(std::string name) {
    return {.what = dependency::kind::kv_key, .name = std::move(name)};
  }

  static kv_pairs pairs(const dependency_snapshot& x) {
    return x.data ? std::get<kv_pairs>(x.data->data) : kv_pairs{};
  }

  static dependency web() { return {.name = "web"}; }

  consul_model_actor model;
  consul_actor client;
  std::vector<probe_actor> probes;
  std::vector<std::pair<log::level, std::string>> lines;
};

} // namespace cts

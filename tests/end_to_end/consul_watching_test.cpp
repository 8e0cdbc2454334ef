// A watch on a real agent, from the socket to the subscriber.

#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/caf/system_config.hpp"
#include "actors/consul_client.hpp"
#include "actors/watch_registry.hpp"
#include "runtime/http_transport.hpp"
#include "tests/support/real_consul.hpp"

#include <gtest/gtest.h>

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <memory>

namespace cts {
namespace {

using namespace std::chrono_literals;

/// Subscribes, fetches each new snapshot and passes it on to the test.
class follower {
public:
  using actor_type = subscriber_actor;
  static inline constexpr const char* name = "follower";

  follower(subscriber_actor::pointer self, watch_registry_actor registry,
           dependency what, caf::actor test)
    : self_(self), test_(std::move(test)) {
    cafx::install_guards(
      self_, [](const std::string& text) { ADD_FAILURE() << text; });
    self_->request(registry, 10s, watch{.what = std::move(what), .who = self_})
      .then([this](const watcher_actor& x) { fetch_from(x); },
            [](const caf::error&) { ADD_FAILURE() << "no watcher"; });
  }

  subscriber_actor::behavior_type make_behavior() {
    return {
      [this](const dependency_changed&) {
        if (watcher_)
          fetch_from(watcher_);
      },
      [](const dependency_failed&) {},
    };
  }

private:
  void fetch_from(const watcher_actor& x) {
    watcher_ = x;
    self_->request(watcher_, 10s, get_snapshot{})
      .then(
        [this](const dependency_snapshot& snapshot) {
          caf::anon_send(test_, snapshot);
        },
        [](const caf::error&) { ADD_FAILURE() << "no snapshot"; });
  }

  subscriber_actor::pointer self_;
  caf::actor test_;
  watcher_actor watcher_;
};

class ConsulWatching : public testing::Test {
protected:
  void SetUp() override {
    auto program = real_consul::find();
    if (!program)
      GTEST_SKIP() << "NOT CHECKED AGAINST THE REAL AGENT: set CTS_CONSUL to "
                      "a consul program, or put one on the PATH";
    agent = std::make_unique<real_consul>(*program);
    http = make_http_transport(self.ptr(), {});
    client = make_consul_client(
      self.ptr(), {.base_url = "http://" + agent->address()}, http);
    registry = make_watch_registry(
      self.ptr(), {.random = [] { return std::uint64_t{4}; }}, client);
    subscriber = cafx::spawn_state<follower>(
      self.ptr(), registry, dependency{.name = "web"},
      caf::actor_cast<caf::actor>(self.ptr()));
  }

  void TearDown() override {
    for (const auto& one : {caf::actor_cast<caf::actor>(subscriber),
                            caf::actor_cast<caf::actor>(registry),
                            caf::actor_cast<caf::actor>(client),
                            caf::actor_cast<caf::actor>(http)})
      if (one)
        self->send_exit(one, caf::exit_reason::user_shutdown);
  }

  /// Waits for a snapshot that shows exactly these instances.
  void await_instances(const std::vector<std::string>& ids) {
    auto seen = std::vector<std::string>{"nothing yet"};
    auto done = false;
    self->receive_while([&] { return !done; })(
      [&](const dependency_snapshot& x) {
        seen = ids_of(x);
        done = seen == ids;
      },
      caf::after(20s) >>
        [&] {
          ADD_FAILURE() << "still " << testing::PrintToString(seen);
          done = true;
        });
  }

  static std::vector<std::string> ids_of(const dependency_snapshot& x) {
    auto out = std::vector<std::string>{};
    if (x.data)
      for (const auto& one : std::get<service_instances>(x.data->data))
        out.push_back(one.id);
    return out;
  }

  cafx::system_config<> config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  std::unique_ptr<real_consul> agent;
  http_actor http;
  consul_actor client;
  watch_registry_actor registry;
  subscriber_actor subscriber;
};

TEST_F(ConsulWatching, FollowsInstancesAndTheirHealth) {
  await_instances({});
  agent->register_service({.id = "web-1", .name = "web"});
  await_instances({"web-1"});
  agent->register_service({.id = "web-2", .name = "web"});
  await_instances({"web-1", "web-2"});
  agent->set_check("web-1", "fail");
  await_instances({"web-2"});
  agent->set_check("web-1", "pass");
  await_instances({"web-1", "web-2"});
  agent->deregister_service("web-1");
  agent->deregister_service("web-2");
  await_instances({});
}

TEST_F(ConsulWatching, FollowsAnAgentThatComesBackWithoutItsData) {
  for (auto i = 0; i < 20; ++i)
    agent->put_key("a", std::to_string(i));
  agent->register_service({.id = "old", .name = "web"});
  await_instances({"old"});
  agent->kill();
  agent->restart();
  agent->register_service({.id = "new", .name = "web"});
  await_instances({"new"});
}

TEST_F(ConsulWatching, FollowsAnAgentThatWasStoppedGracefully) {
  agent->register_service({.id = "old", .name = "web"});
  await_instances({"old"});
  agent->stop();
  agent->restart();
  agent->register_service({.id = "new", .name = "web"});
  await_instances({"new"});
}

} // namespace
} // namespace cts

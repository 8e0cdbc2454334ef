#include "actors/cluster_store.hpp"

#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/caf/system_config.hpp"
#include "actors/consul_client.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "core/consul/session.hpp"
#include "core/ha/transactions.hpp"
#include "runtime/http_transport.hpp"
#include "tests/support/real_consul.hpp"

#include <gtest/gtest.h>

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <random>

// The store of a large cluster in a real Consul: chapter high-availability, 7,
// check 12.
namespace cts {
namespace {

using namespace std::chrono_literals;

/// The largest transactions that were sent.
struct sizes {
  std::size_t transactions = 0;
  std::size_t operations_max = 0;
  std::size_t bytes_max = 0;
};

/// Passes everything on and measures it.
class measuring_transport {
public:
  using actor_type = http_actor;
  static inline constexpr const char* name = "measuring_transport";

  measuring_transport(http_actor::pointer self, http_actor real,
                      std::shared_ptr<sizes> seen)
    : self_(self), real_(std::move(real)), seen_(std::move(seen)) {
    cafx::install_guards(self_, guard_log);
  }

  http_actor::behavior_type make_behavior() {
    return {
      [this](const http_request& x) -> caf::result<http_reply> {
        measure(x);
        return self_->delegate(real_, x);
      },
      [this](const cancel_http& x) -> caf::result<void> {
        return self_->delegate(real_, x);
      },
    };
  }

private:
  void measure(const http_request& x) {
    if (x.url.find("/v1/txn") == std::string::npos)
      return;
    auto operations = std::size_t{0};
    for (auto at = x.body.find("\"Verb\""); at != x.body.npos;
         at = x.body.find("\"Verb\"", at + 1))
      ++operations;
    ++seen_->transactions;
    seen_->operations_max = std::max(seen_->operations_max, operations);
    seen_->bytes_max = std::max(seen_->bytes_max, x.body.size());
  }

  http_actor::pointer self_;
  http_actor real_;
  std::shared_ptr<sizes> seen_;
};

class LargeStore : public testing::Test {
protected:
  void SetUp() override {
    auto program = real_consul::find();
    if (!program)
      GTEST_SKIP() << "no Consul: neither CTS_CONSUL nor PATH names one";
    agent = std::make_unique<real_consul>(*program);
    settings.id = "cts-01";
    settings.working_dir = "/srv/tasks";
    settings.consul.address = agent->address();
    settings.high_availability
      = config::high_availability{.cluster_name = "c", .path = "cts/c"};
    real
      = make_http_transport(self.ptr(), *http_options_of(settings.consul, {}));
    http = cafx::spawn_state<measuring_transport>(self.ptr(), real, seen);
    client = make_consul_client(
      self.ptr(), *consul_client_options_of(settings.consul), http);
  }

  void TearDown() override {
    for (const auto& x : stores)
      end(caf::actor_cast<caf::actor>(x));
    for (const auto& x :
         {caf::actor_cast<caf::actor>(client),
          caf::actor_cast<caf::actor>(http), caf::actor_cast<caf::actor>(real)})
      end(x);
  }

  void end(const caf::actor& x) {
    if (x)
      self->send_exit(x, caf::exit_reason::user_shutdown);
  }

  static config::task task_named(const std::string& name) {
    return {.name = name,
            .module = "mod/" + name,
            .condition = config::services_condition{.query = {.names = {name}}},
            .working_dir = "/srv/tasks/" + name};
  }

  template <class Answer, class Message>
  Answer ask(const caf::actor& who, Message what) {
    auto out = Answer{};
    self->request(who, 2min, std::move(what))
      .receive([&](Answer& x) { out = std::move(x); },
               [](const caf::error& x) { ADD_FAILURE() << caf::to_string(x); });
    return out;
  }

  consul::reply call(const consul::request& x) {
    return ask<consul::reply>(
      caf::actor_cast<caf::actor>(client),
      consul_query{.id = ++ids, .request = x, .deadline = 5s});
  }

  /// Takes the lock, as the elector does.
  void elect() {
    auto made = consul::decode_session_created(
      call(consul::create_session({.name = "s"})));
    auto x = ha::acquisition{.session = made.value().id};
    x.meta.epoch = term.epoch = 1;
    term.session = x.session;
    auto won = consul::txn::decode(
      call(consul::txn::request_for(ha::tx_acquire(keys, x)).value()));
    ASSERT_TRUE(std::holds_alternative<consul::txn::committed>(won.value()));
  }

  /// A store without memory loads everything from Consul.
  kept_tasks load() {
    auto store = make_cluster_store(
      self.ptr(),
      {.settings = std::make_shared<const config::settings>(settings),
       .keys = keys,
       .boot = "boot",
       .version = "test",
       .clock = [] { return wall_time{}; },
       .random = [this] { return ++ids; }},
      client);
    stores.push_back(store);
    return ask<state_loaded>(caf::actor_cast<caf::actor>(store),
                             load_state{term})
      .tasks;
  }

  void keep(const config::task& task) {
    self
      ->request(
        stores.back(), 1min,
        keep_task{{.configuration = std::make_shared<const config::task>(task),
                   .enabled = true}})
      .receive([] {},
               [](const caf::error& x) { ADD_FAILURE() << caf::to_string(x); });
  }

  cafx::system_config<> config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  std::unique_ptr<real_consul> agent;
  config::settings settings{};
  ha::layout keys = *ha::layout::make("cts/c");
  ha::leadership term{};
  std::shared_ptr<sizes> seen = std::make_shared<sizes>();
  http_actor real;
  http_actor http;
  consul_actor client;
  std::vector<cluster_store_impl> stores{};
  std::uint64_t ids = 0;
};

TEST_F(LargeStore, KeepsTwoThousandTasksAndALargeOneWithinConsulsLimits) {
  for (auto i = 0; i < 2000; ++i)
    settings.tasks.push_back(task_named("task-" + std::to_string(i)));
  elect();
  auto written = load();
  ASSERT_EQ(written.size(), 2000u);
  auto random = std::mt19937{12};
  auto large = task_named("large");
  while (large.description.size() < 1'572'864)
    large.description += static_cast<char>('a' + random() % 26);
  keep(large);
  auto kept = load();
  ASSERT_EQ(kept.size(), 2001u);
  for (auto i = std::size_t{0}; i < written.size(); ++i) {
    ASSERT_EQ(kept[i].configuration->name, settings.tasks[i].name);
    ASSERT_EQ(*kept[i].configuration, *written[i].configuration);
  }
  EXPECT_EQ(kept.back().configuration->description, large.description);
  EXPECT_GT(seen->transactions, 32u);
  EXPECT_LE(seen->operations_max, 64u);
  EXPECT_LE(seen->bytes_max, 524'288u);
}

} // namespace
} // namespace cts

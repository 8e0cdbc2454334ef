#pragma once

#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/consul_client.hpp"
#include "actors/elector.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "core/consul/agent.hpp"
#include "core/consul/session.hpp"
#include "core/ha/transactions.hpp"
#include "tests/support/consul_model_actor.hpp"
#include "tests/support/sim_fixture.hpp"

#include <algorithm>
#include <map>

namespace cts {

/// What an instance was told by its elector.
struct leadership_log {
  std::vector<promoted> promotions{};
  std::vector<revoked> losses{};
  int suspensions = 0;
  int resumptions = 0;
  std::vector<std::string> expulsions{};
};

class recording_listener {
public:
  using actor_type = leadership_listener_actor;
  static inline constexpr const char* name = "recording_listener";

  recording_listener(leadership_listener_actor::pointer self,
                     std::shared_ptr<leadership_log> told)
    : told_(std::move(told)) {
    cafx::install_guards(self, guard_log);
  }

  leadership_listener_actor::behavior_type make_behavior() {
    return {
      [this](const promoted& x) { told_->promotions.push_back(x); },
      [this](const revoked& x) { told_->losses.push_back(x); },
      [this](const suspended&) { ++told_->suspensions; },
      [this](const resumed&) { ++told_->resumptions; },
      [this](const expelled& x) { told_->expulsions.push_back(x.message); },
    };
  }

private:
  std::shared_ptr<leadership_log> told_;
};

/// What the process runner was told.
struct lease_log {
  std::vector<std::chrono::nanoseconds> deadlines{};
  int revocations = 0;
  /// Runs whose end was asked for; it is told at once, or by the test.
  std::vector<std::string> ended_jobs{};
  bool holds_ends = false;
};

class recording_processes {
public:
  using actor_type = fenced_process_actor;
  static inline constexpr const char* name = "recording_processes";

  recording_processes(fenced_process_actor::pointer self,
                      std::shared_ptr<lease_log> told)
    : self_(self), told_(std::move(told)) {
    cafx::install_guards(self, guard_log);
  }

  fenced_process_actor::behavior_type make_behavior() {
    return {
      [](const start_process&) { return process_finished{}; },
      [](const stop_process&) {},
      [this](const extend_lease& x) { told_->deadlines.push_back(x.deadline); },
      [this](revoke_lease) { ++told_->revocations; },
      [this](const end_job& x) -> caf::result<void> {
        told_->ended_jobs.push_back(x.job);
        if (!told_->holds_ends)
          return caf::unit;
        held_ = self_->make_response_promise<caf::unit_t>();
        return held_;
      },
    };
  }

private:
  fenced_process_actor::pointer self_;
  caf::typed_response_promise<caf::unit_t> held_{};
  std::shared_ptr<lease_log> told_;
};

/// What the witness was told: the will as it stands, and all that ever was in
/// it.
struct will_log {
  std::map<std::string, ha::witness::bequest> will{};
  std::vector<std::string> news{};
  int beats = 0;
};

class recording_witness {
public:
  using actor_type = witness_actor;
  static inline constexpr const char* name = "recording_witness";

  recording_witness(witness_actor::pointer self, std::shared_ptr<will_log> told)
    : told_(std::move(told)) {
    cafx::install_guards(self, guard_log);
  }

  witness_actor::behavior_type make_behavior() {
    return {
      [this](const bequeath& x) {
        told_->will[x.what.name] = x.what;
        told_->news.push_back("+" + x.what.name);
      },
      [this](const withdraw_bequest& x) {
        told_->will.erase(x.name);
        told_->news.push_back("-" + x.name);
      },
      [this](heartbeat) { ++told_->beats; },
    };
  }

private:
  std::shared_ptr<will_log> told_;
};

/// An instance, reduced to its elector.
struct instance {
  std::string node{};
  caf::actor agent{};
  consul_actor client{};
  elector_impl elector{};
  leadership_listener_actor listener{};
  fenced_process_actor processes{};
  witness_actor witness{};
  std::shared_ptr<leadership_log> told = std::make_shared<leadership_log>();
  std::shared_ptr<lease_log> leases = std::make_shared<lease_log>();
  std::shared_ptr<will_log> wills = std::make_shared<will_log>();
};

/// Instances on machines of their own with one modelled Consul.
class ElectorFixture : public cafx::sim_fixture {
protected:
  void SetUp() override {
    log::set_sink([this](const log::line& x) {
      auto text = std::string{x.component} + ": " + std::string{x.sentence};
      for (const auto& field : x.fields)
        text += " " + std::string{field.key} + "=" + field.value;
      lines.push_back(text);
    });
    model = make_consul_model(self.ptr());
    operator_client = make_consul_client(self.ptr(), {}, model);
  }

  void TearDown() override {
    for (auto& [id, each] : instances)
      end(each);
    stop(operator_client);
    stop(model);
    log::set_sink({});
    sim_fixture::TearDown();
  }

  void end(instance& x) {
    for (const auto& each : {caf::actor_cast<caf::actor>(x.elector),
                             caf::actor_cast<caf::actor>(x.client),
                             caf::actor_cast<caf::actor>(x.listener),
                             caf::actor_cast<caf::actor>(x.processes),
                             caf::actor_cast<caf::actor>(x.witness), x.agent})
      if (each)
        stop(each);
    x = instance{};
  }

  /// `life` tells the processes of one id apart.
  instance& join(const std::string& id, const std::string& life = "1",
                 const std::string& node = "") {
    auto& x = instances[id + "/" + life];
    x.node = node.empty() ? "node of " + id : node;
    auto agent = make_consul_agent(self.ptr(), model, {.node = x.node});
    x.agent = caf::actor_cast<caf::actor>(agent);
    tell(model, set_agent_rights{x.node, rights});
    x.client = make_consul_client(self.ptr(), {}, agent);
    x.listener = cafx::spawn_state<recording_listener>(sys, x.told);
    x.processes = cafx::spawn_state<recording_processes>(sys, x.leases);
    x.witness = cafx::spawn_state<recording_witness>(sys, x.wills);
    auto settings = config::settings{.id = id};
    settings.high_availability = ha;
    auto boot_clock = [this] { return now(); };
    auto clock = [this] { return wall_time{now().time_since_epoch()}; };
    auto options = elector_options{
      .settings = std::make_shared<const config::settings>(settings),
      .keys = keys,
      .boot = id + "#" + life,
      .host = {.name = x.node,
               .boot_id = "k1",
               .pid = 7,
               .pid_start = 9,
               .who = "cts@" + x.node},
      .services
      = {.boot_clock = boot_clock,
         .clock = clock,
         .random = [this] { return ++random; },
         .process_lives
         = [this](std::int64_t, std::uint64_t) { return process_lives; },
         .sweep = [this](const std::string&) { return ++sweeps > 2; }},
      .version = "1.2.3",
      .processes = x.processes,
      .witness = x.witness};
    x.elector = make_elector(self.ptr(), std::move(options), x.client);
    tell(x.elector, join_cluster{.listener = x.listener, .port = 8558});
    return x;
  }

  /// Joins and waits for the promotion, then loads nothing.
  instance& join_and_lead(const std::string& id) {
    auto& x = join(id);
    advance(std::chrono::seconds{1});
    EXPECT_EQ(x.told->promotions.size(), 1u);
    if (!x.told->promotions.empty())
      tell(x.elector, tenure_ready{x.told->promotions.back().term.epoch});
    return x;
  }

  consul::reply call(const consul::request& x) {
    auto answer = ask<consul::reply>(
      operator_client, consul_query{.id = ++random,
                                    .request = x,
                                    .deadline = std::chrono::seconds{5}});
    EXPECT_TRUE(answer);
    return answer ? *answer : consul::reply{};
  }

  std::optional<consul::kv_entry> key(const std::string& name) {
    auto found = consul::decode_keys(call(consul::read_keys({.key = name})));
    if (!found || found->empty())
      return std::nullopt;
    return found->front();
  }

  void change(const consul::txn::operations& xs) {
    auto request = consul::txn::request_for(xs);
    ASSERT_TRUE(request);
    EXPECT_EQ(call(*request).status, 200);
  }

  leadership_view view(const instance& x) {
    auto answer = ask<leadership_view>(x.elector, get_leadership{});
    EXPECT_TRUE(answer);
    return answer ? *answer : leadership_view{};
  }

  bool logged(const std::string& text) const {
    return std::ranges::find(lines, text) != lines.end();
  }

  consul_model_actor model{};
  consul_actor operator_client{};
  std::map<std::string, instance> instances{};
  std::vector<std::string> lines{};
  config::high_availability ha{.cluster_name = "c", .path = "cts/c"};
  ha::layout keys = *ha::layout::make("cts/c");
  consul_model::rights rights{};
  std::uint64_t random = 0;
  bool process_lives = false;
  int sweeps = 0;
};

} // namespace cts

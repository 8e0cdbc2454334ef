#include "actors/cluster_store.hpp"

#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/consul_client.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "core/consul/session.hpp"
#include "core/ha/transactions.hpp"
#include "tests/support/consul_model_actor.hpp"
#include "tests/support/sim_fixture.hpp"

#include <algorithm>

namespace cts {
namespace {

using namespace std::chrono_literals;

/// What the elector was told.
struct elector_log {
  std::vector<run_closed> closed{};
  std::vector<ha::epoch> lost{};
  std::vector<ha::epoch> denied{};
  std::vector<std::string> failed{};
};

class recording_elector {
public:
  using actor_type = elector_actor;
  static inline constexpr const char* name = "recording_elector";

  recording_elector(elector_actor::pointer self,
                    std::shared_ptr<elector_log> told)
    : told_(std::move(told)) {
    cafx::install_guards(self, guard_log);
  }

  elector_actor::behavior_type make_behavior() {
    return {
      [](const join_cluster&) {},
      [](const tenure_ready&) {},
      [this](const tenure_failed& x) { told_->failed.push_back(x.reason); },
      [](const tenure_over&) {},
      [](const await_turn&) {},
      [](const request_permit&) { return ha::run_permit{}; },
      [this](const run_closed& x) { told_->closed.push_back(x); },
      [this](const lost_lock& x) { told_->lost.push_back(x.epoch); },
      [this](const write_denied& x) { told_->denied.push_back(x.epoch); },
      [](const step_down&) {},
      [](const leave_cluster&) {},
      [](const get_leadership&) { return leadership_view{}; },
      [](const get_cluster&) { return cluster_view{}; },
    };
  }

private:
  std::shared_ptr<elector_log> told_;
};

using copies = std::shared_ptr<std::vector<kept_tasks>>;

class recording_observer {
public:
  using actor_type = state_observer_actor;
  static inline constexpr const char* name = "recording_observer";

  recording_observer(state_observer_actor::pointer self, copies seen)
    : seen_(std::move(seen)) {
    cafx::install_guards(self, guard_log);
  }

  state_observer_actor::behavior_type make_behavior() {
    return {[this](const state_copied& x) { seen_->push_back(x.tasks); }};
  }

private:
  copies seen_;
};

/// A leader and a follower with one modelled Consul; the test is the elector.
class ClusterStore : public cafx::sim_fixture {
protected:
  void SetUp() override {
    log::set_sink([this](const log::line& x) {
      auto text = std::string{x.component} + ": " + std::string{x.sentence};
      for (const auto& field : x.fields)
        text += " " + std::string{field.key} + "=" + field.value;
      lines.push_back(text);
    });
    settings.id = "cts-01";
    settings.working_dir = "/srv/tasks";
    settings.high_availability
      = config::high_availability{.cluster_name = "c", .path = "cts/c"};
    settings.tasks = {task_named("web"), task_named("db")};
    model = make_consul_model(self.ptr());
    client = make_consul_client(self.ptr(), {}, model);
    elector = cafx::spawn_state<recording_elector>(sys, told);
    watching = cafx::spawn_state<recording_observer>(sys, seen);
    leader = make_store();
    follower = make_store();
  }

  void TearDown() override {
    for (const auto& each : {leader, follower})
      stop(each);
    stop(elector);
    stop(watching);
    stop(client);
    stop(model);
    log::set_sink({});
    sim_fixture::TearDown();
  }

  static config::task task_named(const std::string& name) {
    return {.name = name,
            .module = "mod/" + name,
            .condition = config::services_condition{.query = {.names = {name}}},
            .working_dir = "/srv/tasks/" + name};
  }

  cluster_store_impl make_store() {
    return make_cluster_store(
      self.ptr(),
      {.settings = std::make_shared<const config::settings>(settings),
       .keys = keys,
       .boot = "boot",
       .version = "test",
       .clock = [this] { return wall; },
       .random = [this] { return ++random; },
       .elector = elector},
      client);
  }

  consul::reply call(const consul::request& x) {
    auto answer = ask<consul::reply>(
      client, consul_query{.id = ++random, .request = x, .deadline = 5s});
    EXPECT_TRUE(answer);
    return answer ? *answer : consul::reply{};
  }

  /// Takes the lock, as the elector does.
  ha::leadership elect() {
    if (!term.session.empty())
      call(consul::destroy_session(term.session, ""));
    auto made = consul::decode_session_created(
      call(consul::create_session({.name = "s"})));
    auto meta
      = consul::decode_keys(call(consul::read_keys({.key = keys.meta()})));
    auto x = ha::acquisition{.session = made.value().id};
    if (!meta.value().empty()) {
      x.meta = ha::decode_meta(meta.value().front().value).value();
      x.meta_index = meta.value().front().modify_index;
    }
    x.meta.epoch = ++term.epoch;
    auto won = consul::txn::decode(
      call(consul::txn::request_for(ha::tx_acquire(keys, x)).value()));
    EXPECT_TRUE(std::holds_alternative<consul::txn::committed>(won.value()));
    term.session = x.session;
    return term;
  }

  /// Loads, and gives the names of the tasks.
  std::vector<std::string> lead() {
    auto loaded = ask_for<state_loaded>(1s, leader, load_state{elect()});
    EXPECT_TRUE(loaded) << to_core(loaded.error()).message;
    return names_of(loaded ? loaded->tasks : kept_tasks{});
  }

  static std::vector<std::string> names_of(const kept_tasks& from) {
    auto out = std::vector<std::string>{};
    for (const auto& task : from)
      out.push_back(task.configuration->name);
    return out;
  }

  template <class Message>
  std::string tell_store(const Message& x) {
    auto done = ask_for<void>(1s, leader, x);
    return done ? "" : to_core(done.error()).message;
  }

  ha::run_permit permit(const std::string& task) {
    auto record = ha::inflight_record{.task = task, .epoch = term.epoch};
    auto done = consul::txn::decode(call(
      consul::txn::request_for(
        {consul::txn::set{.key = keys.inflight(task), .value = encode(record)}})
        .value()));
    return {.epoch = term.epoch,
            .task = task,
            .index = std::get<consul::txn::committed>(done.value())
                       .entries.front()
                       .modify_index};
  }

  record_event ended(const std::string& task, const std::string& id) {
    return {.event = {.id = id, .success = true, .task = task},
            .permit = permit(task)};
  }

  task_events events_of(const cluster_store_impl& from,
                        const std::string& task) {
    auto snapshot = ask<events_snapshot>(from, get_events{});
    if (!snapshot || !snapshot->events->contains(task))
      return {};
    return snapshot->events->at(task);
  }

  bool has(const std::string& key) {
    auto found = consul::decode_keys(call(consul::read_keys({.key = key})));
    return found && !found->empty();
  }

  config::settings settings{};
  ha::layout keys = ha::layout::make("cts/c").value();
  ha::leadership term{};
  std::uint64_t random = 1'000;
  wall_time wall{std::chrono::hours{24 * 365 * 50}};
  std::vector<std::string> lines{};
  std::shared_ptr<elector_log> told = std::make_shared<elector_log>();
  copies seen = std::make_shared<std::vector<kept_tasks>>();
  consul_model_actor model{};
  consul_actor client{};
  elector_actor elector{};
  state_observer_actor watching{};
  cluster_store_impl leader{};
  cluster_store_impl follower{};
};

TEST_F(ClusterStore, FillsTheStoreWithWholeTasks) {
  EXPECT_EQ(lead(), (std::vector<std::string>{"web", "db"}));
  auto again = ask_for<state_loaded>(1s, leader, load_state{elect()});
  ASSERT_TRUE(again);
  EXPECT_EQ(*again->tasks.front().configuration, settings.tasks.front());
  EXPECT_TRUE(again->tasks.front().configured);
  EXPECT_EQ(lines, std::vector<std::string>{});
}

TEST_F(ClusterStore, AnswersWhenAChangeIsCommitted) {
  lead();
  auto task = std::make_shared<const config::task>(task_named("api"));
  EXPECT_EQ(tell_store(keep_task{
              {.configuration = task, .enabled = false, .configured = false}}),
            "");
  EXPECT_EQ(tell_store(forget_task{"web"}), "");
  EXPECT_EQ(lead(), (std::vector<std::string>{"db", "api"}));
}

TEST_F(ClusterStore, ShowsAnEventWhenItIsCommitted) {
  lead();
  EXPECT_EQ(tell_store(ended("web", "1")), "");
  EXPECT_EQ(events_of(leader, "web").size(), 1u);
  EXPECT_FALSE(has(keys.inflight("web")));
  ASSERT_EQ(told->closed.size(), 1u);
  EXPECT_FALSE(told->closed[0].unrecorded);
}

TEST_F(ClusterStore, SendsAgainWhatWasAnsweredByNobody) {
  lead();
  auto event = ended("web", "1");
  tell(model, lose_answers{.matching = "PUT /v1/txn", .count = 2});
  auto done = ask_for<void>(20s, leader, event);
  EXPECT_TRUE(done);
  EXPECT_EQ(events_of(leader, "web").size(), 1u);
  EXPECT_EQ(told->closed.size(), 1u);
}

TEST_F(ClusterStore, TellsTheElectorThatTheLockIsLost) {
  lead();
  auto event = ended("web", "1");
  call(consul::destroy_session(term.session, ""));
  EXPECT_NE(tell_store(forget_task{"web"}), "");
  EXPECT_EQ(told->lost, std::vector<ha::epoch>{1});
  EXPECT_EQ(tell_store(event), "");
  ASSERT_EQ(told->closed.size(), 1u);
  EXPECT_EQ(told->closed[0].unrecorded->id, "1");
}

TEST_F(ClusterStore, TellsTheElectorThatWritingIsDenied) { // 36
  lead();
  tell(model, set_agent_rights{.rights = {.write_keys = false}});
  EXPECT_NE(tell_store(forget_task{"web"}).find("ACL token"),
            std::string::npos);
  EXPECT_EQ(told->denied, std::vector<ha::epoch>{1});
  EXPECT_TRUE(told->lost.empty());
}

TEST_F(ClusterStore, TellsTheElectorThatTheStateIsDenied) {
  auto term_won = elect();
  tell(model, set_agent_rights{.rights = {.read_keys = false}});
  auto loaded = ask_for<state_loaded>(1s, leader, load_state{term_won});
  EXPECT_FALSE(loaded);
  ASSERT_EQ(told->failed.size(), 1u);
  EXPECT_NE(told->failed[0].find("ACL token"), std::string::npos);
}

TEST_F(ClusterStore, TakesOverARunThatIsStopped) {
  lead();
  auto index = permit("db").index;
  auto record = ha::inflight_record{
    .task = "db",
    .state = ha::run_state::stopped,
    .result = task_event{.id = "7", .success = false, .task = "db"}};
  auto message = settle_run{.epoch = term.epoch,
                            .task = "db",
                            .index = index,
                            .record = encode(record)};
  EXPECT_EQ(tell_store(message), "");
  EXPECT_EQ(events_of(leader, "db").size(), 1u);
  EXPECT_FALSE(has(keys.inflight("db")));
  message.epoch = 77;
  EXPECT_NE(tell_store(message), "");
  message.epoch = term.epoch;
  message.record = "garbage";
  EXPECT_NE(tell_store(message), "");
}

TEST_F(ClusterStore, WritesNothingWhenTheTermIsOver) {
  lead();
  EXPECT_EQ(tell_store(close_state{term.epoch}), "");
  EXPECT_NE(tell_store(forget_task{"web"}), "");
  EXPECT_TRUE(has(keys.task(1, "web")));
}

TEST_F(ClusterStore, KeepsACopyWhileItFollows) {
  tell(follower, follow_state{watching});
  advance(1s);
  EXPECT_EQ(seen->size(), 1u);
  EXPECT_TRUE(seen->back().empty());
  lead();
  advance(1s);
  EXPECT_EQ(names_of(seen->back()), (std::vector<std::string>{"web", "db"}));
  auto before = seen->size();
  EXPECT_EQ(tell_store(ended("web", "1")), "");
  advance(1s);
  EXPECT_EQ(events_of(follower, "web").size(), 1u);
  EXPECT_EQ(seen->size(), before) << "events change no task";
  EXPECT_EQ(tell_store(forget_task{"web"}), "");
  advance(1s);
  EXPECT_EQ(names_of(seen->back()), std::vector<std::string>{"db"});
}

TEST_F(ClusterStore, SeesAgainAfterPollsThatHung) {
  tell(follower, follow_state{watching});
  lead();
  advance(1s);
  tell(model, hang_polls{.span = 30s});
  EXPECT_EQ(tell_store(forget_task{"web"}), "");
  advance(8s);
  EXPECT_EQ(names_of(seen->back()), std::vector<std::string>{"db"});
}

TEST_F(ClusterStore, FollowsAgainAfterItsTerm) {
  tell(leader, follow_state{watching});
  advance(1s);
  lead();
  auto before = seen->size();
  EXPECT_EQ(tell_store(ended("web", "1")), "");
  advance(1s);
  EXPECT_EQ(seen->size(), before) << "a leader needs no copy";
  EXPECT_EQ(tell_store(close_state{term.epoch}), "");
  EXPECT_EQ(events_of(leader, "web").size(), 1u);
  advance(1s);
  EXPECT_GT(seen->size(), before);
}

TEST_F(ClusterStore, ShowsATaskWhoseRecordIsDamaged) {
  lead();
  call(consul::txn::request_for(
         {consul::txn::set{.key = keys.task(1, "web"), .value = "{"}})
         .value());
  auto loaded = ask_for<state_loaded>(1s, leader, load_state{elect()});
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->tasks.size(), 2u);
  EXPECT_EQ(loaded->tasks[1].configuration->name, "web");
  EXPECT_NE(loaded->tasks[1].problem, "");
  EXPECT_TRUE(loaded->tasks[0].problem.empty());
  EXPECT_EQ(std::ranges::count_if(lines,
                                  [](const auto& x) {
                                    return x.find("key=cts/c/state/1/tasks/web")
                                           != x.npos;
                                  }),
            1);
}

} // namespace
} // namespace cts

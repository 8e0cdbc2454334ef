#include "tests/actors/elector_fixture.hpp"

// Permits, leases and the runs of former leaders (R1 to R6) with a modelled
// Consul.

namespace cts {
namespace {

using namespace std::chrono_literals;

class ElectorRuns : public ElectorFixture {
protected:
  ha::run_permit permit(instance& x, ha::epoch epoch, const std::string& task) {
    auto answer
      = ask_for<ha::run_permit>(1s, x.elector, request_permit{epoch, task});
    EXPECT_TRUE(answer);
    return answer ? *answer : ha::run_permit{};
  }

  std::optional<ha::inflight_record> run_of(const std::string& task) {
    auto entry = key(keys.inflight(task));
    if (!entry)
      return std::nullopt;
    auto record = ha::decode_inflight(entry->value);
    return record ? std::optional{*record} : std::nullopt;
  }

  std::uint64_t seq_of(const std::string& id) {
    return ha::decode_instance(key(keys.instance(id))->value)->seq;
  }
};

TEST_F(ElectorRuns, PermitARunWhenItsIntentIsCommitted) {
  auto& one = join_and_lead("cts-01");
  auto before = now();
  auto given = permit(one, 1, "web");
  auto record = run_of("web");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->job, given.run);
  EXPECT_EQ(record->epoch, 1u);
  EXPECT_EQ(record->who, "cts@node of cts-01");
  EXPECT_EQ(key(keys.inflight("web"))->modify_index, given.index);
  ASSERT_FALSE(one.leases->deadlines.empty());
  // D_own = t_send + L * 0.99 - 0.5 s.
  EXPECT_EQ(one.leases->deadlines[0],
            before.time_since_epoch() + 29'700ms - 500ms);
}

TEST_F(ElectorRuns, PermitNothingBeforeTheStateIsLoadedOrInAnotherEpoch) {
  auto& one = join("cts-01");
  advance(1s);
  EXPECT_FALSE(
    ask_for<ha::run_permit>(1s, one.elector, request_permit{1, "web"}));
  tell(one.elector, tenure_ready{1});
  EXPECT_FALSE(
    ask_for<ha::run_permit>(1s, one.elector, request_permit{2, "web"}));
  EXPECT_FALSE(run_of("web"));
}

TEST_F(ElectorRuns, ExtendTheLeaseWhileSomethingIsInFlight) {
  auto& one = join_and_lead("cts-01");
  auto given = permit(one, 1, "web");
  auto before = seq_of("cts-01");
  advance(21s);
  EXPECT_EQ(seq_of("cts-01"), before + 4);
  EXPECT_EQ(one.leases->deadlines.size(), 5u);
  tell(one.elector, run_closed{.permit = given});
  advance(30s);
  EXPECT_LE(seq_of("cts-01"), before + 5);
}

TEST_F(ElectorRuns, ResolveAnIntentWhoseAnswerWasLost) { // 8, 32
  auto& one = join_and_lead("cts-01");
  tell(model, lose_answers{.node = one.node,
                           .matching = "PUT /v1/txn",
                           .is_abrupt = true});
  auto given = permit(one, 1, "web");
  EXPECT_EQ(run_of("web")->job, given.run);
}

TEST_F(ElectorRuns, AcknowledgeWhatEndedAfterTheLoss) {
  auto& one = join_and_lead("cts-01");
  auto given = permit(one, 1, "web");
  call(consul::destroy_session(one.told->promotions[0].term.session, ""));
  advance(6s);
  ASSERT_EQ(one.told->losses.size(), 1u);
  EXPECT_EQ(one.leases->revocations, 1);
  auto seq = seq_of("cts-01");
  advance(11s); // R5: nothing is extended
  EXPECT_EQ(seq_of("cts-01"), seq);
  EXPECT_FALSE(
    ask_for<ha::run_permit>(1s, one.elector, request_permit{1, "db"}));
  auto event = task_event{.id = given.run, .task = "web"};
  tell(one.elector, run_closed{given, event});
  advance(1s);
  auto record = run_of("web");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->state, ha::run_state::stopped);
  ASSERT_TRUE(record->result);
  EXPECT_EQ(record->result->id, given.run);
}

TEST_F(ElectorRuns, WaitForTheLeaseOfAFormerLeader) { // R4
  auto& one = join_and_lead("cts-01");
  auto& two = join("cts-02");
  advance(1s);
  permit(one, 1, "web");
  advance(6s);
  auto owner_deadline = one.leases->deadlines.back();
  end(one);
  call(consul::destroy_session(
    one.told->promotions.empty() ? key(keys.leader())->session : "", ""));
  advance(1s);
  ASSERT_EQ(two.told->promotions.size(), 1u);
  tell(two.elector, tenure_ready{2});
  EXPECT_TRUE(ask_for<void>(0s, two.elector, await_turn{2, "db"}));
  auto turn = self->request(two.elector, caf::infinite, await_turn{2, "web"});
  run();
  EXPECT_FALSE(
    ask_for<ha::run_permit>(0s, two.elector, request_permit{2, "web"}));
  while (!self->has_next_message() && elapsed() < 5min)
    advance(100ms);
  turn.receive([] {}, [](const caf::error& x) { FAIL() << to_string(x); });
  auto late = now().time_since_epoch() - owner_deadline;
  EXPECT_GT(late, 0ms);
  EXPECT_LT(late, 8s);
  auto given = permit(two, 2, "web");
  EXPECT_EQ(run_of("web")->owner, "cts-02");
  EXPECT_EQ(given.epoch, 2u);
}

TEST_F(ElectorRuns, KeepRunsCoveredThroughAHandOver) { // 2
  auto& one = join_and_lead("cts-01");
  auto& two = join("cts-02");
  advance(1s);
  auto given = permit(one, 1, "web");
  EXPECT_TRUE(ask_for<void>(1s, one.elector, step_down{.leave = true}));
  ASSERT_EQ(two.told->promotions.size(), 1u);
  EXPECT_EQ(one.leases->revocations, 0);
  tell(two.elector, tenure_ready{2});
  auto before = one.leases->deadlines.size();
  for (auto i = 0; i < 4; ++i) {
    advance(30s);
    EXPECT_FALSE(
      ask_for<ha::run_permit>(0s, two.elector, request_permit{2, "web"}));
  }
  EXPECT_GE(one.leases->deadlines.size(), before + 20);
  EXPECT_EQ(given.task, "web");
}

TEST_F(ElectorRuns, LetNoTaskRunBeforeAllAreOverInExclusiveMode) { // R6
  ha.failover.exclusive = "instance";
  auto& one = join_and_lead("cts-01");
  auto& two = join("cts-02");
  advance(1s);
  permit(one, 1, "web");
  tell(one.elector, lost_lock{1});
  call(consul::destroy_session(key(keys.leader())->session, ""));
  advance(1s);
  ASSERT_EQ(two.told->promotions.size(), 1u);
  tell(two.elector, tenure_ready{2});
  advance(10s);
  EXPECT_FALSE(
    ask_for<ha::run_permit>(0s, two.elector, request_permit{2, "db"}));
  advance(35s);
  EXPECT_TRUE(
    ask_for<ha::run_permit>(1s, two.elector, request_permit{2, "db"}));
}

// -- permits whose holder is gone ---------------------------------------------

/// Asks for a permit and keeps it.
caf::actor hold_permit(caf::actor_system& system, const elector_impl& elector,
                       const request_permit& wish) {
  auto ask = [](caf::event_based_actor* me, const elector_impl& who,
                const request_permit& x) -> caf::behavior {
    me->request(who, 10s, x)
      .then([](const ha::run_permit&) {}, [](const caf::error&) {});
    return {[](int) {}};
  };
  return system.spawn(ask, elector, wish);
}

const auto last_will = task_event{.task = "web", .source = "/m"};

TEST_F(ElectorRuns, CloseWhatAFailedTaskLeftRunning) {
  auto& one = join_and_lead("cts-01");
  auto holder = hold_permit(sys, one.elector, {1, "web", last_will});
  advance(1s);
  auto before = run_of("web");
  ASSERT_TRUE(before);
  EXPECT_TRUE(one.leases->ended_jobs.empty());
  one.leases->holds_ends = true;
  stop(holder);
  advance(3s);
  EXPECT_EQ(one.leases->ended_jobs, std::vector{before->job});
  EXPECT_EQ(run_of("web")->state, ha::run_state::running);
  EXPECT_FALSE(
    ask_for<ha::run_permit>(1s, one.elector, request_permit{1, "web"}));
}

TEST_F(ElectorRuns, AcknowledgeWhatAFailedTaskLeftWhenItsProcessesAreGone) {
  auto& one = join_and_lead("cts-01");
  auto holder = hold_permit(sys, one.elector, {1, "web", last_will});
  advance(1s);
  stop(holder);
  advance(1s);
  auto record = run_of("web");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->state, ha::run_state::stopped);
  ASSERT_TRUE(record->result);
  EXPECT_EQ(record->result->id, record->job);
  EXPECT_EQ(record->result->source, "/m");
  EXPECT_EQ(record->result->error, "the task ended unexpectedly while it ran");
}

TEST_F(ElectorRuns, CloseAPermitThatComesAfterItsHoldersEnd) {
  auto& one = join_and_lead("cts-01");
  tell(model, lose_answers{.node = one.node, .matching = "PUT /v1/txn"});
  auto holder = hold_permit(sys, one.elector, {1, "web", last_will});
  advance(100ms);
  stop(holder);
  advance(5s);
  ASSERT_TRUE(run_of("web"));
  EXPECT_EQ(run_of("web")->state, ha::run_state::stopped);
  EXPECT_EQ(one.leases->ended_jobs.size(), 1u);
}

TEST_F(ElectorRuns, LeaveAHoldersEndAloneWhenItsRunIsClosed) {
  auto& one = join_and_lead("cts-01");
  auto holder = hold_permit(sys, one.elector, {1, "web", last_will});
  advance(1s);
  auto record = run_of("web");
  ASSERT_TRUE(record);
  tell(one.elector,
       run_closed{.permit = {.epoch = 1, .task = "web", .run = record->job}});
  stop(holder);
  advance(5s);
  EXPECT_TRUE(one.leases->ended_jobs.empty());
}

// Nobody told how it ended, so its processes are looked after first.
TEST_F(ElectorRuns, AcknowledgeNothingBeforeItsProcessesAreGone) {
  auto& one = join_and_lead("cts-01");
  permit(one, 1, "web");
  one.leases->holds_ends = true;
  EXPECT_TRUE(ask_for<void>(1s, one.elector, step_down{}));
  tell(one.elector, tenure_over{1});
  advance(10s);
  EXPECT_EQ(one.leases->ended_jobs.size(), 1u);
  EXPECT_EQ(run_of("web")->state, ha::run_state::running);
}

} // namespace
} // namespace cts

#include "tests/actors/elector_fixture.hpp"

// The will that the elector keeps up to date, and what Consul makes of it (D2);
// scenarios 9 and 36.

namespace cts {
namespace {

using namespace std::chrono_literals;

using names = std::vector<std::string>;

class ElectorWill : public ElectorFixture {
protected:
  ElectorWill() {
    // The model's agents have no service: the process check is not registered.
    ha.failover.process_check = false;
  }

  static names names_of(const instance& x) {
    auto out = names{};
    for (const auto& [name, what] : x.wills->will)
      out.push_back(name);
    return out;
  }

  ha::run_permit permit(instance& x, ha::epoch epoch, const std::string& task) {
    auto answer
      = ask_for<ha::run_permit>(1s, x.elector, request_permit{epoch, task});
    EXPECT_TRUE(answer);
    return answer ? *answer : ha::run_permit{};
  }

  /// As the witness would do it.
  int carry_out(const instance& x, const std::string& name) {
    return call(x.wills->will.at(name).request).status;
  }

  ha::leader_record lock_record() {
    auto record = ha::decode_leader(key(keys.leader())->value);
    EXPECT_TRUE(record);
    return record ? *record : ha::leader_record{};
  }
};

TEST_F(ElectorWill, GivesSessionAndServiceBack) {
  join_and_lead("cts-01");
  auto& two = join("cts-02");
  advance(1s);
  EXPECT_EQ(names_of(two), (names{"service", "session"}));
  auto session = key(keys.instance("cts-02"))->session;
  EXPECT_FALSE(session.empty());
  EXPECT_EQ(carry_out(two, "session"), 200);
  EXPECT_TRUE(key(keys.instance("cts-02"))->session.empty());
  EXPECT_EQ(two.wills->will.at("service").request,
            consul::deregister_service("cts-02", ""));
  EXPECT_EQ(two.wills->will.at("service").purpose,
            ha::witness::purpose::farewell);
}

TEST_F(ElectorWill, GivesTheLockOfALeaderBack) {
  auto& one = join_and_lead("cts-01");
  auto& two = join("cts-02");
  advance(1s);
  ASSERT_EQ(names_of(one), (names{"release", "service", "session"}));
  EXPECT_EQ(one.wills->will.at("release").purpose,
            ha::witness::purpose::release);
  EXPECT_EQ(carry_out(one, "release"), 200);
  advance(100ms);
  ASSERT_EQ(two.told->promotions.size(), 1u);
  EXPECT_EQ(two.told->promotions[0].detector, "witness");
  EXPECT_TRUE(logged("ha: acquired leadership lock id=cts-02 epoch=2 "
                     "detector=witness"));
}

TEST_F(ElectorWill, SaysThatTheLeaderCrashed) {
  auto& one = join_and_lead("cts-01");
  // Its own client is cut off, so that nobody takes the lock.
  tell(model, set_agent_fault{agent_fault::cut, one.node});
  EXPECT_EQ(carry_out(one, "release"), 200);
  auto record = lock_record();
  EXPECT_EQ(record.state, ha::lock_state::crashed);
  EXPECT_EQ(record.reason, "witness");
  EXPECT_EQ(record.id, "cts-01");
  EXPECT_EQ(record.epoch, 1u);
  EXPECT_FALSE(record.clean);
}

TEST_F(ElectorWill, CannotTakeTheLockFromTheNextLeader) {
  auto& one = join_and_lead("cts-01");
  auto& two = join("cts-02");
  advance(1s);
  auto late = one.wills->will.at("release").request;
  EXPECT_TRUE(ask_for<void>(1s, one.elector, step_down{}));
  ASSERT_EQ(two.told->promotions.size(), 1u);
  EXPECT_EQ(call(late).status, 409);
  EXPECT_EQ(lock_record().id, "cts-02");
}

TEST_F(ElectorWill, KeepsTheLockInItUntilItIsGone) {
  auto& one = join_and_lead("cts-01");
  EXPECT_TRUE(one.wills->will.contains("release"));
  EXPECT_TRUE(ask_for<void>(1s, one.elector, step_down{.leave = true}));
  EXPECT_EQ(names_of(one), (names{"service", "session"}));
  EXPECT_TRUE(ask_for<void>(1s, one.elector, leave_cluster{}));
  EXPECT_EQ(names_of(one), names{});
}

TEST_F(ElectorWill, IsWrittenAnewForEachTerm) {
  auto& one = join_and_lead("cts-01");
  auto first = one.wills->will.at("release").request;
  EXPECT_TRUE(ask_for<void>(1s, one.elector, step_down{}));
  EXPECT_FALSE(one.wills->will.contains("release"));
  tell(one.elector, tenure_over{1});
  advance(1s);
  ASSERT_EQ(one.told->promotions.size(), 2u);
  EXPECT_NE(one.wills->will.at("release").request, first);
}

TEST_F(ElectorWill, IsToldBeforeARunMayStart) {
  auto& one = join_and_lead("cts-01");
  auto given = permit(one, 1, "web");
  ASSERT_TRUE(one.wills->will.contains("inflight/web"));
  const auto& last = one.wills->will.at("inflight/web");
  EXPECT_EQ(last.purpose, ha::witness::purpose::acknowledge);
  EXPECT_EQ(last.task, "web");
  EXPECT_EQ(carry_out(one, "inflight/web"), 200);
  auto record = ha::decode_inflight(key(keys.inflight("web"))->value);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->state, ha::run_state::stopped);
  EXPECT_TRUE(record->killed);
  EXPECT_EQ(record->job, given.run);
  EXPECT_EQ(record->epoch, 1u);
}

TEST_F(ElectorWill, ForgetsARunThatIsRecorded) {
  auto& one = join_and_lead("cts-01");
  auto given = permit(one, 1, "web");
  auto late = one.wills->will.at("inflight/web").request;
  tell(one.elector, run_closed{.permit = given});
  EXPECT_EQ(names_of(one), (names{"release", "service", "session"}));
  permit(one, 1, "db");
  change({consul::txn::erase{keys.inflight("web")}});
  EXPECT_EQ(call(late).status, 409);
}

TEST_F(ElectorWill, CoversRunsThroughAHandOver) { // D1
  auto& one = join_and_lead("cts-01");
  join("cts-02");
  advance(1s);
  auto given = permit(one, 1, "web");
  EXPECT_TRUE(ask_for<void>(1s, one.elector, step_down{.leave = true}));
  advance(20s);
  EXPECT_EQ(names_of(one), (names{"inflight/web", "service", "session"}));
  auto event = task_event{.id = given.run, .success = true, .task = "web"};
  tell(one.elector, run_closed{given, event});
  advance(1s);
  EXPECT_EQ(names_of(one), (names{"service", "session"}));
}

TEST_F(ElectorWill, CoversRunsThatEndAfterTheLockWasLost) {
  auto& one = join_and_lead("cts-01");
  permit(one, 1, "web");
  change({consul::txn::erase{keys.leader()}});
  advance(1s);
  ASSERT_EQ(one.told->losses.size(), 1u);
  EXPECT_EQ(names_of(one), (names{"inflight/web", "service", "session"}));
  tell(one.elector, tenure_over{1});
  EXPECT_FALSE(one.wills->will.contains("inflight/web"));
}

TEST_F(ElectorWill, TellsTheResultOfARunThatItCannotAcknowledge) {
  auto& one = join_and_lead("cts-01");
  auto given = permit(one, 1, "web");
  tell(model, set_agent_fault{agent_fault::cut, one.node});
  tell(one.elector, lost_lock{1});
  auto event = task_event{.id = given.run, .success = true, .task = "web"};
  tell(one.elector, run_closed{given, event});
  EXPECT_EQ(carry_out(one, "inflight/web"), 200);
  auto record = ha::decode_inflight(key(keys.inflight("web"))->value);
  ASSERT_TRUE(record && record->result);
  EXPECT_EQ(record->result->id, given.run);
  EXPECT_FALSE(record->killed);
}

TEST_F(ElectorWill, IsToldOnlyWhatIsNew) {
  auto& one = join_and_lead("cts-01");
  auto before = one.wills->news;
  advance(30s);
  EXPECT_EQ(one.wills->news, before);
}

TEST_F(ElectorWill, ComesWithABeatTwiceASecond) {
  auto& one = join_and_lead("cts-01");
  auto before = one.wills->beats;
  advance(10s);
  EXPECT_EQ(one.wills->beats, before + 20);
}

// A leader that wakes up after its witness gave the lock back.
TEST_F(ElectorWill, MakesAFollowerOfALeaderThatWasSilent) { // 9
  auto& one = join_and_lead("cts-01");
  auto& two = join("cts-02");
  advance(1s);
  permit(one, 1, "web");
  carry_out(one, "release");
  carry_out(one, "inflight/web");
  advance(1s);
  ASSERT_EQ(one.told->losses.size(), 1u);
  EXPECT_FALSE(one.told->losses[0].graceful);
  EXPECT_EQ(one.leases->revocations, 1);
  EXPECT_FALSE(
    ask_for<ha::run_permit>(1s, one.elector, request_permit{1, "db"}));
  ASSERT_EQ(two.told->promotions.size(), 1u);
  tell(one.elector, tenure_over{1});
  advance(1s);
  EXPECT_EQ(view(one).role, ha::role::follower);
  EXPECT_EQ(names_of(one), (names{"service", "session"}));
  EXPECT_EQ(view(two).role, ha::role::loading);
}

// -- a token that loses its rights
// ---------------------------------------------

class ElectorRights : public ElectorWill {
protected:
  void allow_writing(const instance& x, bool allowed) {
    tell(model, set_agent_rights{x.node, {.write_keys = allowed}});
  }

  int count(const std::string& begin) const {
    return static_cast<int>(std::ranges::count_if(
      lines, [&](const auto& each) { return each.starts_with(begin); }));
  }

  static constexpr auto complaint
    = "ha: leadership suspended: Consul denies writes: the ACL token needs "
      "key_prefix \"cts/c/\" { policy = \"write\" } and session_prefix \"\" { "
      "policy = \"write\" } error=Permission denied";
};

TEST_F(ElectorRights, SuspendWhoMayNotStartARun) { // 36
  auto& one = join_and_lead("cts-01");
  allow_writing(one, false);
  EXPECT_FALSE(
    ask_for<ha::run_permit>(1s, one.elector, request_permit{1, "web"}));
  EXPECT_EQ(view(one).role, ha::role::suspended);
  EXPECT_EQ(count(complaint), 1);
  EXPECT_EQ(one.told->suspensions, 1);
  advance(60s);
  EXPECT_TRUE(one.told->losses.empty());
  EXPECT_EQ(view(one).role, ha::role::suspended);
  EXPECT_EQ(count(complaint), 1);
  allow_writing(one, true);
  advance(6s);
  EXPECT_EQ(view(one).role, ha::role::leader);
  EXPECT_EQ(one.told->resumptions, 1);
  EXPECT_TRUE(logged("ha: leadership resumed"));
  EXPECT_EQ(permit(one, 1, "web").epoch, 1u);
  EXPECT_EQ(lock_record().id, "cts-01");
}

TEST_F(ElectorRights, SuspendWhoMayNotExtendTheLease) {
  auto& one = join_and_lead("cts-01");
  permit(one, 1, "web");
  allow_writing(one, false);
  advance(6s);
  EXPECT_EQ(view(one).role, ha::role::suspended);
  EXPECT_EQ(count(complaint), 1);
  allow_writing(one, true);
  advance(6s);
  EXPECT_EQ(view(one).role, ha::role::leader);
}

TEST_F(ElectorRights, SuspendWhoseStoreMayNotWrite) {
  auto& one = join_and_lead("cts-01");
  allow_writing(one, false);
  tell(one.elector, write_denied{1, "Permission denied"});
  EXPECT_EQ(view(one).role, ha::role::suspended);
  EXPECT_EQ(count(complaint), 1);
  advance(20s);
  EXPECT_EQ(view(one).role, ha::role::suspended);
}

TEST_F(ElectorRights, KeepNobodyFromSeeingThatTheLockIsLost) {
  auto& one = join_and_lead("cts-01");
  allow_writing(one, false);
  tell(one.elector, write_denied{1, "Permission denied"});
  change({consul::txn::erase{keys.leader()}});
  advance(6s);
  EXPECT_EQ(one.told->losses.size(), 1u);
}

} // namespace
} // namespace cts

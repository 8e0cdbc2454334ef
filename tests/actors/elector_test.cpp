#include "tests/actors/elector_fixture.hpp"

// Election, loss and hand-over with a modelled Consul (scenarios 1, 15, 24 to
// 26, 32, 36 and 39 of chapter high-availability, as far as the elector goes).

namespace cts {
namespace {

using namespace std::chrono_literals;

class Elector : public ElectorFixture {};

TEST_F(Elector, TakesTheFreeLockAtOnce) {
  auto& one = join("cts-01");
  advance(100ms);
  ASSERT_EQ(one.told->promotions.size(), 1u);
  EXPECT_EQ(one.told->promotions[0].term.epoch, 1u);
  EXPECT_TRUE(logged("ha: acquired leadership lock id=cts-01 epoch=1 "
                     "detector=vacant"));
  auto lock = key(keys.leader());
  ASSERT_TRUE(lock);
  EXPECT_EQ(lock->session, one.told->promotions[0].term.session);
  auto record = ha::decode_leader(lock->value);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->id, "cts-01");
  auto member = key(keys.instance("cts-01"));
  ASSERT_TRUE(member);
  EXPECT_EQ(member->session, lock->session);
}

TEST_F(Elector, FollowsALeader) {
  join_and_lead("cts-01");
  auto& two = join("cts-02");
  advance(1s);
  EXPECT_TRUE(two.told->promotions.empty());
  EXPECT_EQ(view(two).role, ha::role::follower);
  ASSERT_TRUE(view(two).leader);
  EXPECT_EQ(view(two).leader->id, "cts-01");
  EXPECT_TRUE(logged("ha: following leader id=cts-02 leader=cts-01"));
}

TEST_F(Elector, HandsOverAtOnceAndDoesNotCompeteWhileOthersLive) {
  auto& one = join_and_lead("cts-01");
  auto& two = join("cts-02");
  advance(5s);
  EXPECT_TRUE(ask_for<void>(200ms, one.elector, step_down{}));
  EXPECT_EQ(two.told->promotions.size(), 1u);
  ASSERT_EQ(one.told->losses.size(), 1u);
  EXPECT_EQ(one.told->losses[0].reason, "released");
  EXPECT_TRUE(logged("ha: released leadership lock id=cts-01 epoch=1"));
  EXPECT_TRUE(logged("ha: acquired leadership lock id=cts-02 epoch=2 "
                     "detector=release"));
  tell(one.elector, tenure_over{1});
  tell(two.elector, tenure_ready{2});
  advance(1s);
  EXPECT_EQ(view(one).role, ha::role::follower);
  EXPECT_TRUE(ask_for<void>(200ms, two.elector, step_down{}));
  advance(1500ms);
  EXPECT_EQ(one.told->promotions.size(), 1u);
  // Both rest, so the one that gave the lock back earlier takes it.
  advance(1s);
  EXPECT_EQ(one.told->promotions.size(), 2u);
  EXPECT_EQ(two.told->promotions.size(), 1u);
}

TEST_F(Elector, LeadsAgainAtOnceIfItIsAlone) {
  auto& one = join_and_lead("cts-01");
  EXPECT_TRUE(ask_for<void>(200ms, one.elector, step_down{}));
  tell(one.elector, tenure_over{1});
  advance(1s);
  EXPECT_EQ(one.told->promotions.size(), 2u);
}

TEST_F(Elector, ReplacesADeadLeaderWhenItsSessionIsOver) {
  auto& one = join_and_lead("cts-01");
  auto& two = join("cts-02");
  advance(7s);
  end(one);
  advance(24s);
  EXPECT_TRUE(two.told->promotions.empty());
  advance(7s);
  ASSERT_EQ(two.told->promotions.size(), 1u);
  EXPECT_EQ(two.told->promotions[0].detector, "session");
  EXPECT_EQ(two.told->promotions[0].term.epoch, 2u);
}

TEST_F(Elector, IsSuspendedAndThenLosesTheLockWhenItsHostIsCut) {
  auto& one = join_and_lead("cts-01");
  auto& two = join("cts-02");
  advance(2s);
  tell(model, set_agent_fault{agent_fault::cut, one.node});
  advance(8s);
  EXPECT_EQ(two.told->promotions.size(), 1u);
  EXPECT_TRUE(one.told->losses.empty());
  advance(8s);
  EXPECT_EQ(one.told->suspensions, 1);
  EXPECT_EQ(view(one).role, ha::role::suspended);
  tell(model, set_agent_fault{agent_fault::none, one.node});
  advance(3s);
  ASSERT_EQ(one.told->losses.size(), 1u);
  EXPECT_NE(one.told->losses[0].reason, "released");
  tell(one.elector, tenure_over{1});
  advance(3s);
  EXPECT_EQ(view(one).role, ha::role::follower);
}

TEST_F(Elector, ResumesTheSameTermAfterATroubleOfConsul) {
  auto& one = join_and_lead("cts-01");
  advance(2s);
  tell(model, set_agent_fault{agent_fault::failing, one.node});
  advance(16s);
  EXPECT_EQ(one.told->suspensions, 1);
  tell(model, set_agent_fault{agent_fault::none, one.node});
  advance(3s);
  EXPECT_EQ(one.told->resumptions, 1);
  EXPECT_TRUE(one.told->losses.empty());
  EXPECT_EQ(view(one).role, ha::role::leader);
  EXPECT_TRUE(logged("ha: leadership resumed"));
}

TEST_F(Elector, TakesTheDeletionOfTheLockForItsLoss) { // 24
  auto& one = join_and_lead("cts-01");
  advance(7s);
  change({consul::txn::erase{keys.leader()}});
  advance(100ms);
  ASSERT_EQ(one.told->losses.size(), 1u);
  EXPECT_TRUE(logged("ha: lost leadership lock id=cts-01 epoch=1 reason=the "
                     "lock was deleted"));
  tell(one.elector, tenure_over{1});
  advance(1s);
  ASSERT_EQ(one.told->promotions.size(), 2u);
  EXPECT_EQ(one.told->promotions[1].term.epoch, 2u);
}

TEST_F(Elector, WritesItsOverwrittenRecordAgain) { // 25
  auto& one = join_and_lead("cts-01");
  advance(7s);
  change({consul::txn::set{keys.leader(), "garbage"}});
  advance(6s);
  EXPECT_TRUE(one.told->losses.empty());
  auto record = ha::decode_leader(key(keys.leader())->value);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->id, "cts-01");
}

TEST_F(Elector, LosesTheLockWithItsSessionAndComesBack) { // 26
  auto& one = join_and_lead("cts-01");
  call(consul::destroy_session(one.told->promotions[0].term.session, ""));
  advance(6s);
  ASSERT_EQ(one.told->losses.size(), 1u);
  tell(one.elector, tenure_over{1});
  advance(1s);
  EXPECT_EQ(one.told->promotions.size(), 2u);
}

TEST_F(Elector, ResolvesAnElectionWhoseAnswerWasLost) { // 32
  tell(model, lose_answers{.node = "node of cts-01",
                           .matching = "PUT /v1/txn",
                           .count = 2,
                           .is_abrupt = true});
  auto& one = join("cts-01");
  advance(10s);
  ASSERT_EQ(one.told->promotions.size(), 1u);
  EXPECT_EQ(one.told->promotions[0].term.epoch, 1u);
}

TEST_F(Elector, EndsWithTheReasonIfTheTokenMayNotReadTheStore) { // 36, 37
  rights.read_keys = false;
  auto& one = join("cts-01");
  advance(10s);
  ASSERT_EQ(one.told->expulsions.size(), 1u);
  EXPECT_NE(one.told->expulsions[0].find("Permission denied"),
            std::string::npos)
    << one.told->expulsions[0];
  EXPECT_TRUE(one.told->promotions.empty());
}

TEST_F(Elector, EndsWithTheBoundsOfConsulIfTheTtlIsTooShort) {
  ha.session_ttl = 9s;
  auto& one = join("cts-01");
  advance(1s);
  ASSERT_EQ(one.told->expulsions.size(), 1u);
  EXPECT_NE(one.told->expulsions[0].find("between [10s=24h0m0s]"),
            std::string::npos)
    << one.told->expulsions[0];
}

TEST_F(Elector, EndsIfItsIdIsUsedOnAnotherHost) { // 39
  auto& first = join_and_lead("cts-01");
  advance(30s);
  auto& second = join("cts-01", "2", "another host");
  advance(12s);
  EXPECT_EQ(std::ranges::count(
              lines, "ha: instance id 'cts-01' is in use by another session, "
                     "waiting"),
            2);
  advance(60s);
  ASSERT_EQ(second.told->expulsions.size(), 1u);
  EXPECT_EQ(second.told->expulsions[0],
            "instance id 'cts-01' is already used by a running instance on "
            "host 'node of cts-01'");
  EXPECT_TRUE(first.told->losses.empty());
  EXPECT_TRUE(first.told->expulsions.empty());
}

TEST_F(Elector, TakesThePlaceOfItsDeadFormerProcess) { // 40
  auto& first = join_and_lead("cts-01");
  auto permit
    = ask_for<ha::run_permit>(1s, first.elector, request_permit{1, "web"});
  ASSERT_TRUE(permit);
  end(first);
  auto& second = join("cts-01", "2", "node of cts-01");
  advance(2s);
  EXPECT_EQ(second.told->promotions.size(), 1u);
  EXPECT_EQ(sweeps, 3);
  auto record = ha::decode_inflight(key(keys.inflight("web"))->value);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->state, ha::run_state::stopped);
  EXPECT_TRUE(record->killed);
}

TEST_F(Elector, GivesTheSessionBackWhenItLeaves) {
  auto& one = join_and_lead("cts-01");
  EXPECT_TRUE(ask_for<void>(1s, one.elector, step_down{.leave = true}));
  EXPECT_TRUE(ask_for<void>(1s, one.elector, leave_cluster{}));
  auto member = key(keys.instance("cts-01"));
  ASSERT_TRUE(member);
  EXPECT_TRUE(member->session.empty());
  advance(60s);
  EXPECT_EQ(one.told->promotions.size(), 1u);
  EXPECT_EQ(view(one).role, ha::role::stopped);
}

TEST_F(Elector, RestsAfterAStateThatCannotBeLoaded) {
  auto& one = join("cts-01");
  advance(1s);
  tell(one.elector, tenure_failed{1, "the disk is full"});
  advance(25s);
  EXPECT_EQ(one.told->promotions.size(), 1u);
  EXPECT_EQ(one.told->losses.size(), 1u);
  advance(10s);
  EXPECT_EQ(one.told->promotions.size(), 2u);
}

TEST_F(Elector, TellsTheClusterWithTheLeaderFirst) {
  ha.address = "cts.example.com";
  join("cts-01");
  auto& two = join("cts-02");
  join("cts-03");
  advance(8s);
  auto seen = ask_for<cluster_view>(3s, two.elector, get_cluster{});
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->cluster_name, "c");
  ASSERT_EQ(seen->members.size(), 3u);
  EXPECT_TRUE(seen->members[0].leader);
  EXPECT_EQ(seen->members[0].id, "cts-01");
  EXPECT_EQ(seen->members[1].id, "cts-02");
  for (const auto& each : seen->members) {
    EXPECT_TRUE(each.healthy) << each.id;
    EXPECT_EQ(each.service_name, "consul-terraform-sync");
    EXPECT_EQ(each.version, "1.2.3");
  }
}

} // namespace
} // namespace cts

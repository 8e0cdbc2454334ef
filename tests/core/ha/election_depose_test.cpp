#include "core/ha/election.hpp"
#include "tests/core/ha/machine_fixture.hpp"

#include <gtest/gtest.h>

// Taking the lock from a dead process: chapter high-availability, 4.5 D3.
namespace cts::ha::election {
namespace {

using namespace std::chrono_literals;

/// A follower of an instance `two`.
class Deposing : public test::machine_fixture<state, effect> {
protected:
  Deposing() {
    s.config = {.id = "one", .boot = "b1"};
    s.warm = true;
    on(joined{"s1"});
    see(held());
  }

  void see(const lock_view& view) {
    on(lock_seen{.from = source::read, .ticket = s.read, .view = view});
  }

  static lock_view held(const std::string& session = "s2",
                        const std::string& boot = "b2") {
    return {.modify_index = 9,
            .session = session,
            .leader = leader_identity{.id = "two", .epoch = 3},
            .boot = boot};
  }

  static lock_view vacant(const std::string& detector) {
    auto out = held("");
    out.detector = detector;
    return out;
  }
};

TEST_F(Deposing, HasTheHolderWatchedWhileItFollows) {
  ASSERT_TRUE(find<watch_holder>());
  ASSERT_TRUE(find<watch_holder>()->holder);
  EXPECT_EQ(find<watch_holder>()->holder->leader.id, "two");
  EXPECT_EQ(find<watch_holder>()->holder->session, "s2");
  EXPECT_EQ(find<watch_holder>()->holder->boot, "b2");
  now += 5s;
  on(timer_elapsed{});
  see(held());
  EXPECT_FALSE(find<watch_holder>());
  now += 5s;
  on(timer_elapsed{});
  see(vacant("release"));
  ASSERT_TRUE(find<watch_holder>());
  EXPECT_FALSE(find<watch_holder>()->holder);
}

TEST_F(Deposing, ReadsTheLockAgainBeforeItDestroysTheSession) {
  on(peer_died{"s2", "b2"});
  EXPECT_TRUE(find<read_lock>());
  EXPECT_FALSE(find<depose>());
  see(held());
  ASSERT_TRUE(find<depose>());
  EXPECT_EQ(find<depose>()->holder.session, "s2");
}

TEST_F(Deposing, LeavesAHolderAloneThatIsNotTheDeadOne) {
  on(peer_died{"s2", "b2"});
  see(held("s3"));
  EXPECT_FALSE(find<depose>());
  on(peer_died{"s3", "b2"});
  see(held("s3", "b3"));
  EXPECT_FALSE(find<depose>());
  on(peer_died{"s2", "b2"});
  EXPECT_TRUE(effects.empty());
}

TEST_F(Deposing, DoesNotActOnAReadThatWasAskedBefore) {
  now += 5s;
  on(timer_elapsed{});
  auto before = s.read;
  on(peer_died{"s2", "b2"});
  on(lock_seen{.from = source::read, .ticket = before, .view = held()});
  EXPECT_FALSE(find<depose>());
}

TEST_F(Deposing, DoesNotActOnAWatch) {
  on(peer_died{"s2", "b2"});
  on(lock_seen{
    .from = source::watch, .ticket = s.watch, .index = 9, .view = held()});
  EXPECT_FALSE(find<depose>());
}

TEST_F(Deposing, ReadsAgainSoonWhenTheLockCannotBeRead) {
  on(peer_died{"s2", "b2"});
  on(lock_unseen{.from = source::read, .ticket = s.read});
  now += 250ms;
  on(timer_elapsed{});
  EXPECT_TRUE(find<read_lock>());
  see(held());
  EXPECT_TRUE(find<depose>());
}

TEST_F(Deposing, DoesNotActOnAnOldSuspicion) {
  on(peer_died{"s2", "b2"});
  now += 11s;
  see(held());
  EXPECT_FALSE(find<depose>());
}

TEST_F(Deposing, TriesAgainIfTheSessionCouldNotBeDestroyed) {
  on(peer_died{"s2", "b2"});
  see(held());
  on(depose_failed{.session = "s2"});
  now += 250ms;
  on(timer_elapsed{});
  ASSERT_TRUE(find<read_lock>());
  see(held());
  EXPECT_TRUE(find<depose>());
}

TEST_F(Deposing, SaysWhatRightIsMissing) {
  on(peer_died{"s2", "b2"});
  see(held());
  on(depose_failed{.session = "s2", .denied = true});
  ASSERT_TRUE(find<report_trouble>());
  EXPECT_NE(find<report_trouble>()->message.find("session_prefix"),
            std::string::npos);
  see(held());
  EXPECT_FALSE(find<depose>());
}

TEST_F(Deposing, IsNamedAsTheDetectorOfTheFailover) {
  on(peer_died{"s2", "b2"});
  see(held());
  now += 5s;
  on(timer_elapsed{});
  see(vacant("session"));
  on(meta_read{s.attempt, {.index = 4, .epoch = 3, .min_reader = 1}});
  on(acquired{.attempt = s.attempt, .lock_index = 10});
  ASSERT_TRUE(find<promote>());
  EXPECT_EQ(find<promote>()->detector, "peer");
  EXPECT_FALSE(s.watched);
}

TEST_F(Deposing, LeavesTheNameToTheWitnessIfThatWasFaster) {
  on(peer_died{"s2", "b2"});
  see(held());
  see(vacant("witness"));
  EXPECT_NE(s.detector, "peer");
}

TEST_F(Deposing, WasNeedlessIfTheSameProcessLivesOn) {
  on(peer_died{"s2", "b2"});
  see(held());
  on(member_lives{"b2", "s2"}); // as before its session was destroyed
  EXPECT_FALSE(find<report_needless>());
  on(member_lives{"b3", "s9"}); // another process
  EXPECT_FALSE(find<report_needless>());
  on(member_lives{"b2", "s3"});
  ASSERT_TRUE(find<report_needless>());
  EXPECT_EQ(find<report_needless>()->id, "two");
  on(member_lives{"b2", "s3"});
  EXPECT_FALSE(find<report_needless>());
}

TEST_F(Deposing, IsNotForALeader) {
  see(vacant("release"));
  now += 5s;
  on(timer_elapsed{});
  see(vacant("release"));
  on(meta_read{s.attempt, {.index = 4, .epoch = 3, .min_reader = 1}});
  on(acquired{.attempt = s.attempt, .lock_index = 10});
  on(peer_died{"s2", "b2"});
  EXPECT_TRUE(effects.empty());
}

} // namespace
} // namespace cts::ha::election

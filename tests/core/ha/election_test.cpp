#include "core/ha/election.hpp"
#include "tests/core/ha/machine_fixture.hpp"

#include <gtest/gtest.h>

namespace cts::ha::election {
namespace {

using namespace std::chrono_literals;

/// An instance with a session, and what it does.
class Election : public test::machine_fixture<state, effect> {
protected:
  Election() {
    s.config = {.id = "one", .boot = "b1"};
    s.warm = true;
  }

  void see(const lock_view& view) {
    on(lock_seen{.from = source::read, .ticket = s.read, .view = view});
  }

  void join() {
    on(joined{"s1"});
    see({.modify_index = 5, .detector = "release"});
  }

  void lead() {
    join();
    on(meta_read{s.attempt, {.index = 4, .epoch = 1, .min_reader = 1}});
    on(acquired{.attempt = s.attempt, .lock_index = 10});
    on(tenure_ready{s.epoch});
  }

  lock_view ours() const {
    return {.modify_index = 10,
            .session = "s1",
            .leader = leader_identity{.id = "one", .epoch = s.epoch},
            .boot = "b1"};
  }
};

TEST_F(Election, RaisesTheHighestEpochEverSeen) {
  s.highest = 7;
  join();
  ASSERT_TRUE(find<read_meta>());
  on(meta_read{s.attempt, {.index = 4, .epoch = 2, .min_reader = 1}});
  ASSERT_TRUE(find<acquire>());
  EXPECT_EQ(find<acquire>()->epoch, 8u);
  // What was read may be old; only the success of the attempt proves it.
  EXPECT_FALSE(find<report_backwards>());
  on(acquired{.attempt = s.attempt});
  ASSERT_TRUE(find<report_backwards>());
  EXPECT_EQ(find<report_backwards>()->stored, 2u);
}

TEST_F(Election, TakesNoOldViewOfAWatchForALoss) {
  lead();
  on(lock_seen{.from = source::watch,
               .ticket = s.watch,
               .index = 9,
               .view = {.modify_index = 9}});
  EXPECT_EQ(s.role, role::leader);
  EXPECT_FALSE(find<revoke>());
  on(lock_seen{.from = source::watch,
               .ticket = s.watch,
               .index = 11,
               .view = {.modify_index = 11}});
  EXPECT_EQ(s.role, role::lost);
  EXPECT_TRUE(find<revoke>());
}

TEST_F(Election, ListensToNoReadThatWasAskedBeforeTheElection) {
  join();
  on(timer_elapsed{});
  now += 5s;
  on(timer_elapsed{});
  auto before = s.read;
  on(meta_read{s.attempt, {.index = 4, .min_reader = 1}});
  on(acquired{.attempt = s.attempt, .lock_index = 10});
  on(lock_seen{
    .from = source::read, .ticket = before, .view = {.modify_index = 5}});
  EXPECT_EQ(s.role, role::loading);
}

TEST_F(Election, IsSuspendedWhileItMayNotWrite) { // 36
  lead();
  on(write_denied{s.epoch + 1, "Permission denied"});
  EXPECT_EQ(s.role, role::leader);
  on(write_denied{s.epoch, "Permission denied"});
  EXPECT_EQ(s.role, role::suspended);
  ASSERT_TRUE(find<suspend>());
  EXPECT_EQ(find<suspend>()->denial, "Permission denied");
  EXPECT_FALSE(find<revoke>());
  on(write_denied{s.epoch, "Permission denied"});
  EXPECT_FALSE(find<suspend>());
  on(confirmed{}); // the session may still be renewed
  EXPECT_EQ(s.role, role::suspended);
  now += 5s;
  on(timer_elapsed{});
  ASSERT_TRUE(find<try_write>());
  auto first = find<try_write>()->trial;
  on(write_tried{.trial = first, .succeeded = false});
  now += 4999ms;
  on(timer_elapsed{});
  EXPECT_FALSE(find<try_write>());
  now += 1ms;
  on(timer_elapsed{});
  ASSERT_TRUE(find<try_write>());
  on(write_tried{.trial = first, .succeeded = true});
  EXPECT_EQ(s.role, role::suspended);
  on(write_tried{.trial = s.trial, .succeeded = true});
  EXPECT_EQ(s.role, role::leader);
  ASSERT_TRUE(find<resume>());
  EXPECT_EQ(find<resume>()->epoch, s.epoch);
}

TEST_F(Election, TriesNoWriteOnceTheLockIsLost) {
  lead();
  on(write_denied{s.epoch, "Permission denied"});
  see({.modify_index = 12});
  EXPECT_EQ(s.role, role::lost);
  now += 5s;
  on(timer_elapsed{});
  EXPECT_FALSE(find<try_write>());
  on(write_tried{.trial = s.trial, .succeeded = true});
  EXPECT_EQ(s.role, role::lost);
}

TEST_F(Election, IsNotDeniedAnythingInANewTerm) {
  lead();
  on(write_denied{s.epoch, "Permission denied"});
  on(step_down{});
  on(released{s.release});
  EXPECT_FALSE(s.denied);
  now += 5s;
  on(timer_elapsed{});
  EXPECT_FALSE(find<try_write>());
}

TEST_F(Election, ResolvesAnUnclearElectionByReading) {
  join();
  on(meta_read{s.attempt, {.index = 4, .min_reader = 1}});
  auto epoch = find<acquire>()->epoch;
  on(acquire_unclear{s.attempt});
  EXPECT_TRUE(find<read_lock>());
  auto view = ours();
  view.leader->epoch = epoch;
  see(view);
  ASSERT_TRUE(find<read_runs>());
  on(runs_read{s.attempt, {{.task = "web"}}});
  ASSERT_TRUE(find<promote>());
  EXPECT_EQ(find<promote>()->runs.size(), 1u);
  EXPECT_EQ(find<promote>()->term.epoch, epoch);
}

TEST_F(Election, FollowsIfAnUnclearElectionFailed) {
  join();
  on(meta_read{s.attempt, {.index = 4, .min_reader = 1}});
  on(acquire_unclear{s.attempt});
  see({.modify_index = 9,
       .session = "s2",
       .leader = leader_identity{.id = "two", .epoch = 1}});
  EXPECT_EQ(s.role, role::follower);
}

TEST_F(Election, GivesBackALockThatItHoldsWithoutKnowingWhy) {
  join();
  on(meta_read{s.attempt, {.index = 4, .min_reader = 1}});
  on(acquire_refused{.attempt = s.attempt});
  see(ours());
  EXPECT_TRUE(find<release_lock>());
}

TEST_F(Election, DoesNotCompeteForANewerSchema) {
  join();
  on(meta_read{s.attempt, {.index = 4, .schema = 2, .min_reader = 2}});
  ASSERT_TRUE(find<report_trouble>());
  EXPECT_EQ(find<report_trouble>()->message,
            "storage schema version 2 is newer than supported version 1");
  EXPECT_FALSE(find<acquire>());
  EXPECT_EQ(s.role, role::follower);
}

TEST_F(Election, LeadsNothingItDoesNotUnderstandUnlessTold) {
  join();
  on(meta_read{s.attempt, {.problem = "strange keys"}});
  EXPECT_FALSE(find<acquire>());
  EXPECT_EQ(s.role, role::follower);
  s.config.reset = true;
  now += 31s;
  see({.modify_index = 5});
  on(meta_read{s.attempt, {.problem = "strange keys"}});
  EXPECT_TRUE(find<acquire>());
}

TEST_F(Election, RestsNoLongerThanItsLastHolderAndTheOthersNeed) {
  s.others = true;
  s.rest_until = now + 10s;
  s.rest_for_others = true;
  s.epoch = 3;
  s.highest = 4;
  join();
  now += 1999ms;
  on(timer_elapsed{});
  EXPECT_FALSE(find<read_meta>());
  now += 1ms;
  on(timer_elapsed{});
  EXPECT_TRUE(find<read_meta>());
}

TEST_F(Election, RestsInFullIfItGaveTheLockBackItself) {
  s.others = true;
  s.rest_until = now + 10s;
  s.rest_for_others = true;
  s.epoch = 4;
  s.highest = 4;
  join();
  now += 9999ms;
  on(timer_elapsed{});
  EXPECT_FALSE(find<read_meta>());
  now += 1ms;
  on(timer_elapsed{});
  EXPECT_TRUE(find<read_meta>());
}

TEST_F(Election, DelaysItsStartTheLessIsReady) {
  struct {
    bool others, warm;
    std::size_t incompatible;
    bool reset;
    duration delay;
  } cases[] = {{false, false, 5, false, 0ms},   {true, true, 0, false, 0ms},
               {true, false, 0, false, 250ms},  {true, true, 1, false, 550ms},
               {true, false, 2, false, 600ms},  {true, true, 10, false, 1000ms},
               {true, true, 40, false, 1000ms}, {true, false, 40, true, 0ms}};
  for (const auto& each : cases) {
    s = {.config = {.id = "one", .boot = "b1", .reset = each.reset}};
    s.others = each.others;
    s.warm = each.warm;
    s.incompatible = each.incompatible;
    join();
    EXPECT_EQ(find<read_meta>() != nullptr, each.delay == 0ms);
    if (each.delay == 0ms)
      continue;
    now += each.delay - 1ms;
    on(timer_elapsed{});
    EXPECT_FALSE(find<read_meta>());
    now += 1ms;
    on(timer_elapsed{});
    EXPECT_TRUE(find<read_meta>());
  }
}

TEST_F(Election, DelaysNothingAnyMoreOnceItIsAlone) {
  s.others = true;
  s.incompatible = 3;
  join();
  EXPECT_FALSE(find<read_meta>());
  on(others_seen{false});
  EXPECT_TRUE(find<read_meta>());
}

TEST_F(Election, StopsToDelayWhenItHasBecomeReady) {
  s.others = true;
  s.warm = false;
  join();
  EXPECT_FALSE(find<read_meta>());
  on(readiness_changed{.warm = true});
  EXPECT_TRUE(find<read_meta>());
}

TEST_F(Election, IsSuspendedAfterAThirdOfTheLeaseWithoutProof) {
  lead();
  now += 9'999ms;
  on(timer_elapsed{});
  EXPECT_FALSE(find<suspend>());
  now += 1ms;
  on(timer_elapsed{});
  EXPECT_TRUE(find<suspend>());
  on(confirmed{});
  EXPECT_TRUE(find<resume>());
  EXPECT_EQ(s.role, role::leader);
}

TEST_F(Election, TellsTheLossOfAnEpochOnce) {
  lead();
  on(lock_refused{s.epoch});
  EXPECT_TRUE(find<revoke>());
  on(lock_refused{s.epoch});
  on(session_lost{"gone"});
  EXPECT_FALSE(find<revoke>());
  on(step_down{});
  EXPECT_FALSE(find<revoke>());
  EXPECT_TRUE(find<stepped_down>());
}

TEST_F(Election, TakesARefusalOfAnotherEpochForNoLoss) {
  lead();
  on(lock_refused{s.epoch - 1});
  EXPECT_EQ(s.role, role::leader);
}

TEST_F(Election, RepeatsAReleaseUntilItsOutcomeIsKnown) {
  lead();
  on(step_down{});
  for (auto i = 0; i < 3; ++i) {
    ASSERT_TRUE(find<release_lock>());
    on(release_failed{find<release_lock>()->release});
    EXPECT_FALSE(find<stepped_down>());
    now += 250ms;
    on(timer_elapsed{});
  }
  on(release_refused{find<release_lock>()->release});
  EXPECT_TRUE(find<stepped_down>());
}

TEST_F(Election, GivesTheLockBackIfToldWhileCompeting) {
  join();
  on(meta_read{s.attempt, {.index = 4, .min_reader = 1}});
  on(step_down{.leave = true});
  EXPECT_FALSE(find<stepped_down>());
  on(acquired{.attempt = s.attempt, .lock_index = 10});
  EXPECT_FALSE(find<promote>());
  ASSERT_TRUE(find<release_lock>());
  on(released{find<release_lock>()->release});
  EXPECT_TRUE(find<stepped_down>());
  now += 1min;
  see({.modify_index = 12});
  EXPECT_FALSE(find<read_meta>());
}

} // namespace
} // namespace cts::ha::election

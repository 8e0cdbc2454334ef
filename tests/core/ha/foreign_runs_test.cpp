#include "core/ha/foreign_runs.hpp"
#include "tests/core/ha/machine_fixture.hpp"

#include <gtest/gtest.h>

namespace cts::ha::foreign_runs {
namespace {

using namespace std::chrono_literals;

class ForeignRuns : public test::machine_fixture<state, effect> {
protected:
  ForeignRuns() {
    s.id = "one";
    s.boot = "b1";
  }

  static member_record owner(std::uint64_t seq, std::uint64_t index = 50) {
    return {.id = "two",
            .boot = "b2",
            .session = "s2",
            .seq = seq,
            .lease = 30s,
            .index = index};
  }

  static run_record left_over() {
    return {.task = "web",
            .owner = "two",
            .boot = "b2",
            .run = "r",
            .lease = 30s,
            .index = 20};
  }

  void begin(run_record x) {
    on(term_began{.epoch = 2, .runs = {std::move(x)}});
    read = find<read_member>() ? find<read_member>()->ticket : 0;
    auto kept = effects;
    on(term_ready{});
    effects.insert(effects.begin(), kept.begin(), kept.end());
  }

  bool is_free() const { return clearance_of(s, "web").has_value(); }

  std::uint64_t read = 0;
};

TEST_F(ForeignRuns, WaitFromTheFirstSightOfTheNewestExtension) {
  on(members_seen{{owner(4)}});
  now += 4s;
  begin(left_over());
  on(member_read{read, owner(4)});
  now += 26'799ms;
  on(timer_elapsed{});
  EXPECT_FALSE(find<read_member>());
  now += 1ms;
  on(timer_elapsed{});
  ASSERT_TRUE(find<read_member>());
  EXPECT_FALSE(is_free());
  on(member_read{find<read_member>()->ticket, owner(4)});
  ASSERT_TRUE(is_free());
  auto given = *clearance_of(s, "web");
  EXPECT_EQ(given.index, 20u);
  EXPECT_EQ(given.owner, "two");
  EXPECT_EQ(given.owner_index, 50u);
}

TEST_F(ForeignRuns, WaitAgainForAnExtensionThatTheLastReadShows) {
  begin(left_over());
  on(member_read{read, owner(4)});
  now += 31s;
  on(timer_elapsed{});
  on(member_read{find<read_member>()->ticket, owner(5)});
  EXPECT_FALSE(is_free());
  now += 30s;
  on(timer_elapsed{});
  EXPECT_FALSE(find<read_member>());
}

TEST_F(ForeignRuns, AreNotOverWhileTheRecordCannotBeRead) {
  begin(left_over());
  for (auto i = 0; i < 60; ++i) {
    on(member_unreadable{s.ticket});
    now += 1s;
    on(timer_elapsed{});
  }
  EXPECT_FALSE(is_free());
}

TEST_F(ForeignRuns, CountFromTheAnswerIfTheOwnerWasNeverSeen) {
  begin(left_over());
  on(member_read{read, std::nullopt});
  now += 30'799ms;
  on(timer_elapsed{});
  EXPECT_FALSE(find<read_member>());
  now += 1ms;
  on(timer_elapsed{});
  ASSERT_TRUE(find<read_member>());
  on(member_read{find<read_member>()->ticket, std::nullopt});
  ASSERT_TRUE(is_free());
  EXPECT_EQ(clearance_of(s, "web")->owner, "two");
  EXPECT_EQ(clearance_of(s, "web")->owner_index, 0u);
}

TEST_F(ForeignRuns, AreNotGuardedIfAnotherProcessHasTheRecord) {
  begin(left_over());
  auto other = owner(1);
  other.boot = "b3";
  on(member_read{read, other});
  now += 31s;
  on(timer_elapsed{});
  on(member_read{find<read_member>()->ticket, other});
  ASSERT_TRUE(is_free());
  EXPECT_TRUE(clearance_of(s, "web")->owner.empty());
}

TEST_F(ForeignRuns, AreSettledWhenTheyHaveStopped) {
  auto stopped = left_over();
  stopped.stopped = true;
  stopped.killed = true;
  stopped.who = "cts@two";
  begin(stopped);
  ASSERT_TRUE(find<settle>());
  on(turn_awaited{"web"});
  EXPECT_TRUE(find<report_wait>());
  on(settled{.task = "web", .epoch = 2});
  EXPECT_TRUE(find<give_turn>());
  ASSERT_TRUE(is_free());
  EXPECT_EQ(clearance_of(s, "web")->index, 0u);
  ASSERT_TRUE(clearance_of(s, "web")->former);
  EXPECT_EQ(clearance_of(s, "web")->former->who, "cts@two");
}

TEST_F(ForeignRuns, AreSettledAgainAfterAFailure) {
  auto stopped = left_over();
  stopped.stopped = true;
  begin(stopped);
  on(settled{.task = "web", .epoch = 2, .succeeded = false});
  EXPECT_FALSE(is_free());
  now += 2s;
  on(timer_elapsed{});
  EXPECT_TRUE(find<settle>());
}

// Once-mode.
TEST_F(ForeignRuns, AreReplacedAsTheyAreIfNobodyKeepsTheirResults) {
  s.keeps_results = false;
  auto stopped = left_over();
  stopped.stopped = true;
  stopped.killed = true;
  stopped.who = "cts@two";
  begin(stopped);
  EXPECT_FALSE(find<settle>());
  on(turn_awaited{"web"});
  EXPECT_TRUE(find<give_turn>());
  auto allowed = clearance_of(s, "web");
  ASSERT_TRUE(allowed);
  EXPECT_EQ(allowed->index, 20u);
  EXPECT_TRUE(allowed->owner.empty());
  ASSERT_TRUE(allowed->former);
  EXPECT_EQ(allowed->former->who, "cts@two");
}

TEST_F(ForeignRuns, EndTheirWaitIfNobodyKeepsTheirResults) {
  s.keeps_results = false;
  begin(left_over());
  on(member_read{read, owner(4)});
  on(turn_awaited{"web"});
  EXPECT_FALSE(find<give_turn>());
  auto stopped = left_over();
  stopped.stopped = true;
  stopped.index = 21;
  on(runs_seen{.watch = s.watch, .index = 21, .runs = {stopped}});
  EXPECT_TRUE(find<give_turn>());
  EXPECT_EQ(clearance_of(s, "web")->index, 21u);
  EXPECT_FALSE(clearance_of(s, "web")->former);
}

TEST_F(ForeignRuns, EndTheirWaitWhenTheirOwnerAcknowledges) {
  begin(left_over());
  on(member_read{read, owner(4)});
  auto stopped = left_over();
  stopped.stopped = true;
  stopped.index = 21;
  on(runs_seen{.watch = s.watch, .index = 21, .runs = {stopped}});
  ASSERT_TRUE(find<settle>());
  EXPECT_EQ(find<settle>()->record.index, 21u);
}

TEST_F(ForeignRuns, AreNotOverBecauseTheirRecordIsGone) {
  begin(left_over());
  on(member_read{read, owner(4)});
  on(runs_seen{.watch = s.watch, .index = 21, .runs = {}});
  EXPECT_FALSE(is_free());
}

TEST_F(ForeignRuns, OfOurOwnProcessAreOver) {
  auto own = left_over();
  own.owner = "one";
  own.boot = "b1";
  begin(own);
  ASSERT_TRUE(is_free());
  EXPECT_EQ(clearance_of(s, "web")->index, 20u);
}

TEST_F(ForeignRuns, HoldUpOtherTasksInExclusiveModeOnly) {
  begin(left_over());
  EXPECT_TRUE(clearance_of(s, "db"));
  s.exclusive = true;
  EXPECT_FALSE(clearance_of(s, "db"));
}

TEST_F(ForeignRuns, RefuseTheTurnWhenTheTermIsOver) {
  begin(left_over());
  on(turn_awaited{"web"});
  on(term_over{});
  EXPECT_TRUE(find<refuse_turn>());
  on(turn_awaited{"web"});
  EXPECT_TRUE(find<refuse_turn>());
}

TEST_F(ForeignRuns, AreProvedOnceMoreAfterARefusedIntent) {
  begin(left_over());
  on(member_read{read, owner(4)});
  now += 31s;
  on(timer_elapsed{});
  on(member_read{find<read_member>()->ticket, owner(4)});
  ASSERT_TRUE(is_free());
  on(doubted{.task = "web"});
  EXPECT_FALSE(is_free());
  ASSERT_TRUE(find<read_member>());
  on(member_read{find<read_member>()->ticket, owner(4, 51)});
  ASSERT_TRUE(is_free());
  EXPECT_EQ(clearance_of(s, "web")->owner_index, 51u);
}

/// R4 with the owner's clock too slow and ours too fast, or the other way.
TEST(Leases, AreOverForTheirOwnerBeforeTheyAreForOthers) {
  for (auto lease = 20s; lease <= 60s; lease += 1s) {
    auto owner = static_cast<double>(owner_lease(lease).count()) / 0.991;
    auto other = static_cast<double>(observer_lease(lease).count()) / 1.009;
    EXPECT_LT(owner, other) << lease.count();
  }
}

} // namespace
} // namespace cts::ha::foreign_runs

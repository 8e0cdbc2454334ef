#include "core/ha/lease.hpp"
#include "tests/core/ha/machine_fixture.hpp"

#include <gtest/gtest.h>

namespace cts::ha::lease {
namespace {

using namespace std::chrono_literals;

/// A leader in epoch 3, and what it does.
class Lease : public test::machine_fixture<state, effect> {
protected:
  Lease() {
    on(term_began{3});
    on(granting_changed{true});
  }

  std::uint64_t ask(const task_name& task) {
    on(permit_requested{.task = task, .run = "run of " + task});
    const auto* sent = find<send_intent>();
    return sent ? sent->ticket : 0;
  }

  run_permit start(const task_name& task) {
    on(intent_committed{ask(task), 7});
    const auto* given = find<grant>();
    return given ? given->permit : run_permit{};
  }
};

TEST_F(Lease, CountsFromTheSendingOfTheIntent) {
  auto sent = now;
  auto ticket = ask("web");
  now += 3s;
  on(intent_committed{ticket, 7});
  ASSERT_TRUE(find<extend_processes>());
  EXPECT_EQ(find<extend_processes>()->deadline, sent + 29'200ms);
  ASSERT_TRUE(find<grant>());
  EXPECT_EQ(find<grant>()->permit.index, 7u);
}

TEST_F(Lease, CountsFromTheSendingOfTheExtension) {
  start("web");
  now += 5s;
  on(timer_elapsed{});
  const auto* sent = find<send_extension>();
  ASSERT_TRUE(sent);
  auto at = now;
  auto extension = sent->extension;
  now += 2s;
  on(extended{extension});
  EXPECT_EQ(find<extend_processes>()->deadline, at + 29'200ms);
}

TEST_F(Lease, ReportsADeniedIntent) {
  on(intent_refused{ask("web"), refusal::denied, "Permission denied"});
  ASSERT_TRUE(find<deny>());
  EXPECT_EQ(find<deny>()->reason.code, errc::refused);
  ASSERT_TRUE(find<report_refusal>());
  EXPECT_EQ(*find<report_refusal>(),
            (report_refusal{refusal::denied, 3, "Permission denied"}));
}

TEST_F(Lease, ReportsADeniedExtensionAndAsksAgain) {
  start("web");
  now += 5s;
  on(timer_elapsed{});
  auto extension = find<send_extension>()->extension;
  on(extension_refused{extension, refusal::denied, "Permission denied"});
  ASSERT_TRUE(find<report_refusal>());
  EXPECT_EQ(find<report_refusal>()->why, refusal::denied);
  now += 1s;
  on(timer_elapsed{});
  EXPECT_TRUE(find<send_extension>());
}

TEST_F(Lease, DoesNotCountAnAnswerAfterTheFormerDeadline) {
  start("web");
  now += 5s;
  on(timer_elapsed{});
  auto extension = find<send_extension>()->extension;
  now += 25s;
  on(extended{extension});
  EXPECT_FALSE(find<extend_processes>());
  // And nothing brings it back.
  now += 5s;
  on(timer_elapsed{});
  EXPECT_FALSE(find<send_extension>());
  on(permit_requested{.task = "db", .run = "r"});
  EXPECT_TRUE(find<deny>());
}

TEST_F(Lease, StartsNothingWithLessThanTwoSecondsLeft) {
  auto ticket = ask("web");
  now += 27'300ms;
  on(intent_committed{ticket, 7});
  EXPECT_FALSE(find<grant>());
  EXPECT_TRUE(find<deny>());
  EXPECT_TRUE(find<acknowledge>());
}

TEST_F(Lease, StartsWithTwoSecondsLeft) {
  auto ticket = ask("web");
  now += 27'200ms;
  on(intent_committed{ticket, 7});
  EXPECT_TRUE(find<grant>());
}

TEST_F(Lease, ExtendsNothingAfterTheLoss) {
  start("web");
  on(lock_lost{});
  EXPECT_TRUE(find<revoke_processes>());
  for (auto i = 0; i < 10; ++i) {
    now += 1s;
    on(timer_elapsed{});
    EXPECT_FALSE(find<send_extension>());
  }
  on(clock_jumped{});
  EXPECT_FALSE(find<send_extension>());
}

TEST_F(Lease, DoesNotCountAnExtensionThatWasUnderWayAtTheLoss) {
  start("web");
  now += 5s;
  on(timer_elapsed{});
  auto extension = find<send_extension>()->extension;
  on(lock_lost{});
  on(extended{extension});
  EXPECT_FALSE(find<extend_processes>());
}

TEST_F(Lease, GoesOnWithExtensionsAfterARelease) {
  start("web");
  on(lock_released{});
  now += 5s;
  on(timer_elapsed{});
  EXPECT_TRUE(find<send_extension>());
  on(permit_requested{.task = "db", .run = "r"});
  EXPECT_TRUE(find<deny>());
}

TEST_F(Lease, AcknowledgesAnIntentThatCameThroughAfterTheLoss) {
  auto ticket = ask("web");
  on(lock_lost{});
  EXPECT_TRUE(find<deny>());
  on(intent_committed{ticket, 7});
  EXPECT_FALSE(find<grant>());
  EXPECT_FALSE(find<extend_processes>());
  ASSERT_TRUE(find<acknowledge>());
  EXPECT_EQ(find<acknowledge>()->index, 7u);
}

TEST_F(Lease, ReadsTheRecordOfAnUnclearIntent) {
  on(intent_unclear{ask("web")});
  ASSERT_TRUE(find<read_run>());
  auto ticket = find<read_run>()->ticket;
  on(run_read{ticket,
              run_record{.task = "web", .run = "run of web", .index = 9}});
  ASSERT_TRUE(find<grant>());
  EXPECT_EQ(find<grant>()->permit.index, 9u);
}

TEST_F(Lease, DoesNotStartOnTheRecordOfAnotherRun) {
  on(intent_unclear{ask("web")});
  on(run_read{find<read_run>()->ticket, run_record{.run = "another"}});
  EXPECT_FALSE(find<grant>());
  EXPECT_TRUE(find<deny>());
  EXPECT_TRUE(find<doubt>());
}

TEST_F(Lease, AcknowledgesUntilThatHasSucceeded) {
  auto permit = start("web");
  on(lock_lost{});
  on(run_closed{permit, task_event{.id = "e"}});
  for (auto i = 0; i < 5; ++i) {
    ASSERT_TRUE(find<acknowledge>());
    on(acknowledge_failed{find<acknowledge>()->ticket});
    EXPECT_FALSE(find<all_closed>());
    now += 1s;
    on(timer_elapsed{});
  }
  on(acknowledged{find<acknowledge>()->ticket});
  EXPECT_TRUE(find<all_closed>());
}

TEST_F(Lease, GivesEachExtensionANumberOfItsOwn) {
  ask("web");
  auto first = find<send_intent>()->seq;
  ask("db");
  EXPECT_GT(find<send_intent>()->seq, first);
}

} // namespace
} // namespace cts::ha::lease

#include "core/ha/membership.hpp"
#include "tests/core/ha/machine_fixture.hpp"

#include <gtest/gtest.h>

namespace cts::ha::membership {
namespace {

using namespace std::chrono_literals;

class Membership : public test::machine_fixture<state, effect> {
protected:
  Membership() {
    s.config = {.id = "one", .boot = "b2", .host = "h", .host_boot_id = "k"};
  }

  void join() {
    on(started{});
    on(session_created{s.ticket, "s1"});
    on(record_read{.ticket = s.ticket});
    on(done{s.ticket});
  }

  static holder former() {
    return {.boot = "b1",
            .session = "s0",
            .host = "h",
            .host_boot_id = "k",
            .pid = 7,
            .pid_start = 9,
            .index = 5};
  }
};

TEST_F(Membership, BeginsWithASessionAndTheRecord) {
  on(started{});
  ASSERT_TRUE(find<create_session>());
  on(session_created{s.ticket, "s1"});
  ASSERT_TRUE(find<read_record>());
  on(record_read{.ticket = s.ticket});
  ASSERT_TRUE(find<claim_record>());
  on(done{s.ticket});
  ASSERT_TRUE(find<joined>());
  EXPECT_EQ(find<joined>()->session, "s1");
}

TEST_F(Membership, WaitsTwoSecondsForItsCheckAndDoesWithout) {
  on(started{.process_check = true});
  auto asked = 0;
  auto begin = now;
  while (find<create_session>() && find<create_session>()->process_check) {
    ++asked;
    on(session_refused{.ticket = s.ticket, .check = true});
    if (find<create_session>())
      break;
    now += 200ms;
    on(timer_elapsed{});
  }
  EXPECT_EQ(asked, 11);
  EXPECT_EQ(now - begin, 2s);
  EXPECT_TRUE(find<report_without_check>());
  ASSERT_TRUE(find<create_session>());
  EXPECT_FALSE(find<create_session>()->process_check);
}

TEST_F(Membership, RenewsEveryFiveSecondsFromTheSending) {
  join();
  auto begin = now;
  now += 5s;
  on(timer_elapsed{});
  ASSERT_TRUE(find<renew_session>());
  EXPECT_EQ(find<renew_session>()->timeout, 2500ms);
  now += 1s;
  on(renewed{s.renewal});
  EXPECT_TRUE(find<confirmed>());
  EXPECT_EQ(s.renew_due, begin + 10s);
}

TEST_F(Membership, RenewsAgainAfterGrowingPauses) {
  join();
  now += 5s;
  on(timer_elapsed{});
  for (auto pause : {250ms, 500ms, 1000ms, 1000ms}) {
    on(renew_failed{.renewal = s.renewal});
    EXPECT_EQ(s.renew_due, now + pause);
    now += pause;
    on(timer_elapsed{});
    EXPECT_TRUE(find<renew_session>());
  }
}

TEST_F(Membership, EndsWithItsSessionAndBeginsAgainWhenAllIsOver) {
  join();
  now += 5s;
  on(timer_elapsed{});
  on(renew_failed{.renewal = s.renewal, .vanished = true});
  EXPECT_TRUE(find<session_lost>());
  now += 1min;
  on(timer_elapsed{});
  EXPECT_FALSE(find<create_session>());
  on(rejoin{});
  EXPECT_TRUE(find<create_session>());
}

TEST_F(Membership, ProvesItsFormerProcessDeadBeforeItTakesItsPlace) {
  on(started{});
  on(session_created{s.ticket, "s1"});
  on(record_read{s.ticket, former()});
  ASSERT_TRUE(find<look_for_process>());
  EXPECT_EQ(find<look_for_process>()->pid, 7);
  on(process_looked_up{s.ticket, false});
  ASSERT_TRUE(find<sweep_host>());
  on(done{s.ticket});
  ASSERT_TRUE(find<settle_former>());
  EXPECT_EQ(find<settle_former>()->boot, "b1");
  on(done{s.ticket});
  ASSERT_TRUE(find<destroy_session>());
  EXPECT_EQ(find<destroy_session>()->session, "s0");
  on(done{s.ticket});
  EXPECT_TRUE(find<claim_record>());
}

TEST_F(Membership, LeavesALivingProcessAlone) {
  on(started{});
  on(session_created{s.ticket, "s1"});
  on(record_read{s.ticket, former()});
  on(process_looked_up{s.ticket, true});
  EXPECT_FALSE(find<destroy_session>());
  EXPECT_TRUE(find<report_waiting>());
}

TEST_F(Membership, ProvesNothingAboutAnotherMachine) {
  for (auto field : {&holder::host, &holder::host_boot_id}) {
    s = {.config = s.config};
    on(started{});
    on(session_created{s.ticket, "s1"});
    auto other = former();
    other.*field = "x";
    on(record_read{s.ticket, other});
    EXPECT_FALSE(find<look_for_process>());
    EXPECT_TRUE(find<report_waiting>());
  }
}

TEST_F(Membership, EndsIfTheOtherProcessGoesOn) {
  on(started{});
  on(session_created{s.ticket, "s1"});
  auto other = former();
  other.host = "h2";
  auto begin = now;
  auto said = 0;
  for (; !find<expel>() && now - begin < 2min; now += 1s) {
    on(timer_elapsed{});
    if (now - begin == 20s)
      ++other.seq;
    on(record_read{s.ticket, other});
    said += find<report_waiting>() ? 1 : 0;
  }
  ASSERT_TRUE(find<expel>());
  EXPECT_EQ(find<expel>()->message,
            "instance id 'one' is already used by a running instance on host "
            "'h2'");
  EXPECT_EQ(now - begin, 41s);
  EXPECT_EQ(said, 4);
}

TEST_F(Membership, WaitsForTheSessionOfAProcessThatDoesNothing) {
  on(started{});
  on(session_created{s.ticket, "s1"});
  auto other = former();
  other.host = "h2";
  for (auto i = 0; i < 120; ++i, now += 1s) {
    on(timer_elapsed{});
    on(record_read{s.ticket, other});
    ASSERT_FALSE(find<expel>());
  }
  other.session.clear();
  on(timer_elapsed{});
  on(record_read{s.ticket, other});
  EXPECT_TRUE(find<claim_record>());
}

TEST_F(Membership, EndsIfAnotherProcessTakesItsRecord) {
  join();
  on(record_seen{.boot = "b3", .session = "s3", .host = "h3"});
  EXPECT_TRUE(find<expel>());
}

TEST_F(Membership, GivesBackASessionOfItsOwnThatItHadGivenUp) {
  on(started{});
  on(session_created{s.ticket, "s1"});
  on(record_read{s.ticket, holder{.boot = "b2", .session = "s0"}});
  ASSERT_TRUE(find<destroy_session>());
  on(done{s.ticket});
  EXPECT_TRUE(find<claim_record>());
}

} // namespace
} // namespace cts::ha::membership

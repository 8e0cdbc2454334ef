#include "tests/core/ha/worded_witness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace cts::ha::witness {
namespace {

using namespace std::chrono_literals;

bequeathed acknowledge(const task_name& task) {
  return {{.name = "inflight/" + task,
           .purpose = purpose::acknowledge,
           .task = task,
           .request = {.method = "PUT", .path = "/a"}}};
}

bequeathed farewell(const std::string& name) {
  return {{.name = name,
           .purpose = purpose::farewell,
           .request = {.method = "PUT", .path = "/f"}}};
}

/// Beside a leader with a lease of half a minute and a process of task `a`,
/// whose elector was heard at `t0`.
guard beside_a_leader() {
  auto x = guard{};
  x.on(lease_extended{t0 + 30s}, t0);
  x.on(farewell("session"), t0);
  x.on(release(), t0);
  x.on(acknowledge("a"), t0);
  x.on(process_started{1, "a"}, t0);
  return x;
}

TEST(Witness, SendsNothingWhileTheWorkerLivesAndBeats) {
  auto x = guard{};
  EXPECT_EQ(x.on(farewell("session"), t0), words{});
  EXPECT_EQ(x.on(release(), t0), words{});
  EXPECT_EQ(x.on(acknowledge("a"), t0), words{});
  EXPECT_EQ(x.alarm(), "5000");
  EXPECT_EQ(x.on(worker_beat{}, t0 + 4s), words{});
  EXPECT_EQ(x.wake(), words{});
  EXPECT_EQ(x.alarm(), "9000");
}

TEST(Witness, GivesTheLockBackFirstAndWaitsForNoProcess) {
  auto x = beside_a_leader();
  x.on(acknowledge("b"), t0);
  EXPECT_EQ(x.on(worker_died{}, t0 + 1s),
            (words{"dead 1", "stop 11000", "send release /r"}));
  EXPECT_EQ(x.on(answered{"release"}, t0 + 1s), (words{"send inflight/b /a"}));
}

TEST(Witness, AcknowledgesARunOnceNoProcessOfItsTaskIsLeft) {
  auto x = beside_a_leader();
  x.on(process_started{2, "a"}, t0);
  x.on(process_started{3, "b"}, t0);
  x.on(worker_died{}, t0);
  x.on(answered{"release"}, t0);
  EXPECT_EQ(x.on(process_ended{1}, t0 + 1s), words{});
  EXPECT_EQ(x.on(process_ended{2}, t0 + 2s), words{"send inflight/a /a"});
}

TEST(Witness, GivesTheSessionBackAfterAllElse) {
  auto x = beside_a_leader();
  x.on(farewell("service"), t0);
  x.on(worker_died{}, t0);
  x.on(answered{"release"}, t0);
  x.on(process_ended{1}, t0);
  EXPECT_EQ(x.on(answered{"inflight/a"}, t0),
            (words{"send service /f", "send session /f"}));
  EXPECT_EQ(x.on(answered{"service"}, t0), words{});
  EXPECT_EQ(x.on(answered{"session"}, t0), words{"leave"});
}

TEST(Witness, RepeatsRequestsLessAndLessOften) {
  auto x = beside_a_leader();
  x.on(worker_died{}, t0);
  auto now = t0;
  for (auto pause : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    x.on(unanswered{"release"}, now);
    EXPECT_EQ(x.alarm(), milliseconds_after(now + pause));
    EXPECT_EQ(x.on(timer_elapsed{}, now + pause - 1ms), words{});
    now += pause;
    EXPECT_EQ(x.wake(), words{"send release /r"});
  }
}

TEST(Witness, RepeatsRequestsUntilHalfAMinuteAfterTheLease) {
  auto x = beside_a_leader();
  x.on(worker_died{}, t0);
  x.on(process_ended{1}, t0);
  x.on(unanswered{"release"}, t0 + 59s);
  x.on(timer_elapsed{}, t0 + 59'900ms);
  // It is under way when the time is over.
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 60s),
            (words{"unsent inflight/a", "unsent session"}));
  EXPECT_EQ(x.on(unanswered{"release"}, t0 + 61s),
            (words{"unsent release", "leave"}));
}

TEST(Witness, RepeatsRequestsForHalfAMinuteWithoutALease) {
  auto x = guard{};
  x.on(farewell("session"), t0);
  EXPECT_EQ(x.on(worker_died{}, t0),
            (words{"dead 0", "stop 10000", "send session /f"}));
  EXPECT_EQ(x.on(unanswered{"session"}, t0 + 29'950ms), words{});
  EXPECT_EQ(x.alarm(), "30000");
  EXPECT_EQ(x.wake(), (words{"unsent session", "leave"}));
}

TEST(Witness, KillsNoLaterThanTheLeaseIsOver) {
  auto x = beside_a_leader();
  EXPECT_EQ(x.on(worker_died{}, t0 + 25s)[1], "stop 30000");
}

TEST(Witness, StaysUntilTheLastProcessHasEnded) {
  auto x = guard{};
  x.on(process_started{1, {}}, t0);
  EXPECT_EQ(x.on(worker_died{}, t0), (words{"dead 1", "stop 10000"}));
  EXPECT_EQ(x.on(process_ended{1}, t0 + 1h), words{"leave"});
}

TEST(Witness, OnlyWaitsForProcessesOfAWorkerThatHasTakenLeave) {
  auto x = beside_a_leader();
  EXPECT_EQ(x.on(worker_left{}, t0), words{});
  EXPECT_EQ(x.alarm(), "");
  EXPECT_EQ(x.on(worker_died{}, t0), words{});
  EXPECT_EQ(x.on(process_ended{1}, t0 + 1s), words{"leave"});
  EXPECT_EQ(x.state().phase, phase::over);
}

TEST(Witness, TakesASilentLeadersPlace) {
  auto x = beside_a_leader();
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 5s),
            (words{"stall 5000", "stop 15000", "send release /r"}));
  x.on(answered{"release"}, t0 + 5s);
  EXPECT_EQ(x.on(process_ended{1}, t0 + 6s), words{"send inflight/a /a"});
  // The worker may still want its session.
  EXPECT_EQ(x.on(answered{"inflight/a"}, t0 + 6s), words{});
  EXPECT_EQ(x.on(worker_died{}, t0 + 7s), (words{"dead 0", "send session /f"}));
}

TEST(Witness, LetsAFollowerBeSilent) {
  auto x = guard{};
  EXPECT_EQ(x.on(farewell("session"), t0), words{});
  EXPECT_EQ(x.on(acknowledge("a"), t0), words{});
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 1h), words{});
  EXPECT_EQ(x.alarm(), "");
  x.on(release(), t0);
  EXPECT_EQ(x.alarm(), "5000");
  x.on(withdrawn{"release"}, t0);
  EXPECT_EQ(x.alarm(), "");
}

TEST(Witness, GivesTheWorkerItsWholeTimeAfterItStoodStillItself) {
  auto x = beside_a_leader();
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 6s + 1ms), words{});
  EXPECT_EQ(x.alarm(), "11001");
  EXPECT_EQ(x.wake()[0], "stall 5000");
}

TEST(Witness, TakesAnAlarmThatIsALittleLateForReal) {
  auto x = beside_a_leader();
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 6s)[0], "stall 6000");
}

TEST(Witness, WatchesAWorkerThatWakesUp) {
  auto x = beside_a_leader();
  x.on(timer_elapsed{}, t0 + 5s);
  x.on(answered{"release"}, t0 + 5s);
  x.wake();
  EXPECT_EQ(x.on(worker_beat{}, t0 + 60s), words{});
  EXPECT_EQ(x.state().phase, phase::watching);
  // It has to withdraw what is done; nothing is done twice.
  EXPECT_EQ(x.on(process_ended{1}, t0 + 61s), words{});
  EXPECT_EQ(x.alarm(), "65000");
  EXPECT_EQ(x.wake(),
            (words{"stall 5000", "stop 30000", "send inflight/a /a"}));
}

TEST(Witness, StopsProcessesOnceForEachTimeThatTheWorkerIsGone) {
  auto x = beside_a_leader();
  x.on(timer_elapsed{}, t0 + 5s);
  EXPECT_EQ(x.on(worker_died{}, t0 + 6s), (words{"dead 1"}));
}

TEST(Witness, TriesAgainWhatWasGivenUpWhenTheWorkerWasSilent) {
  auto x = beside_a_leader();
  x.on(timer_elapsed{}, t0 + 5s);
  x.on(unanswered{"release"}, t0 + 60s);
  EXPECT_EQ(x.state().will.at("release").unsent, true);
  EXPECT_EQ(x.on(worker_died{}, t0 + 70s),
            (words{"dead 1", "send release /r"}));
}

TEST(Witness, IsAsQuickAsEverAfterTheWorkerWokeUp) {
  auto x = beside_a_leader();
  x.on(timer_elapsed{}, t0 + 5s);
  x.on(unanswered{"release"}, t0 + 5s);
  x.wake();
  x.on(unanswered{"release"}, t0 + 6s);
  x.on(worker_beat{}, t0 + 6s);
  EXPECT_EQ(x.on(worker_died{}, t0 + 6s),
            (words{"dead 1", "stop 16000", "send release /r"}));
  x.on(unanswered{"release"}, t0 + 6s);
  EXPECT_EQ(x.alarm(), "6100");
}

TEST(Witness, PutsANewRequestInThePlaceOfTheOneWithItsName) {
  auto x = beside_a_leader();
  x.on(release("/new"), t0);
  EXPECT_EQ(x.on(worker_died{}, t0)[2], "send release /new");
}

TEST(Witness, TakesNoAnswerForThatToAnotherRequest) {
  auto x = beside_a_leader();
  x.on(timer_elapsed{}, t0 + 5s);
  x.on(release("/new"), t0 + 6s);
  EXPECT_EQ(x.on(worker_died{}, t0 + 7s), (words{"dead 1", "stop 17000"}));
  EXPECT_EQ(x.on(answered{"release"}, t0 + 8s), words{"send release /new"});
}

TEST(Witness, ForgetsWhatIsWithdrawn) {
  auto x = beside_a_leader();
  x.on(withdrawn{"inflight/a"}, t0);
  x.on(withdrawn{"nothing"}, t0);
  x.on(worker_died{}, t0);
  x.on(process_ended{1}, t0);
  EXPECT_EQ(x.on(answered{"release"}, t0), words{"send session /f"});
}

TEST(Witness, CountsAWillAsASignOfLife) {
  auto x = beside_a_leader();
  x.on(acknowledge("b"), t0 + 2s);
  EXPECT_EQ(x.wake(), words{});
  EXPECT_EQ(x.alarm(), "7000");
  x.on(withdrawn{"inflight/b"}, t0 + 6s);
  EXPECT_EQ(x.wake(), words{});
  EXPECT_EQ(x.alarm(), "11000");
}

TEST(Witness, DoesNotCountALeaseAsASignOfTheElectorsLife) {
  auto x = beside_a_leader();
  x.on(lease_extended{t0 + 34s}, t0 + 4s);
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 5s)[0], "stall 5000");
}

TEST(Witness, RefusesMoreRequestsThanItCanKeep) {
  auto s = state{};
  for (auto i = std::size_t{0}; i < requests_max; ++i)
    s.will[std::to_string(i)];
  auto [next, effects] = step(std::move(s), farewell("session"), t0);
  EXPECT_EQ(next.will.size(), requests_max);
  ASSERT_FALSE(effects.empty());
  EXPECT_EQ(std::get<report_unsent>(effects[0]).name, "session");
  next = step(std::move(next), farewell("7"), t0).state;
  EXPECT_EQ(next.will.at("7").what.request.path, "/f");
}

TEST(Witness, KeepsFewRequestsUnderWay) {
  auto x = guard{};
  for (auto i = std::size_t{0}; i < sending_max + 1; ++i)
    x.on(acknowledge(std::to_string(i)), t0);
  auto sent = x.on(worker_died{}, t0);
  EXPECT_EQ(std::ranges::count(sent, "send inflight/0 /a"), 1);
  auto is_send = [](const auto& each) { return each.starts_with("send"); };
  EXPECT_EQ(std::ranges::count_if(sent, is_send), 16);
  EXPECT_EQ(x.on(answered{"inflight/0"}, t0).size(), 1U);
}

TEST(Witness, LetsNoRunStartAgainWhoseEndWasAcknowledged) {
  auto x = beside_a_leader();
  EXPECT_TRUE(may_start(x.state(), "a"));
  x.on(timer_elapsed{}, t0 + 5s);
  EXPECT_FALSE(may_start(x.state(), "a"));
  x.on(answered{"release"}, t0 + 5s);
  x.on(process_ended{1}, t0 + 5s);
  x.on(worker_beat{}, t0 + 8s);
  x.on(lease_extended{t0 + 38s}, t0 + 8s);
  EXPECT_FALSE(may_start(x.state(), "a"));
  EXPECT_TRUE(may_start(x.state(), "b"));
  x.on(withdrawn{"inflight/a"}, t0 + 9s);
  EXPECT_TRUE(may_start(x.state(), "a"));
}

} // namespace
} // namespace cts::ha::witness

#include "core/task.hpp"

#include <gtest/gtest.h>

namespace cts::task {
namespace {

using namespace std::chrono_literals;
using effects = std::vector<effect>;

constexpr auto t0 = time_point{} + 1h;

/// A task and the time; each event returns what it led to.
class Task : public ::testing::Test {
protected:
  template <class Event>
  effects on(const Event& event) {
    auto [next, out] = step(std::move(s), event, now);
    s = std::move(next);
    return out;
  }

  /// Prepared and with all its inputs, in once-mode or monitored.
  void become_idle(bool monitored) {
    on(started{});
    on(slot_granted{1});
    on(inputs_complete{});
    on(prepared{});
    if (monitored)
      on(monitoring_started{});
  }

  /// Up to the moment when Terraform works.
  void begin_run() {
    on(run_requested{});
    on(slot_granted{2});
    on(rendered{});
  }

  std::string phase() const { return name_of(s.at); }

  time_point now = t0;
  state s{.name = "web"};
};

TEST_F(Task, TakesASlotBeforeItPreparesAndGivesItBack) {
  EXPECT_EQ(on(started{}),
            (effects{watch_inputs{}, want_slot{.for_run = false}}));
  EXPECT_EQ(on(slot_granted{7}), effects{prepare{}});
  auto out = on(prepared{});
  ASSERT_FALSE(out.empty());
  EXPECT_EQ(out.front(), effect{give_slot{7}});
}

TEST_F(Task, WaitsForWorkspaceAndDataInEitherOrder) {
  on(started{});
  on(slot_granted{1});
  on(inputs_complete{});
  EXPECT_EQ(phase(), "creating");
  on(prepared{});
  EXPECT_EQ(phase(), "idle");

  s = state{.name = "web"};
  on(started{});
  on(slot_granted{1});
  on(prepared{});
  EXPECT_EQ(phase(), "creating");
  on(inputs_complete{});
  EXPECT_EQ(phase(), "idle");
}

TEST_F(Task, RunsInOnceModeAsSoonAsItIsReady) {
  on(once_requested{});
  on(started{});
  on(slot_granted{1});
  on(inputs_complete{});
  auto out = on(prepared{});
  EXPECT_EQ(out, (effects{give_slot{1}, want_slot{.for_run = true}}));
  EXPECT_EQ(on(slot_granted{2}), effects{render{}});
  EXPECT_EQ(on(rendered{}), effects{(apply{.run = {1}, .attempt = 1})});
  EXPECT_EQ(on(applied{}), (effects{finish_run{.run = {1}}, give_slot{2},
                                    answer_once{.ran = true}}));
}

TEST_F(Task, DoesNotRepeatAFailedOnceModeRun) {
  become_idle(false);
  on(once_requested{});
  on(slot_granted{2});
  on(rendered{});
  auto out = on(apply_failed{.message = "boom"});
  EXPECT_EQ(out, (effects{finish_run{.run = {1}, .error = "boom"}, give_slot{2},
                          answer_once{.ran = true, .error = "boom"}}));
}

TEST_F(Task, AnswersOnceModeForADisabledTaskWithoutARun) {
  s.enabled = false;
  on(once_requested{});
  on(started{});
  on(slot_granted{1});
  EXPECT_EQ(on(prepared{}), (effects{give_slot{1}, answer_once{.ran = false}}));
  EXPECT_EQ(phase(), "disabled");
  EXPECT_TRUE(on(run_requested{}).empty());
}

TEST_F(Task, RemembersATriggerUntilMonitoringStarts) {
  become_idle(false);
  EXPECT_TRUE(on(run_requested{}).empty());
  EXPECT_EQ(on(monitoring_started{}), effects{want_slot{.for_run = true}});
}

TEST_F(Task, RunsExactlyOnceMoreAfterTriggersDuringARun) {
  become_idle(true);
  begin_run();
  for (auto i = 0; i < 20; ++i)
    EXPECT_TRUE(on(run_requested{}).empty());
  auto out = on(applied{});
  EXPECT_EQ(out.back(), effect{want_slot{.for_run = true}});
  on(slot_granted{3});
  on(rendered{});
  EXPECT_EQ(on(applied{}), (effects{finish_run{.run = {2}}, give_slot{3}}));
  EXPECT_EQ(phase(), "idle");
}

TEST_F(Task, DoesNotRunTwiceForTriggersWhileItWaitsForASlot) {
  become_idle(true);
  on(run_requested{});
  EXPECT_TRUE(on(run_requested{}).empty());
  begin_run();
  on(applied{});
  EXPECT_EQ(phase(), "idle");
}

TEST_F(Task, SkipsARunWhoseInputIsWhatWasAppliedLast) {
  become_idle(true);
  on(run_requested{});
  on(slot_granted{2});
  EXPECT_EQ(on(rendered{.unchanged = true}),
            (effects{skip_run{}, give_slot{2}}));
}

TEST_F(Task, RunsAgainWithUnchangedInputAfterAFailure) {
  s.retries_max = 0;
  become_idle(true);
  begin_run();
  on(apply_failed{.message = "boom"});
  EXPECT_TRUE(s.due);
  on(run_requested{});
  on(slot_granted{3});
  EXPECT_EQ(on(rendered{.unchanged = true}),
            effects{(apply{.run = {2}, .attempt = 1})});
}

TEST_F(Task, TriesThreeTimesWithGrowingPauses) {
  become_idle(true);
  begin_run();
  EXPECT_EQ(on(apply_failed{.message = "a", .jitter = 0}),
            effects{arm_timer{now + 1s}});
  now += 1s;
  EXPECT_EQ(on(timer_elapsed{}), effects{(apply{.run = {1}, .attempt = 2})});
  EXPECT_EQ(on(apply_failed{.message = "b", .jitter = 0.5}),
            effects{arm_timer{now + 2500ms}});
  now += 2500ms;
  EXPECT_EQ(on(timer_elapsed{}), effects{(apply{.run = {1}, .attempt = 3})});
  auto out = on(apply_failed{.message = "c"});
  EXPECT_EQ(out.front(),
            effect{(finish_run{.run = {1},
                               .error = "retry attempt #2 failed 'c': retry "
                                        "attempt #1 failed 'b': first attempt "
                                        "failed 'a'"})});
}

TEST_F(Task, IgnoresATimerThatElapsesBeforeTheNextTry) {
  become_idle(true);
  begin_run();
  on(apply_failed{.message = "a", .jitter = 0.9});
  now += 1s;
  EXPECT_TRUE(on(timer_elapsed{}).empty());
}

TEST_F(Task, GivesUpOnDataAfterAMinuteAndNamesTheCause) {
  on(once_requested{});
  on(started{});
  on(slot_granted{1});
  on(prepared{});
  on(input_failed{.message = "health.service(web): connection refused"});
  now += 60s;
  auto out = on(timer_elapsed{});
  ASSERT_EQ(out.size(), 3u);
  auto text = std::get<answer_once>(out.front()).error.value();
  EXPECT_NE(text.find("timed out rendering template"), std::string::npos);
  EXPECT_NE(text.find("connection refused"), std::string::npos);
}

TEST_F(Task, FailsAtOnceForAQueryThatCannotSucceed) {
  on(once_requested{});
  on(started{});
  on(slot_granted{1});
  on(input_failed{.message = "health.service(web): bad filter",
                  .permanent = true});
  auto out = on(prepared{});
  EXPECT_EQ(phase(), "failed");
  EXPECT_EQ(std::get<answer_once>(out.at(1)).error,
            "error initializing task web: unable to retrieve data from "
            "Consul: health.service(web): bad filter");
}

TEST_F(Task, KeepsItsDataWhenAQueryFailsLater) {
  become_idle(true);
  EXPECT_TRUE(on(input_failed{.message = "x", .permanent = true}).empty());
  EXPECT_EQ(phase(), "idle");
}

TEST_F(Task, IsCreatedAgainAfterAPauseThatGrows) {
  on(started{});
  on(slot_granted{1});
  EXPECT_EQ(on(prepare_failed{"no"}),
            (effects{give_slot{1}, report_failure{"no"}, arm_timer{now + 1s}}));
  auto slot = 1u;
  auto former = 1s;
  for (auto pause : {2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    now += former;
    EXPECT_EQ(on(timer_elapsed{}), effects{want_slot{.for_run = false}});
    on(slot_granted{++slot});
    EXPECT_EQ(on(prepare_failed{"no"}).back(), effect{arm_timer{now + pause}});
    former = pause;
  }
}

TEST_F(Task, ReturnsASlotThatComesTooLate) {
  on(started{});
  EXPECT_EQ(on(stop_requested{}), effects{report_stopped{}});
  EXPECT_EQ(on(slot_granted{1}), effects{give_slot{1}});
}

TEST_F(Task, EndsItsRunBeforeItReportsThatItHasStopped) {
  become_idle(true);
  begin_run();
  EXPECT_EQ(on(stop_requested{}), effects{stop_driver{}});
  auto out = on(apply_failed{.message = "interrupted"});
  EXPECT_EQ(out, (effects{finish_run{.run = {1}, .error = "interrupted"},
                          give_slot{2}}));
  EXPECT_EQ(on(driver_stopped{}), effects{report_stopped{}});
}

TEST_F(Task, StillRunsWhenItsCreationFailedBeforeItsOnceModeRun) {
  on(once_requested{});
  on(started{});
  on(slot_granted{1});
  on(prepare_failed{"no"});
  on(monitoring_started{});
  now += 1s;
  on(timer_elapsed{});
  on(slot_granted{2});
  on(inputs_complete{});
  EXPECT_EQ(on(prepared{}).back(), effect{want_slot{.for_run = true}});
}

TEST_F(Task, IsCreatedAgainAtOnceWhenTheMissingDataArrives) {
  on(started{});
  on(slot_granted{1});
  on(prepared{});
  on(input_failed{.message = "no", .permanent = true});
  EXPECT_EQ(phase(), "failed");
  EXPECT_EQ(on(inputs_complete{}), effects{want_slot{.for_run = false}});
}

TEST_F(Task, PassesASecondOrderToStopOnToItsDriver) {
  on(started{});
  on(slot_granted{1});
  EXPECT_EQ(on(stop_requested{}), effects{stop_driver{}});
  EXPECT_EQ(on(stop_requested{}), effects{stop_driver{}});
}

TEST_F(Task, StopsBetweenTwoTriesWithoutATry) {
  become_idle(true);
  begin_run();
  on(apply_failed{.message = "a"});
  on(stop_requested{});
  EXPECT_EQ(on(driver_stopped{}), effects{report_stopped{}});
  now += 1h;
  EXPECT_TRUE(on(timer_elapsed{}).empty());
}

TEST_F(Task, AnswersOnceModeWhenItIsStopped) {
  become_idle(false);
  on(once_requested{});
  auto out = on(stop_requested{});
  EXPECT_EQ(out.back(),
            effect{(answer_once{.error = "the task has been stopped"})});
}

TEST_F(Task, LeavesARunThatIsHeldWithoutAnEvent) {
  become_idle(true);
  on(run_requested{});
  on(slot_granted{2});
  EXPECT_EQ(on(held{}), effects{give_slot{2}});
  EXPECT_EQ(phase(), "idle");
}

TEST_F(Task, AnswersOnceModeThatItsRunIsHeld) {
  become_idle(false);
  on(once_requested{});
  on(slot_granted{2});
  EXPECT_EQ(on(held{}), (effects{give_slot{2}, answer_once{.ran = false}}));
}

TEST_F(Task, RunsAgainAfterAHeldRunIfItWasTriggeredMeanwhile) {
  become_idle(true);
  on(run_requested{});
  on(slot_granted{2});
  on(run_requested{});
  EXPECT_EQ(on(held{}), (effects{give_slot{2}, want_slot{.for_run = true}}));
}

} // namespace
} // namespace cts::task

#include "core/task.hpp"

#include <gtest/gtest.h>

// Enabling, disabling, inspecting and ending a task that is there: chapter
// monitoring, 3.8 to 3.10 and 3.12.

namespace cts::task {
namespace {

using namespace std::chrono_literals;
using effects = std::vector<effect>;

class SwitchedTask : public ::testing::Test {
protected:
  template <class Event>
  effects on(const Event& event) {
    auto [next, out] = step(std::move(s), event, now);
    s = std::move(next);
    return out;
  }

  void become_idle() {
    on(started{});
    on(slot_granted{1});
    on(inputs_complete{});
    on(prepared{});
    on(monitoring_started{});
  }

  void become_disabled() {
    s.enabled = false;
    on(started{});
    on(slot_granted{1});
    on(prepared{});
  }

  void begin_run() {
    on(run_requested{});
    on(slot_granted{2});
    on(rendered{});
  }

  std::string phase() const { return name_of(s.at); }

  time_point now = time_point{} + 1h;
  state s{.name = "web"};
};

TEST_F(SwitchedTask, WatchesItsInputsOnlyWhileItIsEnabled) {
  s.enabled = false;
  EXPECT_EQ(on(started{}), effects{want_slot{.for_run = false}});
  on(slot_granted{1});
  on(prepared{});
  EXPECT_EQ(on(enable_requested{}),
            (effects{watch_inputs{}, want_slot{.for_run = false}}));
  on(slot_granted{2});
  on(prepared{});
  on(inputs_complete{});
  EXPECT_EQ(on(disable_requested{}), effects{unwatch_inputs{}});
}

TEST_F(SwitchedTask, IsReadyWhenItIsPreparedWithAllItsData) {
  become_disabled();
  on(enable_requested{});
  on(slot_granted{2});
  on(prepared{});
  EXPECT_EQ(on(inputs_complete{}), effects{answer_ready{}});
  EXPECT_EQ(phase(), "idle");
}

TEST_F(SwitchedTask, RunsNothingBecauseItWasEnabled) {
  become_disabled();
  on(enable_requested{});
  on(slot_granted{2});
  on(inputs_complete{});
  on(prepared{});
  EXPECT_TRUE(on(monitoring_started{}).empty());
  EXPECT_EQ(phase(), "idle");
}

TEST_F(SwitchedTask, StaysDisabledIfItCannotBePrepared) {
  become_disabled();
  on(enable_requested{});
  on(slot_granted{2});
  EXPECT_EQ(on(prepare_failed{"no"}),
            (effects{give_slot{2}, unwatch_inputs{}, answer_ready{"no"}}));
  EXPECT_EQ(phase(), "disabled");
  EXPECT_FALSE(s.enabled);
}

TEST_F(SwitchedTask, RemembersTriggersUntilItsSwitchIsConfirmed) {
  become_disabled();
  on(enable_requested{});
  on(slot_granted{2});
  on(inputs_complete{});
  on(prepared{});
  EXPECT_TRUE(on(run_requested{}).empty());
  EXPECT_EQ(on(monitoring_started{}), effects{want_slot{.for_run = true}});
}

TEST_F(SwitchedTask, IsReadyAtOnceIfItIsEnabledAlready) {
  become_idle();
  EXPECT_EQ(on(enable_requested{}), effects{answer_ready{}});
}

TEST_F(SwitchedTask, LetsItsRunEndWhenItIsDisabled) {
  become_idle();
  begin_run();
  EXPECT_TRUE(on(disable_requested{}).empty());
  EXPECT_EQ(on(applied{}),
            (effects{finish_run{.run = {1}}, give_slot{2}, unwatch_inputs{}}));
  EXPECT_EQ(phase(), "disabled");
  EXPECT_TRUE(on(run_requested{}).empty());
}

TEST_F(SwitchedTask, DropsAQueuedRunWhenItIsDisabled) {
  become_idle();
  on(run_requested{});
  on(disable_requested{});
  EXPECT_EQ(on(slot_granted{2}), effects{give_slot{2}});
  on(enable_requested{});
  EXPECT_FALSE(s.triggered);
}

TEST_F(SwitchedTask, IsInspectedWithoutAnEvent) {
  become_idle();
  EXPECT_EQ(on(inspect_requested{}), effects{want_slot{.for_run = true}});
  EXPECT_EQ(on(slot_granted{2}), effects{render{}});
  EXPECT_EQ(on(rendered{.unchanged = true}), effects{inspect{}});
  EXPECT_EQ(on(inspected{}), (effects{answer_inspect{}, give_slot{2}}));
}

TEST_F(SwitchedTask, TellsWhoInspectsItThatARunWouldBeHeldBack) {
  become_idle();
  on(inspect_requested{});
  on(slot_granted{2});
  auto out = on(held{});
  ASSERT_EQ(out.size(), 2u);
  EXPECT_TRUE(std::get<answer_inspect>(out.front()).error);
  EXPECT_EQ(out.back(), effect{give_slot{2}});
}

TEST_F(SwitchedTask, KeepsATriggerThatComesWhileItIsInspected) {
  become_idle();
  on(inspect_requested{});
  on(run_requested{});
  on(slot_granted{2});
  on(rendered{});
  EXPECT_EQ(on(inspected{}).back(), effect{want_slot{.for_run = true}});
}

TEST_F(SwitchedTask, IsPreparedForAnInspectionAndThenDisabledAgain) {
  become_disabled();
  EXPECT_EQ(on(inspect_requested{}),
            (effects{watch_inputs{}, want_slot{.for_run = false}}));
  on(slot_granted{2});
  on(inputs_complete{});
  EXPECT_EQ(on(prepared{}),
            (effects{give_slot{2}, want_slot{.for_run = true}}));
  on(slot_granted{3});
  on(rendered{});
  EXPECT_EQ(on(inspected{}),
            (effects{answer_inspect{}, give_slot{3}, unwatch_inputs{}}));
  EXPECT_EQ(phase(), "disabled");
}

TEST_F(SwitchedTask, TellsWhyItCannotBeInspected) {
  become_disabled();
  on(inspect_requested{});
  on(slot_granted{2});
  EXPECT_EQ(on(prepare_failed{"no"}),
            (effects{give_slot{2}, unwatch_inputs{}, answer_inspect{"no"}}));
  become_idle();
  s = state{.name = "web"};
  become_idle();
  on(inspect_requested{});
  on(slot_granted{2});
  EXPECT_EQ(on(render_failed{"bad"}).front(), effect{answer_inspect{"bad"}});
}

TEST_F(SwitchedTask, DoesNotReportAFailureThatSomebodyWaitsFor) {
  on(ready_requested{});
  on(started{});
  on(slot_granted{1});
  auto out = on(prepare_failed{"no"});
  EXPECT_EQ(out.at(1), effect{answer_ready{"no"}});
  EXPECT_EQ(out.size(), 3u);
}

TEST_F(SwitchedTask, LeavesItsRunAloneWhileItIsDrained) {
  become_idle();
  begin_run();
  EXPECT_EQ(on(stop_requested{.drain = 1h}), effects{arm_timer{now + 1h}});
  EXPECT_TRUE(on(run_requested{}).empty());
  EXPECT_EQ(on(applied{}),
            (effects{finish_run{.run = {1}}, give_slot{2}, report_stopped{}}));
}

TEST_F(SwitchedTask, AnswersWhatWasAskedBeforeItWasDrained) {
  become_idle();
  begin_run();
  on(inspect_requested{});
  on(stop_requested{.drain = 1h});
  auto out = on(applied{});
  EXPECT_EQ(out.at(2), effect{answer_inspect{"the task has been stopped"}});
}

TEST_F(SwitchedTask, StopsItsRunWhenTheDrainIsOver) {
  become_idle();
  begin_run();
  on(stop_requested{.drain = 1h});
  now += 1h;
  EXPECT_EQ(on(timer_elapsed{}), effects{stop_driver{}});
}

TEST_F(SwitchedTask, LosesPatienceWithADrainedRun) {
  become_idle();
  begin_run();
  on(stop_requested{.drain = 1h});
  EXPECT_EQ(on(stop_requested{}), effects{stop_driver{}});
}

TEST_F(SwitchedTask, DoesNotRepeatAFailedRunWhileItIsDrained) {
  become_idle();
  begin_run();
  on(stop_requested{.drain = 1h});
  EXPECT_EQ(on(apply_failed{.message = "boom"}).back(),
            effect{report_stopped{}});
}

TEST_F(SwitchedTask, RefusesWhatIsAskedOfItOnceItHasStopped) {
  become_idle();
  on(stop_requested{});
  EXPECT_EQ(on(inspect_requested{}),
            effects{answer_inspect{"the task has been stopped"}});
  EXPECT_EQ(on(enable_requested{}),
            effects{answer_ready{"the task has been stopped"}});
}

} // namespace
} // namespace cts::task

#include "core/task.hpp"

#include <gtest/gtest.h>

// Turns and permits: chapter high-availability, 4.4.

namespace cts::task {
namespace {

using namespace std::chrono_literals;
using effects = std::vector<effect>;

const auto permit
  = ha::run_permit{.epoch = 3, .task = "web", .run = "r", .index = 9};

/// A fenced, prepared and monitored task with a trigger.
class FencedTask : public ::testing::Test {
protected:
  FencedTask() {
    on(started{});
    on(slot_granted{1});
    on(inputs_complete{});
    on(prepared{});
    on(monitoring_started{});
  }

  template <class Event>
  effects on(const Event& event) {
    auto [next, out] = step(std::move(s), event, now);
    s = std::move(next);
    return out;
  }

  void await_permit() {
    on(run_requested{});
    on(turn_came{});
    on(slot_granted{2});
    on(rendered{});
  }

  std::string phase() const { return name_of(s.at); }

  time_point now = time_point{} + 1h;
  state s{.name = "web", .fenced = true};
};

TEST_F(FencedTask, AsksForItsTurnBeforeItWantsASlot) {
  EXPECT_EQ(on(run_requested{}),
            (effects{arm_timer{now + turn_patience}, want_turn{}}));
  EXPECT_EQ(on(turn_came{}), effects{want_slot{.for_run = true}});
}

TEST_F(FencedTask, AppliesUnderThePermitAndReportsIt) {
  on(run_requested{});
  on(turn_came{});
  on(slot_granted{2});
  EXPECT_EQ(on(rendered{}), effects{want_permit{}});
  EXPECT_EQ(on(permit_given{permit}),
            effects{(apply{.run = {1}, .attempt = 1, .permit = permit})});
  EXPECT_EQ(on(applied{}),
            (effects{finish_run{.run = {1}, .permit = permit}, give_slot{2}}));
}

TEST_F(FencedTask, AsksForNoPermitIfThereIsNothingToDo) {
  on(run_requested{});
  on(turn_came{});
  on(slot_granted{2});
  EXPECT_EQ(on(rendered{.unchanged = true}),
            (effects{skip_run{}, give_slot{2}}));
}

TEST_F(FencedTask, RepeatsItsTriesUnderOnePermit) {
  await_permit();
  on(permit_given{permit});
  on(apply_failed{.message = "a"});
  now += 1s;
  EXPECT_EQ(on(timer_elapsed{}),
            effects{(apply{.run = {1}, .attempt = 2, .permit = permit})});
}

TEST_F(FencedTask, GivesItsSlotBackAndWaitsWhenItGetsNoPermit) {
  await_permit();
  EXPECT_EQ(on(permit_refused{}),
            (effects{give_slot{2}, arm_timer{now + turn_pause}}));
  EXPECT_EQ(phase(), "queued");
  EXPECT_TRUE(on(timer_elapsed{}).empty());
  now += turn_pause;
  EXPECT_EQ(on(timer_elapsed{}),
            (effects{arm_timer{now + turn_patience}, want_turn{}}));
}

TEST_F(FencedTask, IsDisabledWhenItsRunGetsNoPermit) {
  await_permit();
  on(disable_requested{});
  on(permit_refused{});
  EXPECT_EQ(phase(), "disabled");
}

TEST_F(FencedTask, AsksForItsTurnAgainAfterARefusal) {
  on(run_requested{});
  EXPECT_EQ(on(turn_refused{}), effects{arm_timer{now + turn_pause}});
  now += turn_pause;
  EXPECT_EQ(on(timer_elapsed{}), effects{want_turn{}});
}

TEST_F(FencedTask, SaysThatItWaitsForItsTurnAfterAWhile) {
  on(run_requested{});
  now += turn_patience;
  on(timer_elapsed{});
  EXPECT_TRUE(std::get<queued>(s.at).waits);
  on(turn_came{});
  EXPECT_FALSE(std::get<queued>(s.at).waits);
}

TEST_F(FencedTask, ClosesAPermitThatComesAfterTheOrderToStop) {
  await_permit();
  EXPECT_EQ(on(stop_requested{}), (effects{give_slot{2}, stop_driver{}}));
  EXPECT_TRUE(on(driver_stopped{}).empty());
  auto out = on(permit_given{permit});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(std::get<finish_run>(out.front()).permit, permit);
  EXPECT_EQ(on(run_recorded{}), effects{report_stopped{}});
}

TEST_F(FencedTask, HasStoppedWhenAPermitIsRefusedAfterTheOrderToStop) {
  await_permit();
  on(stop_requested{});
  on(driver_stopped{});
  EXPECT_EQ(on(permit_refused{}), effects{report_stopped{}});
}

TEST_F(FencedTask, HasStoppedOnlyWhenItsRunIsRecorded) {
  await_permit();
  on(permit_given{permit});
  on(stop_requested{});
  on(apply_failed{.message = "interrupted"});
  EXPECT_TRUE(on(driver_stopped{}).empty());
  EXPECT_EQ(on(run_recorded{}), effects{report_stopped{}});
}

TEST_F(FencedTask, AnnouncesItsNextRunOnlyWhenTheLastOneIsRecorded) {
  await_permit();
  on(permit_given{permit});
  on(run_requested{});
  EXPECT_EQ(on(applied{}),
            (effects{finish_run{.run = {1}, .permit = permit}, give_slot{2}}));
  EXPECT_EQ(phase(), "queued");
  EXPECT_EQ(on(run_recorded{}),
            (effects{arm_timer{now + turn_patience}, want_turn{}}));
}

TEST_F(FencedTask, InspectsWithoutTurnAndPermit) {
  EXPECT_EQ(on(inspect_requested{}), effects{want_slot{.for_run = true}});
  on(slot_granted{2});
  EXPECT_EQ(on(rendered{}), effects{inspect{}});
}

TEST_F(FencedTask, DropsARunThatWaitsForItsTurnWhenItIsDisabled) {
  on(run_requested{});
  EXPECT_EQ(on(disable_requested{}), effects{unwatch_inputs{}});
  EXPECT_EQ(phase(), "disabled");
  EXPECT_TRUE(on(turn_came{}).empty());
}

} // namespace
} // namespace cts::task

#include "actors/schedule_condition.hpp"

#include "actors/log.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/sim_fixture.hpp"

#include <gmock/gmock.h>

namespace cts {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const auto web = dependency{.name = "web"};

class ScheduleCondition : public cafx::sim_fixture {
protected:
  void SetUp() override {
    log::set_sink([this](const log::line& x) {
      auto text = std::string{x.sentence};
      for (const auto& field : x.fields)
        text += " " + std::string{field.key} + "=" + field.value;
      if (x.level >= log::level::info)
        lines.push_back(text);
    });
    registry = fakes::make_registry(self.ptr(), script);
    task = fakes::make_task(self.ptr(), log);
    auto configured = config::task{.name = "t"};
    configured.condition = config::schedule_condition{"*/10 * * * *"};
    configured.module_inputs = {config::services_query{.names = {"web"}}};
    condition = make_condition(
      self.ptr(), {.task = std::make_shared<config::task>(configured),
                   .registry = registry,
                   .target = task,
                   .clock = [this] { return wall_time{} + elapsed() + shift; },
                   .zone = [](wall_time) { return 2h; }});
    run();
  }

  void TearDown() override {
    stop(condition);
    stop(task);
    script->close();
    stop(registry);
    sim_fixture::TearDown();
    log::set_sink({});
  }

  void follow(task_phase phase, bool monitoring = true) {
    tell(condition,
         task_changed{.task = "t", .phase = phase, .monitoring = monitoring});
  }

  std::chrono::nanoseconds shift{0};
  std::vector<std::string> lines{};
  fakes::registry_script_ptr script
    = std::make_shared<fakes::registry_script>();
  std::shared_ptr<fakes::task_log> log = std::make_shared<fakes::task_log>();
  watch_registry_actor registry{};
  task_actor task{};
  condition_actor condition{};
};

TEST_F(ScheduleCondition, GathersItsInputsWithoutRunningTheTask) {
  follow(task_phase::idle);
  script->publish(web, fakes::instances({"a"}));
  run();
  EXPECT_EQ(log->complete, 1);
  script->publish(web, fakes::instances({"b"}));
  advance(1min);
  EXPECT_EQ(log->runs, 0);
  auto inputs = ask<gathered_inputs>(condition, get_inputs{});
  ASSERT_TRUE(inputs);
  EXPECT_EQ(*inputs->snapshots.at(web), fakes::instances({"b"}));
}

TEST_F(ScheduleCondition, RunsTheTaskAtItsTicks) {
  follow(task_phase::idle);
  advance(10min - 1ms);
  EXPECT_EQ(log->runs, 0);
  advance(1ms);
  EXPECT_EQ(log->runs, 1);
  advance(20min);
  EXPECT_EQ(log->runs, 3);
}

TEST_F(ScheduleCondition, RunsNothingBeforeTriggersAreServed) {
  follow(task_phase::idle, false);
  advance(1h);
  EXPECT_EQ(log->runs, 0);
  EXPECT_TRUE(lines.empty());
}

TEST_F(ScheduleCondition, SaysWhenItRunsNext) {
  follow(task_phase::idle);
  EXPECT_THAT(lines, ElementsAre("scheduled task next run time task_name=t "
                                 "wait_time=10m0s next_runtime=1970-01-01 "
                                 "02:10:00 +0200"));
  advance(10min);
  follow(task_phase::running);
  advance(3min);
  follow(task_phase::idle);
  EXPECT_THAT(lines.back(), HasSubstr("wait_time=7m0s next_runtime=1970-01-01 "
                                      "02:20:00"));
}

TEST_F(ScheduleCondition, SkipsATickWhileTheTaskIsActive) {
  follow(task_phase::idle);
  follow(task_phase::running);
  advance(10min);
  EXPECT_EQ(log->runs, 0);
  EXPECT_EQ(lines.back(), "error running task task_name=t error=task 't' is "
                          "active and cannot be run at this time");
}

TEST_F(ScheduleCondition, SkipsATickWhileTheTaskIsDisabled) {
  follow(task_phase::disabled);
  advance(10min);
  EXPECT_EQ(log->runs, 0);
  EXPECT_EQ(lines.back(), "skipping disabled scheduled task task_name=t");
}

TEST_F(ScheduleCondition, NoticesAClockThatIsSetWithinHalfAMinute) {
  follow(task_phase::idle);
  advance(1min);
  shift = 3h;
  advance(30s);
  EXPECT_EQ(log->runs, 1);
}

TEST_F(ScheduleCondition, HandsOutFreshInputs) {
  script->publish(web, fakes::instances({"a"}));
  run();
  auto inputs = ask<gathered_inputs>(condition, get_fresh_inputs{2s});
  ASSERT_TRUE(inputs);
  EXPECT_TRUE(inputs->fresh);
}

TEST_F(ScheduleCondition, SaysThatItStops) {
  follow(task_phase::idle);
  stop(condition);
  EXPECT_EQ(lines.back(), "stopping scheduled task task_name=t");
}

} // namespace
} // namespace cts

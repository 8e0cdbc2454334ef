#include "tests/actors/task_mutations_fixture.hpp"

#include <random>

// What a leadership does with the tasks, and inspect mode: chapters
// high-availability, 5, and monitoring, 4.3.

namespace cts {
namespace {

using namespace std::chrono_literals;
using steps = std::vector<std::string>;
using TaskLeadership = TaskMutations;

// -- leaders and followers ----------------------------------------------------

TEST_F(TaskLeadership, ShowNoTaskOfTheConfigurationInACluster) {
  spawn({"a"}, true);
  EXPECT_TRUE(names().empty());
}

TEST_F(TaskLeadership, PrepareATaskOfAFollowerWithoutARun) {
  spawn({}, true);
  EXPECT_TRUE(ask<void>(manager, stand_by{.tasks = {kept_named("a")}}));
  publish("a", {"second"});
  advance(1h);
  EXPECT_EQ(asked("a"), steps{"prepare"});
  EXPECT_EQ(code_of(create("b")), "unavailable");
}

TEST_F(TaskLeadership, FollowTheKeptTasks) {
  spawn({}, true);
  auto a = kept_named("a");
  auto b = kept_named("b");
  ask<void>(manager, stand_by{.tasks = {a, b}});
  auto changed = *b.configuration;
  changed.version = "2";
  b.configuration = std::make_shared<const config::task>(changed);
  ask<void>(manager, stand_by{.tasks = {kept_named("c"), b, a}});
  EXPECT_EQ(names(), (steps{"c", "b", "a"}));
  EXPECT_EQ(drivers.at("a")->made, 1);
  EXPECT_EQ(drivers.at("b")->made, 2);
  ask<void>(manager, stand_by{.tasks = {}});
  EXPECT_TRUE(names().empty());
}

TEST_F(TaskLeadership, RunAllTasksAtOnceWhenPromoted) {
  spawn({}, true);
  auto tasks = kept_tasks{kept_named("a"), kept_named("b")};
  ask<void>(manager, stand_by{.tasks = tasks});
  drivers.at("a")->hold_apply = true;
  tell(manager, start_tasks{.policy = once_policy::keep_going,
                            .at_once = true,
                            .epoch = 4,
                            .tasks = tasks});
  run();
  EXPECT_EQ(drivers.at("a")->made, 1); // the one that was prepared
  EXPECT_EQ(applies("a"), 1);
  EXPECT_EQ(applies("b"), 1);
  EXPECT_EQ(election->epoch, 4u);
  publish("b", {"second"}); // monitored although `a` has not ended
  EXPECT_EQ(applies("b"), 2);
}

TEST_F(TaskLeadership, ReportThatAllTasksWereAttempted) {
  spawn({}, true);
  election->hold_turns = true;
  auto answer
    = ask_for<once_finished>(2s, manager,
                             start_tasks{.policy = once_policy::keep_going,
                                         .at_once = true,
                                         .epoch = 4,
                                         .tasks = kept_tasks{kept_named("a")}});
  ASSERT_TRUE(answer);
  EXPECT_TRUE(views().front().waiting);
  election->release();
  run();
  EXPECT_EQ(applies("a"), 1);
}

TEST_F(TaskLeadership, FinishADeletionThatTheLastLeaderPromised) {
  spawn({}, true);
  auto doomed = kept_named("a");
  doomed.deleting = true;
  ask<once_finished>(
    manager,
    start_tasks{.at_once = true, .epoch = 4, .tasks = kept_tasks{doomed}});
  EXPECT_EQ(kept->forgotten, steps{"a"});
  EXPECT_TRUE(names().empty());
  EXPECT_EQ(drivers.at("a")->made, 0);
}

TEST_F(TaskLeadership, ShowATaskThatCannotBeUsed) {
  spawn({}, true);
  auto broken = kept_named("a");
  broken.problem = "its record cannot be read";
  ask<once_finished>(
    manager,
    start_tasks{.at_once = true, .epoch = 4, .tasks = kept_tasks{broken}});
  EXPECT_EQ(views().front().problem, "its record cannot be read");
  EXPECT_EQ(views().front().phase, task_phase::failed);
  EXPECT_EQ(drivers.at("a")->made, 0);
  EXPECT_THAT(text_of(change("a", false)),
              ::testing::HasSubstr("cannot be read"));
  EXPECT_TRUE(ask<void>(manager, delete_task{"a"}));
  EXPECT_TRUE(names().empty());
}

TEST_F(TaskLeadership, BeginAnewAfterAStop) {
  spawn({}, true);
  auto tasks = kept_tasks{kept_named("a")};
  auto order = start_tasks{.at_once = true, .epoch = 4, .tasks = tasks};
  ask<once_finished>(manager, order);
  EXPECT_FALSE(ask<void>(manager, stand_by{.tasks = tasks}));
  EXPECT_TRUE(ask<void>(manager, stop_tasks{.grace = 1s}));
  EXPECT_EQ(code_of(create("b")), "unavailable");
  EXPECT_TRUE(ask<void>(manager, stand_by{.tasks = tasks}));
  EXPECT_EQ(drivers.at("a")->made, 2);
  EXPECT_EQ(applies("a"), 1);
  order.epoch = 6;
  EXPECT_TRUE(ask<once_finished>(manager, order));
  EXPECT_EQ(applies("a"), 2);
  EXPECT_EQ(election->epoch, 6u);
}

TEST_F(TaskLeadership, LetRunsEndBeforeTheyStopThem) {
  serve({"a"});
  drivers.at("a")->hold_apply = true;
  publish("a", {"second"});
  tell(manager, stop_tasks{.grace = 1s, .drain = 10min});
  advance(9min);
  EXPECT_EQ(asked("a").back(), "apply");
  advance(2min);
  EXPECT_EQ(asked("a").back(), "stop");
}

class ManyTasks : public TaskMutations {
protected:
  void SetUp() override {
    TaskMutations::SetUp();
    stop(queue);
    queue = make_run_queue(self.ptr(), {.slots_max = slots, .hung_after = 60s});
    spawn({}, true);
    for (auto i = 0; i < count; ++i)
      tasks.push_back(kept_named("t" + std::to_string(i)));
    ask<void>(manager, stand_by{.tasks = tasks});
  }

  /// A promotion; the applies of the first `hanging` tasks do not end.
  void promote(int hanging) {
    for (auto i = 0; i < hanging; ++i)
      drivers.at("t" + std::to_string(i))->hold_apply = true;
    tell(manager, start_tasks{.policy = once_policy::keep_going,
                              .at_once = true,
                              .epoch = 4,
                              .tasks = tasks});
    run();
  }

  int sum(int fakes::driver_script::*what) const {
    auto out = 0;
    for (const auto& [task, driver] : drivers)
      out += driver.get()->*what;
    return out;
  }

  int attempted() const {
    auto out = 0;
    for (const auto& [task, driver] : drivers)
      out += applies(task) > 0 ? 1 : 0;
    return out;
  }

  static constexpr auto slots = 4;
  static constexpr auto count = 100;
  kept_tasks tasks{};
};

// 30
TEST_F(ManyTasks, LeaveNoSlotIdleBeforeAllOfThemHaveRun) {
  promote(count);
  auto chance = std::mt19937{30};
  for (auto ended = 0; ended < count; ++ended) {
    auto open = std::vector<std::string>{};
    for (const auto& [task, driver] : drivers)
      if (driver->applies_open > 0)
        open.push_back(task);
    ASSERT_EQ(open.size(),
              static_cast<std::size_t>(std::min<int>(slots, count - ended)));
    drivers.at(open[chance() % open.size()])->release();
    run();
  }
  EXPECT_EQ(attempted(), count);
  EXPECT_EQ(sum(&fakes::driver_script::applies_open), 0);
}

// 30
TEST_F(ManyTasks, AllFinishBesideAsManyThatHangAsThereAreSlots) {
  promote(slots);
  EXPECT_EQ(attempted(), slots);
  advance(61s);
  EXPECT_EQ(attempted(), count);
  EXPECT_EQ(sum(&fakes::driver_script::applies_open), slots);
}

// -- inspect mode -------------------------------------------------------------

TEST_F(TaskLeadership, InspectAllTasksInOrderAndChangeNothing) {
  spawn({"b", "a"});
  drivers.at("b")->inspected = {.changes = true, .plan = "one"};
  drivers.at("a")->inspected = {.plan = "two"};
  auto over = ask<once_finished>(manager, inspect_tasks{});
  ASSERT_TRUE(over);
  EXPECT_FALSE(over->error);
  EXPECT_EQ(plans, (steps{"b: one", "a: two"}));
  EXPECT_EQ(applies("a") + applies("b"), 0);
  EXPECT_TRUE(kept->events->empty());
}

TEST_F(TaskLeadership, EndTheInspectionWithTheFirstError) {
  spawn({"a", "b"});
  drivers.at("a")->inspect_errors = {"error tf-plan for 'a': exit status 1"};
  auto over = ask<once_finished>(manager, inspect_tasks{});
  ASSERT_TRUE(over);
  EXPECT_EQ(over->error, "error tf-plan for 'a': exit status 1");
  EXPECT_TRUE(plans.empty());
}

} // namespace
} // namespace cts

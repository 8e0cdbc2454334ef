#include "core/once_mode.hpp"

#include <gtest/gtest.h>

namespace cts::once_mode {
namespace {

using effects = std::vector<effect>;

TEST(OnceMode, RunsOneTaskAfterTheOtherInOrder) {
  auto s = state{.tasks = {"a", "b"}};
  auto first = step(s, started{}, {});
  EXPECT_EQ(first.effects, effects{run_task_once{"a"}});
  auto second = step(first.state, task_finished{.name = "a"}, {});
  EXPECT_EQ(second.effects, effects{run_task_once{"b"}});
  EXPECT_EQ(step(second.state, task_finished{.name = "b"}, {}).effects,
            effects{report_over{}});
}

TEST(OnceMode, IsOverAtOnceWithoutTasks) {
  EXPECT_EQ(step(state{}, started{}, {}).effects, effects{report_over{}});
}

TEST(OnceMode, EndsWithTheFirstErrorStandalone) {
  auto s = step(state{.tasks = {"a", "b"}}, started{}, {}).state;
  auto after = step(s, task_finished{.name = "a", .error = "boom"}, {});
  EXPECT_EQ(after.effects, effects{report_over{"boom"}});
  EXPECT_TRUE(
    step(after.state, task_finished{.name = "b"}, {}).effects.empty());
}

TEST(OnceMode, GoesOnAfterAnErrorWithHighAvailability) {
  auto s = state{.tasks = {"a", "b"}, .keep_going = true};
  s = step(s, started{}, {}).state;
  EXPECT_EQ(step(s, task_finished{.name = "a", .error = "boom"}, {}).effects,
            effects{run_task_once{"b"}});
}

TEST(OnceMode, RunsAllTasksAtOnceAndMonitorsEachWhenItHasRun) {
  auto s = state{.tasks = {"a", "b"}, .at_once = true};
  auto first = step(s, started{}, {});
  EXPECT_EQ(first.effects, (effects{run_task_once{"a"}, run_task_once{"b"}}));
  auto second
    = step(first.state, task_finished{.name = "b", .error = "boom"}, {});
  EXPECT_EQ(second.effects, effects{monitor_task{"b"}});
  EXPECT_EQ(step(second.state, task_finished{.name = "a"}, {}).effects,
            (effects{monitor_task{"a"}, report_over{.failed = 1}}));
}

TEST(OnceMode, DoesNotWaitForTasksThatWaitForAFormerLeader) {
  auto s = state{.tasks = {"a", "b"}, .at_once = true};
  s = step(s, started{}, {}).state;
  s = step(s, task_waits{"a"}, {}).state;
  auto over = step(s, task_finished{.name = "b"}, {});
  EXPECT_EQ(over.effects,
            (effects{monitor_task{"b"}, report_over{.waiting = 1}}));
  EXPECT_EQ(step(over.state, task_finished{.name = "a"}, {}).effects,
            effects{monitor_task{"a"}});
}

TEST(OnceMode, IsOverAtOnceIfThereIsNothingToRunAtOnce) {
  EXPECT_EQ(step(state{.at_once = true}, started{}, {}).effects,
            effects{report_over{}});
}

TEST(OnceMode, IgnoresAnAnswerThatItDoesNotWaitFor) {
  auto s = step(state{.tasks = {"a", "b"}}, started{}, {}).state;
  EXPECT_TRUE(step(s, task_finished{.name = "b"}, {}).effects.empty());
}

} // namespace
} // namespace cts::once_mode

#include "core/metrics.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts::metrics {
namespace {

using namespace std::chrono_literals;

TEST(Metrics, CountAValueWithTheFirstBoundThatIsNotBelowIt) {
  auto x = histogram{};
  add(x, 1ms);
  add(x, 2ms);
  add(x, 2h);
  EXPECT_EQ(x.counts.front(), 1u);
  EXPECT_EQ(x.counts[1], 1u);
  EXPECT_EQ(x.counts.back(), 1u);
  EXPECT_EQ(x.count(), 3u);
  EXPECT_DOUBLE_EQ(x.sum, 7200.003);
}

TEST(Metrics, CountNoTimeThatIsNegative) {
  auto x = histogram{};
  add(x, -1ms);
  EXPECT_EQ(x, histogram{});
}

TEST(Metrics, CountEachValueExactlyOnce) {
  auto random = std::mt19937{7};
  auto x = histogram{};
  for (auto i = 1U; i <= 1000; ++i) {
    add(x, std::chrono::milliseconds{random() % 4'000'000});
    EXPECT_EQ(x.count(), i);
  }
}

TEST(Metrics, CountRunsAndFailuresOfEachTask) {
  auto s = state{};
  note(s, {.task = "a", .took = 1s});
  note(s, {.task = "a", .failed = true, .took = 1s});
  note(s, {.task = "b", .took = 1s});
  EXPECT_EQ(s.tasks["a"], (task_tally{.runs = 2, .failures = 1}));
  EXPECT_EQ(s.tasks["b"], (task_tally{.runs = 1, .failures = 0}));
  EXPECT_EQ(s.run_time.count(), 3u);
}

TEST(Metrics, CountNoMoreThanTenThousandTasksOneByOne) {
  auto s = state{};
  for (auto i = 0; i < 10'001; ++i)
    note(s, {.task = std::to_string(i)});
  EXPECT_EQ(s.tasks.size(), 10'000u);
  note(s, {.task = "0"});
  EXPECT_EQ(s.tasks["0"].runs, 2u);
  EXPECT_EQ(s.run_time.count(), 10'002u);
}

TEST(Metrics, TellTheAgeOfTheOldestAnswer) {
  auto s = state{};
  auto now = time_point{1h};
  EXPECT_FALSE(oldest_answer(s, now));
  s.watches = {{"a", now - 3s}, {"b", now - 7s}, {"c", now - 1s}};
  EXPECT_EQ(oldest_answer(s, now), 7s);
}

} // namespace
} // namespace cts::metrics

#include "tests/failover/statistics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cts::failover {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

measurement killed(std::chrono::microseconds lock) {
  return {.fault = "kill9",
          .trial = 1,
          .tasks = 10,
          .detector = "witness",
          .lock = lock,
          .first_run = lock + 100ms,
          .all_applied = lock + 2s};
}

std::vector<measurement> twenty(std::chrono::microseconds lock) {
  auto out = std::vector<measurement>(20, killed(lock));
  for (auto i = 0; i < 20; ++i)
    out[static_cast<std::size_t>(i)].trial = i + 1;
  return out;
}

TEST(Distribution, ShowsValuesThatWereMeasured) {
  auto values = std::vector<double>{};
  for (auto i = 100; i > 0; --i)
    values.push_back(i);
  auto x = summarise(values);
  EXPECT_EQ(x.min, 1);
  EXPECT_EQ(x.median, 50);
  EXPECT_EQ(x.p95, 95);
  EXPECT_EQ(x.p99, 99);
  EXPECT_EQ(x.max, 100);
  EXPECT_EQ(summarise({}).count, 0u);
  EXPECT_EQ(summarise({3}).p99, 3);
}

TEST(Bounds, HoldForQuickFailovers) {
  EXPECT_THAT(broken_bounds(twenty(20ms)), IsEmpty());
}

TEST(Bounds, BreakAtOneSlowTrialOfTwenty) {
  auto trials = twenty(20ms);
  trials[7].lock = 251ms;
  auto broken = broken_bounds(trials);
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_THAT(broken.front(), HasSubstr("kill9, 10 tasks: fault to lock moved, "
                                        "p99, is 251 ms, the bound is 250"));
}

TEST(Bounds, BreakAtAnOverlapALossAndANeedlessElection) {
  auto trials = twenty(20ms);
  trials[0].overlaps = {"t0 on cts-1 met another run"};
  trials[1].missing = {"a run of each task"};
  trials[2].needless = 1;
  EXPECT_EQ(broken_bounds(trials).size(), 3u);
}

TEST(Bounds, AreTighterWhereThePeersNotice) {
  auto x = killed(900ms);
  x.fault = "kill9-all";
  x.detector = "process_check";
  EXPECT_THAT(broken_bounds(std::vector{x}), IsEmpty());
  x.detector = "peer";
  EXPECT_EQ(broken_bounds(std::vector{x}).size(), 1u);
}

TEST(Bounds, CountFromConsulsReturnWhereConsulWasHurtToo) {
  auto x = killed(4s);
  x.fault = "double";
  x.consul_back = 3500ms;
  EXPECT_THAT(broken_bounds(std::vector{x}), IsEmpty());
  x.consul_back = 2500ms;
  EXPECT_EQ(broken_bounds(std::vector{x}).size(), 1u);
}

TEST(Bounds, BreakWhenTheFirstRunIsLate) {
  auto trials = twenty(20ms);
  trials[4].first_run = 321ms;
  auto broken = broken_bounds(trials);
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_THAT(broken.front(), HasSubstr("first run, trial 5, is 301 ms"));
}

TEST(Faults, AreThoseOfTheSpecification) {
  EXPECT_EQ(all_faults().size(), 10u);
  for (const auto& x : all_faults())
    EXPECT_EQ(find_fault(x.label), &x);
  EXPECT_EQ(find_fault("kill"), nullptr);
}

TEST(Report, HasARowForEachTimeAndALineForEachTrial) {
  auto trials = twenty(20ms);
  auto table = markdown(trials);
  EXPECT_THAT(table, HasSubstr("| `kill9` | 10 | 20 | lock moved | 20 | 20 | "
                               "20 | 20 | 20 | witness 20 |"));
  EXPECT_THAT(table, HasSubstr("20 trials, 0 overlapping runs"));
  auto lines = csv(trials);
  EXPECT_EQ(std::ranges::count(lines, '\n'), 21);
  EXPECT_THAT(lines,
              HasSubstr("\nkill9,10,20,witness,20.000,,120.000,,,2020.000,,,,"
                        "0,0,0\n"));
  EXPECT_THAT(svg(trials), HasSubstr("kill9, 10 tasks</text>"));
}

TEST(Report, ReadsItsOwnLinesAgain) {
  auto trials = twenty(20123us);
  trials[3].overlaps = {"t0 on cts-1 met another run"};
  trials[4].again = 1ms;
  auto again = parse_csv(csv(trials));
  EXPECT_EQ(csv(again), csv(trials));
  EXPECT_EQ(again[3].overlaps.size(), 1u);
  EXPECT_THROW(parse_csv("fault,tasks\n"), std::runtime_error);
}

} // namespace
} // namespace cts::failover

#include "tests/core/ha/elector_model.hpp"

#include <gtest/gtest.h>

#include <algorithm>

// The machines together, in a cluster in miniature.

namespace cts::ha::model {
namespace {

using namespace std::chrono_literals;

TEST(Elector, LetsOneOfThreeLeadAndRunEachTask) {
  auto x = cluster{{.seed = 1, .faults = 0, .forget_answers = false}};
  x.run_for(60s);
  ASSERT_NE(x.leader(), nullptr);
  EXPECT_EQ(x.epochs.size(), 1u);
  EXPECT_GE(x.runs, 3);
  EXPECT_EQ(x.waits, 0);
  EXPECT_TRUE(x.violations.empty());
}

bool is_in(const last_will::wishes& will, const run_record& x) {
  return std::ranges::any_of(
    will, [&](const auto& each) { return each.second.run == x.run; });
}

TEST(Elector, HasANextLeaderAtOnceIfAWitnessOutlivesTheOld) {
  for (auto seed = 1U; seed <= 20; ++seed) {
    auto x = cluster{{.seed = seed, .faults = 0, .forget_answers = false}};
    x.run_for(2min);
    ASSERT_EQ(x.epochs.size(), 1u);
    auto& dead = *std::ranges::find_if(x.nodes, [&](const node& each) {
      return each.id == x.consul.lock.leader->id;
    });
    auto will = dead.will;
    x.crash(dead);
    x.run_for(4s);
    EXPECT_EQ(x.epochs.size(), 2u) << "seed " << seed;
    EXPECT_EQ(x.released, 1) << "seed " << seed;
    // What was in flight is over. An intent that nobody knew of has to wait.
    x.run_for(11s);
    for (const auto& [task, each] : x.consul.runs)
      EXPECT_TRUE(each.stopped || !is_in(will, each)) << "seed " << seed;
    ASSERT_TRUE(x.violations.empty()) << x.violations.front();
  }
}

TEST(Elector, HasANextLeaderIfTheOldIsSilent) {
  for (auto seed = 1U; seed <= 20; ++seed) {
    auto x = cluster{{.seed = seed, .faults = 0, .forget_answers = false}};
    x.run_for(2min);
    auto& silent = *std::ranges::find_if(x.nodes, [&](const node& each) {
      return each.id == x.consul.lock.leader->id;
    });
    x.pause(silent, 60s);
    x.run_for(9s);
    EXPECT_EQ(x.epochs.size(), 2u) << "seed " << seed;
    EXPECT_EQ(x.stalls, 1) << "seed " << seed;
    // Awake, it sees the loss and follows.
    x.run_for(75s);
    EXPECT_EQ(x.epochs.size(), 2u) << "seed " << seed;
    EXPECT_EQ(silent.machine.election.role, role::follower) << "seed " << seed;
    ASSERT_TRUE(x.violations.empty()) << x.violations.front();
  }
}

class ElectorProperty : public ::testing::TestWithParam<bool> {};

TEST_P(ElectorProperty, NeverRunsATaskTwiceAtATime) {
  auto elections = std::size_t{0};
  auto runs = 0;
  auto waits = 0;
  auto suspensions = 0;
  auto stalls = 0;
  auto released = 0;
  auto acknowledged = 0;
  for (auto seed = 1U; seed <= 30; ++seed) {
    auto x = cluster{{.seed = seed, .exclusive = GetParam()}};
    x.run_for(15min);
    ASSERT_TRUE(x.violations.empty()) << x.violations.front();
    elections += x.epochs.size();
    runs += x.runs;
    waits += x.waits;
    suspensions += x.suspensions;
    stalls += x.stalls;
    released += x.released;
    acknowledged += x.acknowledged;
  }
  RecordProperty("elections", static_cast<int>(elections));
  RecordProperty("runs", runs);
  // The faults have their effect.
  EXPECT_GT(elections, 200u);
  EXPECT_GT(runs, 1000);
  EXPECT_GT(waits, 100);
  EXPECT_GT(suspensions, 5);
  EXPECT_GT(stalls, 50);
  EXPECT_GT(released, 50);
  EXPECT_GT(acknowledged, 50);
}

INSTANTIATE_TEST_SUITE_P(TaskAndInstance, ElectorProperty, ::testing::Bool());

TEST(Elector, HasALeaderWhoseTasksRunOnceFaultsHaveStopped) {
  for (auto seed = 1U; seed <= 20; ++seed) {
    auto x = cluster{{.seed = seed, .forget_answers = false}};
    x.run_for(5min);
    x.stop_faults();
    x.run_for(4min);
    ASSERT_NE(x.leader(), nullptr) << "seed " << seed;
    auto before = x.runs;
    x.run_for(2min);
    EXPECT_GE(x.runs, before + 3) << "seed " << seed;
    ASSERT_TRUE(x.violations.empty()) << x.violations.front();
  }
}

} // namespace
} // namespace cts::ha::model

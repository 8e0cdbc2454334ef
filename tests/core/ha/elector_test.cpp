#include "tests/core/ha/elector_model.hpp"

#include <gtest/gtest.h>

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

class ElectorProperty : public ::testing::TestWithParam<bool> {};

TEST_P(ElectorProperty, NeverRunsATaskTwiceAtATime) {
  auto elections = std::size_t{0};
  auto runs = 0;
  auto waits = 0;
  auto suspensions = 0;
  for (auto seed = 1U; seed <= 30; ++seed) {
    auto x = cluster{{.seed = seed, .exclusive = GetParam()}};
    x.run_for(15min);
    ASSERT_TRUE(x.violations.empty()) << x.violations.front();
    elections += x.epochs.size();
    runs += x.runs;
    waits += x.waits;
    suspensions += x.suspensions;
  }
  RecordProperty("elections", static_cast<int>(elections));
  RecordProperty("runs", runs);
  // The faults have their effect.
  EXPECT_GT(elections, 200u);
  EXPECT_GT(runs, 1000);
  EXPECT_GT(waits, 100);
  EXPECT_GT(suspensions, 5);
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

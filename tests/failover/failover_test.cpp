#include "tests/failover/statistics.hpp"
#include "tests/support/real_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>

// The faults of chapter high-availability, 4.10, with few trials: what must
// hold there has to hold here, plus what a loaded machine takes.
namespace cts::failover {
namespace {

using namespace std::chrono_literals;

constexpr auto slack = 1s;

class Failover : public ::testing::Test {
protected:
  void SetUp() override {
    if (!test::find_consul())
      GTEST_SKIP() << test::why_no_consul;
    if (!test::find_terraform())
      GTEST_SKIP() << test::why_no_terraform;
    all = std::make_unique<fleet>(
      fleet_options{.cts = CTS_BINARY_DIR "/cts",
                    .consul = *test::find_consul(),
                    .terraform = *test::find_terraform(),
                    .tasks = 3});
  }

  measurement suffer(std::string_view label) {
    SCOPED_TRACE(label);
    auto seen = run_trial(*all, *find_fault(label), 1);
    EXPECT_THAT(seen.overlaps, testing::IsEmpty());
    EXPECT_THAT(seen.missing, testing::IsEmpty()) << all->last_words();
    EXPECT_EQ(seen.needless, 0);
    all->settle(90s);
    return seen;
  }

  std::unique_ptr<fleet> all{};
};

void expect_within(const measurement::span& time,
                   std::chrono::milliseconds bound) {
  ASSERT_TRUE(time);
  EXPECT_LE(*time, bound + slack);
}

TEST_F(Failover, TakesAMomentWhenTheLeaderStopsOrDies) {
  expect_within(suffer("stop").lock, 1s);
  expect_within(suffer("kill9").lock, 1s);
  expect_within(suffer("kill9-all").lock, 1500ms);
}

TEST_F(Failover, AppliesAgainWhatACrashInterrupted) {
  expect_within(suffer("kill9-midapply").again, 10s);
}

TEST_F(Failover, FollowsALeaderThatStandsStill) {
  expect_within(suffer("stall").lock, 5500ms);
}

TEST_F(Failover, TakesSecondsWhenAHostIsGone) {
  if (!all->hosts().is_real())
    std::cerr << "NO NETWORK NAMESPACES HERE: a frozen host stands for one "
                 "that is cut off\n";
  expect_within(suffer("hostdown").lock, 8s);
}

TEST_F(Failover, OutlivesALeaderOfConsul) {
  EXPECT_FALSE(suffer("consul-leader-kill").lock);
  auto both = suffer("double");
  ASSERT_TRUE(both.lock && both.consul_back);
  EXPECT_LE(*both.lock - *both.consul_back, 1s + slack);
}

} // namespace
} // namespace cts::failover

#include "core/backoff.hpp"
#include "core/poll_turns.hpp"
#include "core/token_bucket.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts {
namespace {

using namespace std::chrono_literals;

constexpr auto t0 = time_point{} + 1h;

TEST(Backoff, DoublesUpToTheCap) {
  auto x = backoff{};
  EXPECT_EQ(delay_of(x, 1, 0), 500ms);
  EXPECT_EQ(delay_of(x, 2, 0), 1s);
  EXPECT_EQ(delay_of(x, 6, 0), 16s);
  EXPECT_EQ(delay_of(x, 7, 0), 30s);
  EXPECT_EQ(delay_of(x, 4'000'000'000u, 0), 30s);
}

TEST(BackoffProperty, StaysInTheUpperHalfOfTheRange) {
  auto random = std::mt19937{1};
  auto jitter = std::uniform_real_distribution<double>{0, 1};
  for (auto failures = 1u; failures < 40u; ++failures) {
    auto longest
      = std::min<duration>(60s, 1s * (1LL << std::min(failures - 1, 10u)));
    for (auto i = 0; i < 50; ++i) {
      auto delay = delay_of({}, failures, jitter(random));
      ASSERT_GE(delay, longest / 2);
      ASSERT_LE(delay, longest);
    }
  }
}

TEST(PollTurns, GetShorterAsItGetsCrowded) {
  EXPECT_EQ(poll_turn(50, 100, 120s), 120s);
  EXPECT_EQ(poll_turn(51, 100, 120s), 10s);
  EXPECT_EQ(poll_turn(100, 100, 120s), 10s);
  EXPECT_EQ(poll_turn(101, 100, 120s), 1s);
}

TEST(PollTurns, AreNeverLongerThanTheWait) {
  EXPECT_EQ(poll_turn(101, 100, 500ms), 500ms);
  EXPECT_EQ(poll_turn(1, 100, 500ms), 500ms);
}

TEST(PollTurns, AreNotNeededWhenConnectionsAreNotScarce) {
  EXPECT_EQ(poll_turn(5'000, 0, 120s), 120s);
}

TEST(PollTurns, ReadAWaitThatConsulWouldKeep) {
  EXPECT_EQ(read_wait("1600ms"), 1600ms);
  EXPECT_EQ(read_wait("120s"), 120s);
  EXPECT_EQ(read_wait("10m"), 10min);
  for (const auto* text :
       {"", "5", "s", "0s", "-1s", "1h", "11m", "601s", "99999999999s", "1.5s"})
    EXPECT_FALSE(read_wait(text)) << text;
}

TEST(TokenBucket, GivesABurstAndThenOneEachInterval) {
  auto x = token_bucket{.interval = 200ms, .burst = 3};
  EXPECT_TRUE(take_token(x, t0));
  EXPECT_TRUE(take_token(x, t0));
  EXPECT_TRUE(take_token(x, t0));
  EXPECT_FALSE(take_token(x, t0));
  EXPECT_EQ(next_token(x), t0 + 200ms);
  EXPECT_FALSE(take_token(x, t0 + 199ms));
  EXPECT_TRUE(take_token(x, t0 + 200ms));
}

TEST(TokenBucket, RefillsToTheBurstAndNotBeyond) {
  auto x = token_bucket{.interval = 200ms, .burst = 2};
  take_token(x, t0);
  EXPECT_TRUE(take_token(x, t0 + 1h));
  EXPECT_TRUE(take_token(x, t0 + 1h));
  EXPECT_FALSE(take_token(x, t0 + 1h));
}

TEST(TokenBucketProperty, NeverExceedsItsRate) {
  for (auto seed = 0u; seed < 200u; ++seed) {
    auto random = std::mt19937{seed};
    auto x = token_bucket{.interval = 200ms, .burst = 5};
    auto taken = std::vector<time_point>{};
    for (auto now = t0; now < t0 + 60s; now += 1ms * (random() % 100)) {
      if (take_token(x, now))
        taken.push_back(now);
    }
    for (auto i = 5u; i < taken.size(); ++i)
      ASSERT_GE(taken[i] - taken[i - 5], 200ms) << "seed " << seed;
  }
}

} // namespace
} // namespace cts

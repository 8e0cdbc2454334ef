#include "core/token_bucket.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts {
namespace {

using namespace std::chrono_literals;

constexpr auto t0 = time_point{} + 1h;

TEST(TokenBucket, LetsABurstStartAtOnceAndThenOneAnInterval) {
  auto x = token_bucket{.interval = 200ms, .burst = 3};
  for (auto i = 0; i < 3; ++i)
    EXPECT_TRUE(take_token(x, t0));
  EXPECT_FALSE(take_token(x, t0));
  EXPECT_EQ(next_token(x), t0 + 200ms);
  EXPECT_FALSE(take_token(x, t0 + 199ms));
  EXPECT_TRUE(take_token(x, t0 + 200ms));
  EXPECT_FALSE(take_token(x, t0 + 200ms));
}

TEST(TokenBucket, SavesNoMoreThanABurst) {
  auto x = token_bucket{.interval = 200ms, .burst = 2};
  take_token(x, t0);
  EXPECT_TRUE(take_token(x, t0 + 1h));
  EXPECT_TRUE(take_token(x, t0 + 1h));
  EXPECT_FALSE(take_token(x, t0 + 1h));
}

TEST(TokenBucketProperty, NeverExceedsItsRateOverAnyTime) {
  for (auto seed = 0u; seed < 200u; ++seed) {
    auto random = std::mt19937{seed};
    auto x = token_bucket{.interval = 100ms, .burst = 5};
    auto taken = 0;
    auto now = t0;
    for (auto i = 0; i < 500; ++i) {
      now += std::chrono::milliseconds{random() % 60};
      taken += take_token(x, now) ? 1 : 0;
      ASSERT_LE(taken, 5 + (now - t0) / 100ms) << "seed " << seed;
    }
  }
}

} // namespace
} // namespace cts

#include "core/buffer_period.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts::buffer_period {
namespace {

using namespace std::chrono_literals;
using effects = std::vector<effect>;

constexpr auto t0 = time_point{};
constexpr auto closed = state{.min = 5s, .max = 20s};

TEST(BufferPeriod, EndsMinAfterTheLatestChange) {
  auto open = step(closed, change_arrived{}, t0).state;
  EXPECT_EQ(step(open, change_arrived{}, t0 + 3s).effects,
            effects{arm_timer{t0 + 8s}});
}

TEST(BufferPeriod, EndsNoLaterThanMaxAfterTheFirstChange) {
  auto open = step(closed, change_arrived{}, t0).state;
  EXPECT_EQ(step(open, change_arrived{}, t0 + 18s).effects,
            effects{arm_timer{t0 + 20s}});
}

TEST(BufferPeriod, IgnoresATimerThatElapsesEarly) {
  auto open = step(closed, change_arrived{}, t0).state;
  EXPECT_TRUE(step(open, timer_elapsed{}, t0 + 4s).effects.empty());
}

TEST(BufferPeriod, OfZeroLengthRunsAtOnce) {
  EXPECT_EQ(step(state{}, change_arrived{}, t0).effects,
            effects{request_run{}});
}

// The promise to the operator, under 1000 random histories: a run follows the
// first change of a burst no sooner than `min` and no later than `max`.
TEST(BufferPeriodProperty, ARunFollowsEveryBurst) {
  for (auto seed = 0u; seed < 1000u; ++seed) {
    auto random = std::mt19937{seed};
    auto period = closed;
    auto first = std::optional<time_point>{};
    for (auto now = t0; now < t0 + 300s; now += 1s) {
      if (random() % 4 == 0) {
        period = step(period, change_arrived{}, now).state;
        first = first.value_or(now);
      }
      auto after = step(period, timer_elapsed{}, now);
      period = after.state;
      if (!after.effects.empty()) {
        ASSERT_GE(now - first.value(), closed.min) << "seed " << seed;
        first.reset();
      }
      ASSERT_LT(now - first.value_or(now), closed.max) << "seed " << seed;
    }
  }
}

} // namespace
} // namespace cts::buffer_period

#include "core/restart_intensity.hpp"

#include <gtest/gtest.h>

namespace cts::restart_intensity {
namespace {

using namespace std::chrono_literals;
using effects = std::vector<effect>;

constexpr auto t0 = time_point{} + 1h;

state fail_at(state s, time_point now) {
  s = step(std::move(s), child_failed{}, now).state;
  return step(std::move(s), child_started{}, now).state;
}

TEST(RestartIntensity, DoublesThePauseWithEachFailureInARow) {
  auto s = step(state{}, child_started{}, t0).state;
  auto first = step(s, child_failed{}, t0);
  EXPECT_EQ(first.effects, effects{restart{t0 + 100ms}});
  EXPECT_EQ(step(first.state, child_failed{}, t0).effects,
            effects{restart{t0 + 200ms}});
}

TEST(RestartIntensity, PausesNoLongerThanItsLimit) {
  auto s = state{};
  for (auto i = 0; i < 100; ++i)
    s = fail_at(s, t0);
  EXPECT_EQ(step(s, child_failed{}, t0).effects, effects{restart{t0 + 30s}});
}

TEST(RestartIntensity, StartsAnewAfterAHealthyTime) {
  auto s = fail_at(fail_at(step(state{}, child_started{}, t0).state, t0), t0);
  EXPECT_EQ(step(s, child_failed{}, t0 + 60s).effects,
            effects{restart{t0 + 60s + 100ms}});
}

TEST(RestartIntensity, GivesUpAfterTooManyFailuresInItsWindow) {
  auto s = state{.limits = {.failures_max = 2, .window = 10s}};
  s = fail_at(fail_at(s, t0), t0 + 1s);
  EXPECT_EQ(step(s, child_failed{}, t0 + 2s).effects, effects{give_up{}});
}

TEST(RestartIntensity, ForgetsFailuresOlderThanItsWindow) {
  auto s = state{.limits = {.failures_max = 2, .window = 10s}};
  s = fail_at(fail_at(s, t0), t0 + 1s);
  auto later = step(s, child_failed{}, t0 + 12s);
  EXPECT_TRUE(std::holds_alternative<restart>(later.effects.front()));
}

} // namespace
} // namespace cts::restart_intensity

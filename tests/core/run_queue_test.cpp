#include "core/run_queue.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts::run_queue {
namespace {

using namespace std::chrono_literals;
using effects = std::vector<effect>;

constexpr auto t0 = time_point{};

state with(std::size_t slots_max, std::initializer_list<slot_wanted> wishes) {
  auto s = state{.slots_max = slots_max};
  for (const auto& x : wishes)
    s = step(s, x, t0).state;
  return s;
}

TEST(RunQueue, GrantsUpToItsLimitAndThenOneForOne) {
  auto s = with(1, {{.ticket = 1}});
  auto second = step(s, slot_wanted{.ticket = 2}, t0);
  EXPECT_TRUE(second.effects.empty());
  EXPECT_EQ(step(second.state, slot_released{1}, t0).effects,
            effects{grant{2}});
}

TEST(RunQueue, LetsRunsGoBeforePreparations) {
  auto s = with(1, {{.ticket = 1},
                    {.ticket = 2, .priority = 1},
                    {.ticket = 3, .priority = 0}});
  EXPECT_EQ(step(s, slot_released{1}, t0).effects, effects{grant{3}});
}

TEST(RunQueue, DecidesByConfigurationOrderBetweenEqualArrivals) {
  auto s = with(
    1, {{.ticket = 1}, {.ticket = 2, .order = 9}, {.ticket = 3, .order = 4}});
  EXPECT_EQ(step(s, slot_released{1}, t0).effects, effects{grant{3}});
}

TEST(RunQueue, ServesWhoCameFirst) {
  auto s = with(1, {{.ticket = 1}});
  s = step(s, slot_wanted{.ticket = 2, .order = 9}, t0 + 1s).state;
  s = step(s, slot_wanted{.ticket = 3, .order = 4}, t0 + 2s).state;
  EXPECT_EQ(step(s, slot_released{1}, t0 + 3s).effects, effects{grant{2}});
}

TEST(RunQueue, ForgetsAWishThatIsWithdrawn) {
  auto s = with(1, {{.ticket = 1}, {.ticket = 2}, {.ticket = 3}});
  s = step(s, slot_released{2}, t0).state;
  EXPECT_EQ(step(s, slot_released{1}, t0).effects, effects{grant{3}});
}

TEST(RunQueue, HasNoLimitIfItIsZero) {
  auto s = state{.slots_max = 0};
  for (auto ticket = 1u; ticket <= 100; ++ticket) {
    auto after = step(s, slot_wanted{.ticket = ticket}, t0);
    ASSERT_EQ(after.effects, effects{grant{ticket}});
    s = after.state;
  }
}

TEST(RunQueueProperty, NeverGrantsMoreThanItsLimitAndLeavesNobodyWaiting) {
  for (auto seed = 0u; seed < 500u; ++seed) {
    auto random = std::mt19937{seed};
    auto s = state{.slots_max = 1 + seed % 4};
    auto next_ticket = std::uint64_t{0};
    for (auto i = 0; i < 200; ++i) {
      auto now = t0 + std::chrono::seconds{i};
      if (random() % 2 == 0 || s.granted.empty())
        s = step(s, slot_wanted{.ticket = ++next_ticket}, now).state;
      else
        s = step(s, slot_released{*s.granted.begin()}, now).state;
      ASSERT_LE(s.granted.size(), s.slots_max);
      ASSERT_TRUE(s.waiting.empty() || s.granted.size() == s.slots_max);
    }
  }
}

} // namespace
} // namespace cts::run_queue

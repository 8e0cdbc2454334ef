#include "core/run_queue.hpp"

#include <gtest/gtest.h>

#include <optional>
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

// A shared plugin cache.
TEST(RunQueue, PreparesOneByOneWithoutDelayingRuns) {
  auto s = state{.slots_max = 3, .preparations_max = 1};
  s = step(s, slot_wanted{.ticket = 1, .priority = 1}, t0).state;
  auto second = step(s, slot_wanted{.ticket = 2, .priority = 1}, t0);
  EXPECT_TRUE(second.effects.empty());
  auto run = step(second.state, slot_wanted{.ticket = 3}, t0);
  EXPECT_EQ(run.effects, effects{grant{3}});
  EXPECT_EQ(step(run.state, slot_released{1}, t0).effects, effects{grant{2}});
}

TEST(RunQueue, PreparesTheNextWhenAPreparationHangs) {
  auto s = state{.slots_max = 3, .hung_after = 60s, .preparations_max = 1};
  s = step(s, slot_wanted{.ticket = 1, .priority = 1}, t0).state;
  s = step(s, slot_wanted{.ticket = 2, .priority = 1}, t0).state;
  EXPECT_EQ(step(s, timer_elapsed{}, t0 + 60s).effects, effects{grant{2}});
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

// -- slots that hang, and machines that are exhausted -------------------------

TEST(RunQueue, CountsASlotThatHangsNoLonger) {
  auto s = state{.slots_max = 1, .hung_after = 60s};
  s = step(s, slot_wanted{.ticket = 1}, t0).state;
  auto waiting = step(s, slot_wanted{.ticket = 2}, t0 + 10s);
  EXPECT_EQ(waiting.effects, effects{arm_timer{t0 + 60s}});
  auto early = step(waiting.state, timer_elapsed{}, t0 + 59s);
  EXPECT_TRUE(early.effects.empty());
  auto late = step(early.state, timer_elapsed{}, t0 + 60s);
  EXPECT_EQ(late.effects, effects{grant{2}});
  // The end of the one that hung frees nothing.
  auto third = step(late.state, slot_wanted{.ticket = 3}, t0 + 61s);
  EXPECT_EQ(third.effects, effects{arm_timer{t0 + 120s}});
  EXPECT_TRUE(step(third.state, slot_released{1}, t0 + 62s).effects.empty());
}

TEST(RunQueue, CountsALongRunUnlessItIsToldOtherwise) {
  auto s = with(1, {{.ticket = 1}, {.ticket = 2}});
  EXPECT_TRUE(step(s, timer_elapsed{}, t0 + 24h).effects.empty());
}

TEST(RunQueue, HalvesItsSlotsUntilAStartSucceeds) {
  auto s = with(4, {{.ticket = 1}, {.ticket = 2}, {.ticket = 3}});
  auto after = step(s, slot_released{.ticket = 1, .starved = true}, t0 + 1s);
  EXPECT_EQ(after.effects, (effects{report_limit{2, true}}));
  // Started before: says nothing about the machine as it is now.
  after = step(after.state, slot_released{2}, t0 + 2s);
  EXPECT_TRUE(after.effects.empty());
  after = step(after.state, slot_wanted{.ticket = 4}, t0 + 3s);
  EXPECT_EQ(after.effects, effects{grant{4}});
  after = step(after.state, slot_wanted{.ticket = 5}, t0 + 3s);
  EXPECT_TRUE(after.effects.empty());
  after = step(after.state, slot_released{4}, t0 + 4s);
  EXPECT_EQ(after.effects, (effects{report_limit{4, false}, grant{5}}));
}

TEST(RunQueue, KeepsOneSlotHoweverExhaustedTheMachineIs) {
  auto s = with(0, {{.ticket = 1}, {.ticket = 2}, {.ticket = 3}});
  for (auto ticket : {1u, 2u, 3u})
    s = step(s, slot_released{.ticket = ticket, .starved = true}, t0).state;
  EXPECT_EQ(s.lowered_max, 1u);
  EXPECT_EQ(step(s, slot_wanted{.ticket = 9}, t0).effects, effects{grant{9}});
}

// Hung runs take nothing away from the others, whatever happens.
TEST(RunQueueProperty, ServesEveryoneAlthoughRunsHang) {
  for (auto seed = 0u; seed < 200u; ++seed) {
    auto random = std::mt19937{seed};
    auto s = state{.slots_max = 1 + seed % 4, .hung_after = 60s};
    auto timer = std::optional<time_point>{};
    auto now = t0;
    auto feed_one = [&](const auto& event) {
      auto [next, out] = step(std::move(s), event, now);
      s = std::move(next);
      for (const auto& effect : out)
        if (const auto* x = std::get_if<arm_timer>(&effect))
          timer = x->due;
    };
    for (auto ticket = 1u; ticket <= 50u; ++ticket) {
      feed_one(slot_wanted{.ticket = ticket});
      if (random() % 4 == 0) // three of four hang for ever
        feed_one(slot_released{.ticket = ticket});
      ASSERT_LE(counting(s, now), s.slots_max);
      ASSERT_TRUE(s.waiting.empty() || counting(s, now) == s.slots_max);
    }
    for (auto i = 0; i < 100 && !s.waiting.empty(); ++i) {
      ASSERT_TRUE(timer);
      now = std::max(now, *timer);
      feed_one(timer_elapsed{});
    }
    ASSERT_TRUE(s.waiting.empty());
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
        s = step(s, slot_released{s.granted.begin()->first}, now).state;
      ASSERT_LE(s.granted.size(), s.slots_max);
      ASSERT_TRUE(s.waiting.empty() || s.granted.size() == s.slots_max);
    }
  }
}

} // namespace
} // namespace cts::run_queue

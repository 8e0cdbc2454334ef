#include "core/ticks.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace cts::ticks {
namespace {

using namespace std::chrono_literals;
using effects = std::vector<effect>;

constexpr auto t0 = time_point{};
const auto midnight
  = wall_time{std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}};

state every(const std::string& expression) {
  return {.expression = schedule::parse(expression).value()};
}

bool asks_for_a_run(const effects& out) {
  return std::count(out.begin(), out.end(), effect{request_run{}}) > 0;
}

/// A machine that is fed with the time that both clocks show.
class Ticks : public ::testing::Test {
protected:
  template <class Event>
  effects on(const Event& event) {
    auto [next, out] = step(std::move(s), event, now);
    s = std::move(next);
    return out;
  }

  void pass(duration span) {
    now += span;
    wall += span;
  }

  effects look() { return on(timer_elapsed{wall}); }

  effects follow(bool busy) {
    return on(task_followed{.wall = wall, .serving = true, .busy = busy});
  }

  state s = every("*/10 * * * *");
  time_point now = t0 + 1h;
  wall_time wall = midnight;
};

TEST_F(Ticks, AreAnnouncedWhenTriggersAreServed) {
  EXPECT_TRUE(on(task_followed{.wall = wall}).empty());
  EXPECT_EQ(follow(false), (effects{report_next{midnight + 10min, wall},
                                    arm_timer{now + 30s}}));
  EXPECT_TRUE(follow(false).empty());
}

TEST_F(Ticks, AskForOneRunEach) {
  follow(false);
  pass(9min + 45s);
  EXPECT_EQ(look(), effects{arm_timer{now + 15s}});
  pass(15s);
  EXPECT_EQ(look(), (effects{request_run{}, arm_timer{now + 30s}}));
  EXPECT_TRUE(look().empty()); // a timer of before
  pass(30s);
  EXPECT_FALSE(asks_for_a_run(look()));
}

TEST_F(Ticks, AreAnnouncedAgainWhenTheRunIsOver) {
  follow(false);
  pass(10min);
  look();
  EXPECT_TRUE(follow(true).empty());
  pass(1min);
  EXPECT_EQ(follow(false), (effects{report_next{midnight + 20min, wall},
                                    arm_timer{now + 30s}}));
}

TEST_F(Ticks, AreSkippedByTheirOwnRun) {
  follow(false);
  pass(10min);
  look();
  follow(true);
  pass(10min);
  EXPECT_EQ(look(), effects{arm_timer{now + 30s}});
  pass(1min);
  EXPECT_EQ(std::get<report_next>(follow(false).front()).next,
            midnight + 30min);
}

TEST_F(Ticks, AreLostWhileSomethingElseRuns) {
  follow(false);
  follow(true);
  pass(10min);
  EXPECT_EQ(look().front(), effect{report_busy{}});
}

TEST_F(Ticks, AreLostWhileTheTaskIsDisabled) {
  on(task_followed{.wall = wall, .serving = true, .disabled = true});
  pass(10min);
  EXPECT_EQ(look().front(), effect{report_disabled{}});
}

TEST_F(Ticks, ThatWereMissedAskForOneRunTogether) {
  follow(false);
  now += 30s;
  wall += 5h; // the machine slept, or the clock was set
  EXPECT_TRUE(asks_for_a_run(look()));
  now += 30s;
  wall += 30s;
  EXPECT_FALSE(asks_for_a_run(look()));
}

TEST_F(Ticks, AreNotMetTwiceByAClockThatIsSetBackALittle) {
  follow(false);
  pass(10min);
  EXPECT_TRUE(asks_for_a_run(look()));
  now += 30s;
  wall -= 5min;
  look();
  EXPECT_EQ(s.next, midnight + 20min);
}

TEST_F(Ticks, CountAgainForAClockThatIsSetBackALot) {
  follow(false);
  pass(10min);
  look();
  now += 30s;
  wall = midnight - 24h;
  look();
  EXPECT_EQ(s.next, midnight - 24h + 10min);
}

TEST_F(Ticks, NeverComeForADateThatDoesNotExist) {
  s = every("0 0 30 2 *");
  EXPECT_EQ(follow(false),
            (effects{report_next{std::nullopt, wall}, arm_timer{now + 30s}}));
  for (auto i = 0; i < 100; ++i) {
    pass(30s);
    EXPECT_EQ(look(), effects{arm_timer{now + 30s}});
  }
}

// However the wall clock is set: no tick asks for two runs, and a tick that the
// clock has reached is not overslept.
TEST_F(Ticks, AreNeitherRepeatedNorOversleptUnderSteps) {
  for (auto seed = 0u; seed < 200u; ++seed) {
    auto random = std::mt19937{seed};
    s = every(seed % 2 == 0 ? "* * * * *" : "*/20 * * * * * *");
    s.look_at = {};
    follow(false);
    auto met = std::set<wall_time>{};
    auto due = s.look_at;
    for (auto i = 0; i < 300; ++i) {
      ASSERT_LE(due - now, look_pause);
      wall += due - now;
      now = due;
      // Back by less than `same_time` in all, or forward.
      if (random() % 10 == 0)
        wall += random() % 2 == 0 ? 3h : -1s * (random() % 20);
      auto tick = s.next;
      auto reached = tick && wall >= *tick;
      auto out = look();
      ASSERT_EQ(asks_for_a_run(out), reached);
      if (reached) {
        ASSERT_TRUE(met.insert(*tick).second) << seed << " " << i;
        follow(true);
        follow(false);
      }
      ASSERT_GT(*s.next, wall);
      due = s.look_at;
    }
  }
}

} // namespace
} // namespace cts::ticks

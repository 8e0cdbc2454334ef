#include "core/schedule.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts::schedule {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

wall_time at(int month_number, int day_number, seconds time) {
  return sys_days{year{2024} / month_number / day_number} + time;
}

/// New York in 2024: UTC-5, and UTC-4 from March 10, 07:00 UTC, to November 3,
/// 06:00 UTC.
seconds new_york(wall_time time) {
  return time >= at(3, 10, 7h) && time < at(11, 3, 6h) ? -4h : -5h;
}

wall_time next_in_new_york(const std::string& expression, wall_time now) {
  return next_tick(parse(expression).value(), now, new_york)
    .value_or(wall_time{});
}

TEST(ScheduleZone, CountsInUtcWithoutAZone) {
  auto daily = parse("@daily").value();
  EXPECT_EQ(next_tick(daily, at(1, 1, 1s) + 5ms, {}), at(1, 2, 0s));
  EXPECT_EQ(next_tick(daily, at(1, 1, 0s) - 5ms, {}), at(1, 1, 0s));
}

TEST(ScheduleZone, CountsInLocalTime) {
  EXPECT_EQ(next_in_new_york("30 2 * * *", at(1, 1, 0h)), at(1, 1, 7h + 30min));
  EXPECT_EQ(next_in_new_york("30 2 * * *", at(7, 1, 0h)), at(7, 1, 6h + 30min));
}

TEST(ScheduleZone, SkipsALocalTimeThatDoesNotExist) {
  EXPECT_EQ(next_in_new_york("30 2 * * *", at(3, 9, 8h)),
            at(3, 11, 6h + 30min));
}

TEST(ScheduleZone, MeetsALocalTimeTwiceThatOccursTwice) {
  auto first = next_in_new_york("30 1 * * *", at(11, 3, 0h));
  EXPECT_EQ(first, at(11, 3, 5h + 30min));
  auto second = next_in_new_york("30 1 * * *", first);
  EXPECT_EQ(second, first + 1h);
  EXPECT_EQ(next_in_new_york("30 1 * * *", second), at(11, 4, 6h + 30min));
}

TEST(ScheduleZone, MeetsTheFirstSecondOfANewOffset) {
  EXPECT_EQ(next_in_new_york("0 3 * * *", at(3, 10, 1h)), at(3, 10, 7h));
}

TEST(ScheduleZone, MeetsALocalTimeTwiceEvenIfItIsTheLastOne) {
  EXPECT_EQ(next_in_new_york("30 1 3 11 * 2024", at(11, 3, 5h + 45min)),
            at(11, 3, 6h + 30min));
}

TEST(ScheduleZone, KnowsThatADateNeverComes) {
  EXPECT_FALSE(next_tick(parse("0 0 30 2 *").value(), at(1, 1, 0h), new_york));
}

// Against a search that tries every minute.
TEST(ScheduleZone, AgreesWithASearchOfEveryMinute) {
  auto random = std::mt19937{11};
  auto two = [&random](int limit) {
    return std::to_string(random() % static_cast<unsigned>(limit));
  };
  for (auto i = 0; i < 300; ++i) {
    auto expression = parse(two(60) + " " + two(4) + " * * *").value();
    auto change = i % 2 == 0 ? at(3, 10, 7h) : at(11, 3, 6h);
    auto now = change - minutes{random() % 3000} + minutes{random() % 300};
    auto found = wall_time{};
    for (auto t = now + 1min; found == wall_time{}; t += 1min) {
      auto local = to_local(t, new_york(t));
      if (expression.minutes.test(static_cast<std::size_t>(local.minute))
          && expression.hours.test(static_cast<std::size_t>(local.hour)))
        found = t;
    }
    ASSERT_EQ(next_tick(expression, now, new_york), found) << i;
  }
}

} // namespace
} // namespace cts::schedule

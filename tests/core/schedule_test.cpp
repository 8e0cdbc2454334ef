#include "core/schedule.hpp"

#include <gtest/gtest.h>

namespace cts::schedule {
namespace {

constexpr auto new_year = local_time{.year = 2024, .month = 1, .day = 1};

std::string text(const std::optional<local_time>& x) {
  if (!x)
    return "never";
  auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return std::to_string(x->year) + "-" + two(x->month) + "-" + two(x->day) + " "
         + two(x->hour) + ":" + two(x->minute) + ":" + two(x->second);
}

std::string after_new_year(std::string_view expression) {
  return text(next(parse(expression).value(), new_year));
}

std::string refusal(std::string_view expression) {
  auto parsed = parse(expression);
  return parsed ? "accepted" : parsed.error().message;
}

TEST(Schedule, ReadsTheSixthFieldAsAYear) {
  EXPECT_EQ(after_new_year("*/10 * * * * *"), "2024-01-01 00:10:00");
  EXPECT_EQ(after_new_year("0 0 1 1 * 2030"), "2030-01-01 00:00:00");
}

TEST(Schedule, ReadsSecondsOfSevenFieldsAndIgnoresMore) {
  EXPECT_EQ(after_new_year("*/10 * * * * * *"), "2024-01-01 00:00:10");
  EXPECT_EQ(after_new_year("5 * * * * * * x"), "2024-01-01 00:00:05");
}

TEST(Schedule, FindsTheNextTimeStrictlyAfterNow) {
  EXPECT_EQ(after_new_year("0 0 * * *"), "2024-01-02 00:00:00");
  EXPECT_EQ(after_new_year("* * * * *"), "2024-01-01 00:01:00");
  EXPECT_EQ(
    text(next(parse("59 23 31 12 *").value(), {2023, 12, 31, 23, 59, 0})),
    "2024-12-31 23:59:00");
}

TEST(Schedule, CombinesListsRangesAndSteps) {
  EXPECT_EQ(after_new_year("30 9-17/4 * * mon-fri"), "2024-01-01 09:30:00");
  EXPECT_EQ(after_new_year("50/5 * * * *"), "2024-01-01 00:50:00");
  EXPECT_EQ(after_new_year("0 0 1 MAR,october *"), "2024-03-01 00:00:00");
}

TEST(Schedule, MatchesEitherDayFieldIfBothAreRestricted) {
  EXPECT_EQ(after_new_year("0 0 15 * wed"), "2024-01-03 00:00:00");
  EXPECT_EQ(after_new_year("0 0 2 * wed"), "2024-01-02 00:00:00");
}

TEST(Schedule, KnowsLastAndNearestDays) {
  EXPECT_EQ(after_new_year("0 0 L * *"), "2024-01-31 00:00:00");
  EXPECT_EQ(after_new_year("0 0 LW 3 *"), "2024-03-29 00:00:00");
  EXPECT_EQ(after_new_year("0 0 13W * *"), "2024-01-12 00:00:00");
  EXPECT_EQ(after_new_year("0 0 1W 6 *"), "2024-06-03 00:00:00");
  EXPECT_EQ(after_new_year("0 0 * * 5L"), "2024-01-26 00:00:00");
  EXPECT_EQ(after_new_year("0 0 * * 5#2"), "2024-01-12 00:00:00");
  EXPECT_EQ(after_new_year("0 0 29 2 * 2025-2099"), "2028-02-29 00:00:00");
}

TEST(Schedule, ExpandsMacros) {
  EXPECT_EQ(after_new_year("@yearly"), "2025-01-01 00:00:00");
  EXPECT_EQ(after_new_year("@monthly"), "2024-02-01 00:00:00");
  EXPECT_EQ(after_new_year("@weekly"), "2024-01-07 00:00:00");
  EXPECT_EQ(after_new_year("@daily"), "2024-01-02 00:00:00");
  EXPECT_EQ(after_new_year("@hourly"), "2024-01-01 01:00:00");
}

TEST(Schedule, CountsStepsOfWeekdaysToSaturday) {
  EXPECT_EQ(text(next(parse("0 0 * * 1/2").value(), {2024, 1, 5})),
            "2024-01-08 00:00:00");
}

TEST(Schedule, TakesSevenForSundayAndWrapsRanges) {
  EXPECT_EQ(after_new_year("0 0 * * 7"), "2024-01-07 00:00:00");
  EXPECT_EQ(text(next(parse("0 0 * * fri-sun").value(), {2024, 1, 6})),
            "2024-01-07 00:00:00");
  EXPECT_EQ(text(next(parse("0 0 * * 5-7").value(), {2024, 1, 6})),
            "2024-01-07 00:00:00");
  EXPECT_EQ(after_new_year("0 22-2 * * *"), "2024-01-01 01:00:00");
  EXPECT_EQ(after_new_year("0 0 * * 01"), "2024-01-08 00:00:00");
}

TEST(Schedule, NeverFiresOnADateThatNeverComes) {
  EXPECT_EQ(after_new_year("0 0 31 2 *"), "never");
  EXPECT_EQ(after_new_year("0 0 1 1 * 1980"), "never");
  EXPECT_EQ(after_new_year("0 0 10-5 * *"), "never");
}

TEST(Schedule, RefusesInTheReferencesWords) {
  EXPECT_EQ(refusal("foo"), "missing field(s)");
  EXPECT_EQ(refusal("@every 5m"), "missing field(s)");
  EXPECT_EQ(refusal("@Daily"), "missing field(s)");
  EXPECT_EQ(refusal("* 25 * * *"), "syntax error in hour field: '25'");
  EXPECT_EQ(refusal("* * 0 * *"), "syntax error in day-of-month field: '0'");
  EXPECT_EQ(refusal("* * * foo *"), "syntax error in month field: 'foo'");
  EXPECT_EQ(refusal("* * * * 1#6"), "syntax error in day-of-week field: '1#6'");
  EXPECT_EQ(refusal("* * * * * 2100"), "syntax error in year field: '2100'");
  EXPECT_EQ(refusal("x * * * * * *"), "syntax error in second field: 'x'");
  EXPECT_EQ(refusal("*/60 * * * *"), "invalid interval */60");
  EXPECT_EQ(refusal("* */24 * * *"), "invalid interval */24");
  EXPECT_EQ(refusal("*/0 * * * *"), "invalid interval */0");
  EXPECT_EQ(refusal(", * * * *"), "minute field: missing directive");
}

TEST(Schedule, WarnsOfExpressionsThatMeanSomethingElse) {
  auto warnings = [](std::string_view expression) {
    return parse(expression).value().warnings.size();
  };
  EXPECT_EQ(warnings("0 0 * * *"), 0u);
  EXPECT_EQ(warnings("0 0 * * 1-5"), 0u);
  EXPECT_EQ(warnings("* * * * mon"), 1u);
  EXPECT_EQ(warnings("*/10 * * * * *"), 1u);
  EXPECT_EQ(warnings("0 0 * * 5-7"), 1u);
  EXPECT_EQ(warnings("0 22-2 * * *"), 1u);
  EXPECT_EQ(warnings("0 0 * * 01"), 1u);
}

} // namespace
} // namespace cts::schedule

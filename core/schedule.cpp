#include "core/schedule.hpp"

#include <algorithm>
#include <chrono>

namespace cts::schedule {

namespace {

using namespace std::chrono;

year_month_day_last last_of(int year_number, int month_number) {
  return year{year_number} / month{static_cast<unsigned>(month_number)} / last;
}

unsigned days_in(int year_number, int month_number) {
  return static_cast<unsigned>(last_of(year_number, month_number).day());
}

unsigned weekday_of(int year_number, int month_number, unsigned day_number) {
  auto date = year{year_number} / month{static_cast<unsigned>(month_number)}
              / day{day_number};
  return weekday{sys_days{date}}.c_encoding();
}

bool is_workday(unsigned weekday_number) {
  return weekday_number != 0 && weekday_number != 6;
}

/// The working day nearest to `wanted` without leaving the month.
unsigned nearest_workday(int year_number, int month_number, unsigned wanted) {
  auto count = days_in(year_number, month_number);
  auto fits = [&](unsigned candidate) {
    return candidate >= 1 && candidate <= count
           && is_workday(weekday_of(year_number, month_number, candidate));
  };
  for (auto distance = 0u; distance <= 2; ++distance) {
    if (wanted > distance && fits(wanted - distance))
      return wanted - distance;
    if (fits(wanted + distance))
      return wanted + distance;
  }
  return wanted;
}

std::bitset<32> days_of_month(const cron& x, int year_number,
                              int month_number) {
  auto matches = x.days;
  auto count = days_in(year_number, month_number);
  if (x.last_day)
    matches.set(count);
  if (x.last_weekday) {
    auto candidate = count;
    while (!is_workday(weekday_of(year_number, month_number, candidate)))
      --candidate;
    matches.set(candidate);
  }
  for (auto wanted = 1u; wanted <= count; ++wanted)
    if (x.nearest_weekdays.test(wanted))
      matches.set(nearest_workday(year_number, month_number, wanted));
  return matches;
}

std::bitset<32> days_of_week(const cron& x, int year_number, int month_number) {
  auto matches = std::bitset<32>{};
  auto count = days_in(year_number, month_number);
  auto first = weekday_of(year_number, month_number, 1);
  for (auto candidate = 1u; candidate <= count; ++candidate) {
    auto weekday_number = (first + candidate - 1) % 7;
    auto nth = (candidate - 1) / 7 + 1;
    auto last_one = candidate + 7 > count;
    if (x.weekdays.test(weekday_number)
        || x.nth_weekdays[nth].test(weekday_number)
        || (last_one && x.last_weekdays.test(weekday_number)))
      matches.set(candidate);
  }
  return matches;
}

std::bitset<32> matching_days(const cron& x, int year_number,
                              int month_number) {
  auto all = ~std::bitset<32>{};
  if (!x.days_restricted && !x.weekdays_restricted)
    return all;
  auto matches = std::bitset<32>{};
  if (x.days_restricted)
    matches |= days_of_month(x, year_number, month_number);
  if (x.weekdays_restricted)
    matches |= days_of_week(x, year_number, month_number);
  return matches;
}

/// The first set bit at or after `from`.
template <std::size_t Size>
std::optional<int> first_from(const std::bitset<Size>& bits, int from) {
  for (auto i = static_cast<std::size_t>(from); i < Size; ++i)
    if (bits.test(i))
      return static_cast<int>(i);
  return std::nullopt;
}

/// The first match on the day of `from` at or after its time of day.
std::optional<local_time> within_day(const cron& x, local_time from) {
  auto hour_number = first_from(x.hours, from.hour);
  if (hour_number == from.hour) {
    auto minute_number = first_from(x.minutes, from.minute);
    if (minute_number == from.minute)
      if (auto second_number = first_from(x.seconds, from.second)) {
        from.second = *second_number;
        return from;
      }
    minute_number = first_from(x.minutes, from.minute + 1);
    if (minute_number) {
      from.minute = *minute_number;
      from.second = first_from(x.seconds, 0).value_or(0);
      return from;
    }
    hour_number = first_from(x.hours, from.hour + 1);
  }
  if (!hour_number)
    return std::nullopt;
  from.hour = *hour_number;
  from.minute = first_from(x.minutes, 0).value_or(0);
  from.second = first_from(x.seconds, 0).value_or(0);
  return from;
}

std::optional<local_time> within_month(const cron& x, local_time from) {
  auto days = matching_days(x, from.year, from.month);
  auto count = static_cast<int>(days_in(from.year, from.month));
  while (from.day <= count) {
    if (days.test(static_cast<std::size_t>(from.day)))
      if (auto found = within_day(x, from))
        return found;
    from = {.year = from.year, .month = from.month, .day = from.day + 1};
  }
  return std::nullopt;
}

local_time one_second_later(local_time x) {
  if (++x.second < 60)
    return x;
  x.second = 0;
  if (++x.minute < 60)
    return x;
  x.minute = 0;
  if (++x.hour < 24)
    return x;
  x.hour = 0;
  ++x.day; // Beyond the month's end, `within_month` finds nothing.
  return x;
}

} // namespace

std::optional<local_time> next(const cron& expression, const local_time& now) {
  if (expression.seconds.none() || expression.minutes.none()
      || expression.hours.none())
    return std::nullopt;
  auto from = one_second_later(now);
  if (from.year < year_min)
    from = {};
  while (from.year <= year_max) {
    auto index = static_cast<std::size_t>(from.year - year_min);
    if (expression.years.test(index)
        && expression.months.test(static_cast<std::size_t>(from.month)))
      if (auto found = within_month(expression, from))
        return found;
    from = from.month < 12
             ? local_time{.year = from.year, .month = from.month + 1}
             : local_time{.year = from.year + 1};
  }
  return std::nullopt;
}

} // namespace cts::schedule

#include "core/schedule.hpp"

#include <algorithm>

namespace cts::schedule {

namespace {

using namespace std::chrono;

/// No zone changes its offset and changes it back within a week.
constexpr auto stride = days{7};

seconds offset_at(const zone_offset& zone, wall_time time) {
  return zone ? zone(time) : seconds{0};
}

wall_time to_wall(const local_time& x, seconds offset) {
  auto date = year{x.year} / month{static_cast<unsigned>(x.month)}
              / day{static_cast<unsigned>(x.day)};
  return sys_days{date} + hours{x.hour} + minutes{x.minute} + seconds{x.second}
         - offset;
}

/// The first whole second in (`from`, `to`] at which the offset is another than
/// at `from`.
std::optional<wall_time> transition_after(const zone_offset& zone,
                                          wall_time from, wall_time to) {
  auto before = offset_at(zone, from);
  while (from < to) {
    auto low = from;
    auto high = std::min<wall_time>(from + stride, to);
    from = high;
    if (offset_at(zone, high) == before)
      continue;
    while (high - low > seconds{1}) {
      auto middle = low + floor<seconds>((high - low) / 2);
      (offset_at(zone, middle) == before ? low : high) = middle;
    }
    return high;
  }
  return std::nullopt;
}

} // namespace

local_time to_local(wall_time time, seconds offset) {
  auto local = floor<seconds>(time) + offset;
  auto midnight = floor<days>(local);
  auto date = year_month_day{midnight};
  auto clock = hh_mm_ss{local - midnight};
  return {.year = int{date.year()},
          .month = static_cast<int>(unsigned{date.month()}),
          .day = static_cast<int>(unsigned{date.day()}),
          .hour = static_cast<int>(clock.hours().count()),
          .minute = static_cast<int>(clock.minutes().count()),
          .second = static_cast<int>(clock.seconds().count())};
}

// Between two changes of the offset, local time is as good as any other. The
// search goes from one such stretch to the next.
std::optional<wall_time> next_tick(const cron& expression, wall_time now,
                                   const zone_offset& zone) {
  auto stretch = wall_time{floor<seconds>(now)};
  auto after = stretch;
  while (true) {
    auto offset = offset_at(zone, stretch);
    auto found = next(expression, to_local(after, offset));
    auto tick = found ? std::optional{to_wall(*found, offset)} : std::nullopt;
    // Even an expression that is over may be met again by an hour that occurs
    // twice.
    auto limit = tick.value_or(stretch + days{1});
    auto change = transition_after(zone, stretch, limit);
    if (!change)
      return tick;
    stretch = *change;
    after = *change - seconds{1};
  }
}

} // namespace cts::schedule

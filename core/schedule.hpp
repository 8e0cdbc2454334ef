#pragma once

#include "core/error.hpp"
#include "core/types.hpp"

#include <array>
#include <bitset>
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// When a scheduled task runs: cron expressions of five fields (minute, hour,
/// day of month, month, day of week), six (and a year), or seven (and seconds
/// in front). Pure: the caller gives the time. Source: spec monitoring,
/// 2.7.
namespace cts::schedule {

/// A time as the clock on the wall shows it. Members count as people do:
/// months and days from 1.
struct local_time {
  int year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  auto operator<=>(const local_time&) const = default;
};

/// The first and the last year that an expression can name.
inline constexpr int year_min = 1970;
inline constexpr int year_max = 2099;

/// A parsed expression. A default one never fires.
struct cron {
  /// `W`: the weekday nearest to each of these days.
  std::bitset<32> nearest_weekdays{};
  std::bitset<32> days{};
  /// `L` and `LW`.
  bool last_day = false;
  bool last_weekday = false;
  /// Sunday is 0.
  std::bitset<7> weekdays{};
  /// `5L`: the last one of the month.
  std::bitset<7> last_weekdays{};
  /// `5#2`: the second one of the month, counted from 1.
  std::array<std::bitset<7>, 6> nth_weekdays{};
  /// A day field other than `*` or `?`. If both are, either may match.
  bool days_restricted = false;
  bool weekdays_restricted = false;
  std::bitset<60> seconds{};
  std::bitset<60> minutes{};
  std::bitset<24> hours{};
  std::bitset<13> months{};
  std::bitset<year_max - year_min + 1> years{};
  /// Sentences on what the author probably did not mean, for the log.
  std::vector<std::string> warnings{};
};

/// Reads an expression. Errors: `errc::configuration` with the reason in the
/// reference's words, for example `syntax error in hour field: '25'`.
result<cron> parse(std::string_view text);

/// The first match strictly after `now`, or nothing if there is none. A time
/// that the local zone skips or repeats is the caller's affair: one that does
/// not exist is skipped by asking again from it, one that occurs twice is met
/// twice.
std::optional<local_time> next(const cron& expression, const local_time& now);

/// The first tick strictly after `now`, in whole seconds, or nothing if there
/// is none. A local time that `zone` skips is skipped; one that occurs twice is
/// met twice. An empty `zone` is UTC.
std::optional<wall_time> next_tick(const cron& expression, wall_time now,
                                   const zone_offset& zone);

/// What the clock on the wall shows at `time` if it is `offset` ahead of UTC.
local_time to_local(wall_time time, std::chrono::seconds offset);

} // namespace cts::schedule

#include "api/time_text.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace cts::api {

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

template <class... Args>
std::string formatted(const char* format, Args... args) {
  auto buffer = std::array<char, 64>{};
  std::snprintf(buffer.data(), buffer.size(), format, args...);
  return buffer.data();
}

/// A time in a zone, cut into what its text consists of.
struct local_time {
  std::string to_seconds;
  long nanoseconds_part = 0;
  long offset_seconds = 0;
};

local_time in_zone(wall_time time, const zone_offset& zone) {
  const auto offset = zone ? zone(time) : seconds{0};
  const auto local = std::chrono::time_point_cast<nanoseconds>(time) + offset;
  const auto whole = std::chrono::floor<seconds>(local);
  const auto day = std::chrono::floor<std::chrono::days>(whole);
  const auto date = std::chrono::year_month_day{day};
  const auto clock = std::chrono::hh_mm_ss{whole - day};
  return {.to_seconds = formatted("%04d-%02u-%02uT%02ld:%02ld:%02ld",
                                  static_cast<int>(date.year()),
                                  static_cast<unsigned>(date.month()),
                                  static_cast<unsigned>(date.day()),
                                  static_cast<long>(clock.hours().count()),
                                  static_cast<long>(clock.minutes().count()),
                                  static_cast<long>(clock.seconds().count())),
          .nanoseconds_part = static_cast<long>((local - whole).count()),
          .offset_seconds = static_cast<long>(offset.count())};
}

std::string offset_text(long offset, const char* colon) {
  if (offset == 0)
    return "Z";
  const auto minutes = std::labs(offset) / 60;
  return formatted("%c%02ld%s%02ld", offset < 0 ? '-' : '+', minutes / 60,
                   colon, minutes % 60);
}

} // namespace

std::string time_text(wall_time time, const zone_offset& zone) {
  const auto local = in_zone(time, zone);
  auto text = local.to_seconds;
  if (local.nanoseconds_part != 0) {
    text += formatted(".%09ld", local.nanoseconds_part);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + offset_text(local.offset_seconds, ":");
}

std::string log_time_text(wall_time time, const zone_offset& zone) {
  const auto local = in_zone(time, zone);
  return local.to_seconds
         + formatted(".%03ld", local.nanoseconds_part / 1'000'000)
         + offset_text(local.offset_seconds, "");
}

} // namespace cts::api

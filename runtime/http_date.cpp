#include "runtime/http_date.hpp"

#include <array>
#include <cstdio>

namespace cts::http {

std::string date_text(wall_time time) {
  static constexpr auto weekdays = std::array<const char*, 7>{
    "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr auto months
    = std::array<const char*, 12>{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const auto date = std::chrono::year_month_day{day};
  const auto clock = std::chrono::hh_mm_ss{seconds - day};
  auto text = std::array<char, 64>{};
  std::snprintf(
    text.data(), text.size(), "%s, %02u %s %04d %02ld:%02ld:%02ld GMT",
    weekdays[std::chrono::weekday{day}.c_encoding()],
    static_cast<unsigned>(date.day()),
    months[static_cast<unsigned>(date.month()) - 1],
    static_cast<int>(date.year()), static_cast<long>(clock.hours().count()),
    static_cast<long>(clock.minutes().count()),
    static_cast<long>(clock.seconds().count()));
  return text.data();
}

} // namespace cts::http

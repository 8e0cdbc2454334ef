#include "core/rfc3339.hpp"

#include <array>
#include <cstdio>

namespace cts::rfc3339 {

namespace {

using namespace std::chrono;

/// Takes digits, a fixed number of them, from the front of a text.
class scanner {
public:
  explicit scanner(std::string_view text) : rest_{text} {}

  int digits(std::size_t count) {
    auto out = 0;
    for (auto i = std::size_t{0}; i < count; ++i)
      out = out * 10 + digit();
    return out;
  }

  bool next(char c) {
    if (rest_.empty() || rest_.front() != c)
      return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char c) { good_ = next(c) && good_; }

  /// Nanoseconds of `.123...`; 0 without a fraction.
  int fraction() {
    if (!next('.'))
      return 0;
    auto out = 0;
    auto scale = 100'000'000;
    do {
      out += digit() * scale;
      scale /= 10;
    } while (good_ && at_digit());
    return out;
  }

  bool done() const { return good_ && rest_.empty(); }

private:
  bool at_digit() const {
    return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
  }

  int digit() {
    if (!at_digit()) {
      good_ = false;
      return 0;
    }
    auto out = rest_.front() - '0';
    rest_.remove_prefix(1);
    return out;
  }

  std::string_view rest_;
  bool good_ = true;
};

seconds read_offset(scanner& from) {
  if (from.next('Z') || from.next('z'))
    return seconds{0};
  auto east = from.next('+');
  if (!east)
    from.expect('-');
  auto hour = hours{from.digits(2)};
  from.expect(':');
  auto offset = hour + minutes{from.digits(2)};
  return east ? offset : -offset;
}

} // namespace

std::string to_string(wall_time time) {
  const auto exact = floor<microseconds>(time);
  const auto day = floor<days>(exact);
  const auto date = year_month_day{day};
  const auto clock = hh_mm_ss{exact - day};
  auto out = std::array<char, 48>{};
  std::snprintf(
    out.data(), out.size(), "%04d-%02u-%02uT%02ld:%02ld:%02ld.%06ldZ",
    static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
    static_cast<unsigned>(date.day()), static_cast<long>(clock.hours().count()),
    static_cast<long>(clock.minutes().count()),
    static_cast<long>(clock.seconds().count()),
    static_cast<long>(clock.subseconds().count()));
  return out.data();
}

std::optional<wall_time> parse(std::string_view text) {
  auto from = scanner{text};
  auto y = from.digits(4);
  from.expect('-');
  auto m = from.digits(2);
  from.expect('-');
  auto d = from.digits(2);
  if (!from.next('t'))
    from.expect('T');
  auto hour = from.digits(2);
  from.expect(':');
  auto minute = from.digits(2);
  from.expect(':');
  auto second = from.digits(2);
  auto part = from.fraction();
  auto offset = read_offset(from);
  auto date = year_month_day{year{y}, month{static_cast<unsigned>(m)},
                             day{static_cast<unsigned>(d)}};
  // 60: a leap second. Years beyond do not fit into 64 bits of nanoseconds.
  if (!from.done() || !date.ok() || hour > 23 || minute > 59 || second > 60
      || y < 1678 || y > 2261)
    return std::nullopt;
  auto whole = sys_days{date} + hours{hour} + minutes{minute} + seconds{second};
  return wall_time{(whole - offset).time_since_epoch() + nanoseconds{part}};
}

wall_time to_microseconds(wall_time time) {
  return floor<microseconds>(time);
}

} // namespace cts::rfc3339

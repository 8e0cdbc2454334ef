#include "core/go_duration.hpp"

#include "core/decimal.hpp"
#include "core/go_text.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace cts::go_duration {

namespace {

using magnitude = std::uint64_t;

constexpr auto magnitude_max = magnitude{1} << 63;

constexpr std::pair<std::string_view, magnitude> units[] = {
  {"ns", 1},
  {"us", 1'000},
  {"\u00B5s", 1'000},
  {"\u03BCs", 1'000},
  {"ms", 1'000'000},
  {"s", 1'000'000'000},
  {"m", 60'000'000'000},
  {"h", 3'600'000'000'000},
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view take_while_digit(std::string_view& text) {
  auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

std::optional<magnitude> unit_of(std::string_view name) {
  for (const auto& [unit, nanoseconds] : units)
    if (unit == name)
      return nanoseconds;
  return std::nullopt;
}

/// Nothing if `digits` of `unit` are more than fits.
std::optional<magnitude> whole_part(std::string_view digits, magnitude unit) {
  auto value = magnitude{0};
  for (auto c : digits) {
    auto digit = static_cast<magnitude>(c - '0');
    if (value > (magnitude_max - digit) / 10)
      return std::nullopt;
    value = value * 10 + digit;
  }
  if (value > magnitude_max / unit)
    return std::nullopt;
  return value * unit;
}

// As many digits as fit; the rest is below a nanosecond anyway.
magnitude fraction_part(std::string_view digits, magnitude unit) {
  auto value = magnitude{0};
  auto scale = 1.0;
  for (auto c : digits) {
    if (value > (magnitude_max - 9) / 10)
      break;
    value = value * 10 + static_cast<magnitude>(c - '0');
    scale *= 10;
  }
  return static_cast<magnitude>(static_cast<double>(value)
                                * (static_cast<double>(unit) / scale));
}

/// Nanoseconds below a second, in the largest unit that leaves a whole part.
std::string below_a_second(magnitude x) {
  auto [unit, size] = x < 1'000       ? std::pair{"ns", 1.0}
                      : x < 1'000'000 ? std::pair{"\u00B5s", 1e3}
                                      : std::pair{"ms", 1e6};
  return decimal::shortest(static_cast<double>(x) / size) + unit;
}

std::string seconds_of(magnitude nanoseconds) {
  auto fraction = std::to_string(nanoseconds % 1'000'000'000);
  fraction.insert(0, 9 - fraction.size(), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return std::to_string(nanoseconds / 1'000'000'000)
         + (fraction.empty() ? "" : "." + fraction) + "s";
}

} // namespace

result<std::chrono::nanoseconds> parse(std::string_view text) {
  auto refuse = [&](std::string_view reason) {
    return fail(errc::configuration, "time: ", reason, "duration ",
                go_quote_ascii(text));
  };
  auto rest = text;
  auto negative = rest.starts_with('-');
  if (negative || rest.starts_with('+'))
    rest.remove_prefix(1);
  if (rest == "0")
    return std::chrono::nanoseconds{0};
  if (rest.empty())
    return refuse("invalid ");
  auto total = magnitude{0};
  while (!rest.empty()) {
    auto whole = take_while_digit(rest);
    auto point = rest.starts_with('.');
    if (point)
      rest.remove_prefix(1);
    auto fraction = point ? take_while_digit(rest) : std::string_view{};
    if (whole.empty() && fraction.empty())
      return refuse("invalid ");
    auto end = std::find_if(rest.begin(), rest.end(),
                            [](char c) { return c == '.' || is_digit(c); });
    auto name = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    if (name.empty())
      return refuse("missing unit in ");
    rest.remove_prefix(name.size());
    auto unit = unit_of(name);
    if (!unit)
      return refuse("unknown unit " + go_quote_ascii(name) + " in ");
    auto part = whole_part(whole, *unit);
    if (!part)
      return refuse("invalid ");
    total += *part + fraction_part(fraction, *unit);
    if (total > magnitude_max)
      return refuse("invalid ");
  }
  if (total == magnitude_max && !negative)
    return refuse("invalid ");
  return std::chrono::nanoseconds{
    static_cast<std::int64_t>(negative ? 0 - total : total)};
}

std::string to_string(std::chrono::nanoseconds x) {
  if (x.count() == 0)
    return "0s";
  auto negative = x.count() < 0;
  auto rest = static_cast<magnitude>(x.count());
  rest = negative ? 0 - rest : rest;
  auto sign = std::string{negative ? "-" : ""};
  constexpr auto second = magnitude{1'000'000'000};
  if (rest < second)
    return sign + below_a_second(rest);
  auto hours = rest / (3600 * second);
  auto minutes = rest / (60 * second) % 60;
  if (hours > 0)
    sign += std::to_string(hours) + "h";
  if (hours > 0 || minutes > 0)
    sign += std::to_string(minutes) + "m";
  return sign + seconds_of(rest % (60 * second));
}

} // namespace cts::go_duration

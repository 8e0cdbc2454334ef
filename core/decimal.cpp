#include "core/decimal.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace cts::decimal {

namespace {

std::string_view take_digits(std::string_view& text) {
  auto count = std::min(text.find_first_not_of("0123456789"), text.size());
  auto digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

/// An exponent of at most four digits: `e+10`.
std::optional<int> take_exponent(std::string_view& text) {
  if (text.empty())
    return 0;
  if (text.front() != 'e' && text.front() != 'E')
    return std::nullopt;
  text.remove_prefix(1);
  if (text.starts_with('+'))
    text.remove_prefix(1);
  auto value = 0;
  auto [end, failed]
    = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || value > 9999 || value < -9999)
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

/// `digits` with a decimal point behind the first `point` of them.
std::string place_point(std::string digits, long point) {
  auto zeros = [](long count) {
    return std::string(static_cast<std::size_t>(count), '0');
  };
  if (point <= 0)
    return "0." + zeros(-point) + digits;
  auto size = static_cast<long>(digits.size());
  if (point >= size)
    return digits + zeros(point - size);
  digits.insert(static_cast<std::size_t>(point), 1, '.');
  return digits;
}

unsigned take_base(std::string_view& text, bool automatic_base) {
  auto second = text.size() > 1 && text.front() == '0' ? text[1] | 0x20 : 0;
  auto base = second == 'x'                     ? 16u
              : automatic_base && second == 'o' ? 8u
              : automatic_base && second == 'b' ? 2u
                                                : 0u;
  if (base != 0) {
    text.remove_prefix(2);
    return base;
  }
  if (second == 0)
    return 10;
  text.remove_prefix(1);
  return 8;
}

/// Underscores may only separate digits, or a base from digits.
std::optional<std::string> without_underscores(std::string_view text) {
  auto result = std::string{};
  auto digit_before = false;
  for (auto c : text) {
    if (c == '_' && !digit_before)
      return std::nullopt;
    digit_before = c != '_';
    if (digit_before)
      result += c;
  }
  return digit_before ? std::optional{result} : std::nullopt;
}

} // namespace

std::optional<std::string> canonical(std::string_view text) {
  auto negative = text.starts_with('-');
  if (negative || text.starts_with('+'))
    text.remove_prefix(1);
  auto digits = std::string{take_digits(text)};
  auto point = static_cast<long>(digits.size());
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits += take_digits(text);
  }
  auto exponent = take_exponent(text);
  if (digits.empty() || !exponent || !text.empty())
    return std::nullopt;
  auto leading = std::min(digits.find_first_not_of('0'), digits.size());
  digits.erase(0, leading);
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.empty())
    return "0";
  point += *exponent - static_cast<long>(leading);
  if (point > exponent_max + 1 || point < -2 * exponent_max)
    return std::nullopt;
  return (negative ? "-" : "") + place_point(std::move(digits), point);
}

std::optional<std::int64_t> integer(std::string_view text, bool automatic_base,
                                    bool* out_of_range) {
  auto negative = text.starts_with('-');
  if (negative || (automatic_base && text.starts_with('+')))
    text.remove_prefix(1);
  auto base = take_base(text, automatic_base);
  auto digits = automatic_base && base != 10 && text.starts_with('_')
                  ? without_underscores(text.substr(1))
                : automatic_base ? without_underscores(text)
                                 : std::optional{std::string{text}};
  if (!digits || digits->empty())
    return std::nullopt;
  auto magnitude = std::uint64_t{0};
  auto end = digits->data() + digits->size();
  auto [stop, failed]
    = std::from_chars(digits->data(), end, magnitude, static_cast<int>(base));
  if (stop != end || failed == std::errc::invalid_argument)
    return std::nullopt;
  constexpr auto limit = std::uint64_t{1} << 63;
  if (failed != std::errc{} || magnitude > limit - (negative ? 0 : 1)) {
    if (out_of_range != nullptr)
      *out_of_range = true;
    return std::nullopt;
  }
  return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
}

std::string shortest(double x) {
  // Longer than the 309 digits of the largest and the 1077 of the smallest.
  auto buffer = std::array<char, 1100>{};
  auto [end, failed] = std::to_chars(
    buffer.data(), buffer.data() + buffer.size(), x, std::chars_format::fixed);
  return failed == std::errc{} ? std::string(buffer.data(), end) : "0";
}

} // namespace cts::decimal

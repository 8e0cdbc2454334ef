#include "api/duration_text.hpp"

#include <cstdint>

namespace cts::api {

namespace {

constexpr auto second = std::uint64_t{1'000'000'000};

/// `count` units of `unit` nanoseconds as a decimal without trailing zeros.
std::string decimal(std::uint64_t count, std::uint64_t unit) {
  auto text = std::to_string(count / unit);
  auto fraction = std::string{};
  for (auto rest = count % unit; rest != 0; rest %= unit) {
    rest *= 10;
    fraction += static_cast<char>('0' + rest / unit);
  }
  return fraction.empty() ? text : text + "." + fraction;
}

std::string positive_text(std::uint64_t count) {
  if (count == 0)
    return "0s";
  if (count < 1'000)
    return decimal(count, 1) + "ns";
  if (count < 1'000'000)
    return decimal(count, 1'000) + "µs";
  if (count < second)
    return decimal(count, 1'000'000) + "ms";
  const auto minutes = count / (60 * second);
  auto text = decimal(count % (60 * second), second) + "s";
  if (minutes > 0)
    text = std::to_string(minutes % 60) + "m" + text;
  if (minutes >= 60)
    text = std::to_string(minutes / 60) + "h" + text;
  return text;
}

} // namespace

std::string duration_text(std::chrono::nanoseconds span) {
  const auto count = span.count();
  if (count >= 0)
    return positive_text(static_cast<std::uint64_t>(count));
  return "-" + positive_text(~static_cast<std::uint64_t>(count) + 1);
}

} // namespace cts::api

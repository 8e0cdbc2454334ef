#pragma once

#include <chrono>
#include <cstdint>

namespace cts::simulation {

using std::chrono::nanoseconds;

/// The monotonic clock of one machine beside the time of the world: it is too
/// fast or too slow, and stands still while the machine does. Times are since
/// the beginning of the world and at most some days.
class drifting_clock {
public:
  /// At most 9'000, that is 0.9 %, in both directions.
  explicit drifting_clock(std::int64_t parts_per_million = 0)
    : rate_(million + parts_per_million) {}

  /// What it shows when the world has reached `now`.
  nanoseconds read(nanoseconds now) const {
    return nanoseconds{scale((now - stood_).count(), rate_, million)};
  }

  /// The first time of the world at which it shows `reading` or more.
  nanoseconds when(nanoseconds reading) const {
    auto out = nanoseconds{scale(reading.count(), million, rate_)} + stood_;
    while (read(out) < reading)
      ++out;
    return out;
  }

  /// It has stood still for `span`, up to now.
  void stand(nanoseconds span) { stood_ += span; }

private:
  static constexpr auto million = std::int64_t{1'000'000};

  static std::int64_t scale(std::int64_t x, std::int64_t by, std::int64_t of) {
    return x / of * by + x % of * by / of;
  }

  std::int64_t rate_;
  nanoseconds stood_{0};
};

} // namespace cts::simulation

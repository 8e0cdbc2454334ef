#pragma once

#include <chrono>
#include <cstdint>

namespace cts::simulation {

using std::chrono::nanoseconds;

/// A stream of numbers that its seed determines on every machine (SplitMix64);
/// the distributions of the standard library differ between libraries.
class random_stream {
public:
  explicit random_stream(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    auto z = state_ += 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }

  /// From 0 to `limit` - 1; `limit` is positive. Biased by less than 2^-32.
  std::size_t below(std::size_t limit) { return next() % limit; }

  /// True in `percent` of 100 cases.
  bool chance(unsigned percent) { return next() % 100 < percent; }

  /// Both ends included.
  nanoseconds between(nanoseconds least, nanoseconds most) {
    auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
    return least + nanoseconds{static_cast<std::int64_t>(next() % span)};
  }

private:
  std::uint64_t state_;
};

} // namespace cts::simulation

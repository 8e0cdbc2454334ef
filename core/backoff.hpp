#pragma once

#include "core/machine.hpp"

#include <algorithm>
#include <cstdint>

namespace cts {

/// How long to wait before asking again what has failed: doubling, bounded and
/// spread, so that many who failed together do not come back together.
struct backoff {
  /// The longest wait after the first failure.
  duration base = std::chrono::seconds{1};
  /// The longest wait after any number of failures.
  duration cap = std::chrono::seconds{60};
};

/// The wait after `failures` failures in a row (counted from 1). `jitter` in
/// [0, 1) picks a place in the upper half of the range.
inline duration delay_of(const backoff& x, std::uint32_t failures,
                         double jitter) {
  auto longest = std::min(x.base, x.cap);
  for (auto i = 1u; i < failures && longest < x.cap; ++i)
    longest = longest > x.cap / 2 ? x.cap : longest * 2;
  return std::chrono::duration_cast<duration>(longest * (0.5 + 0.5 * jitter));
}

} // namespace cts

#pragma once

#include "core/machine.hpp"

#include <algorithm>

namespace cts {

/// Bounds a rate: `burst` starts at once, then one per `interval`. Instead of
/// counting tokens it keeps the time at which the bucket is full again.
struct token_bucket {
  duration interval{0};
  int burst = 1;
  time_point full_at{};
};

/// When the next token is there; `now` or earlier if there is one.
inline time_point next_token(const token_bucket& x) {
  return x.full_at - x.interval * (x.burst - 1);
}

/// Takes a token if there is one.
inline bool take_token(token_bucket& x, time_point now) {
  if (now < next_token(x))
    return false;
  x.full_at = std::max(x.full_at, now) + x.interval;
  return true;
}

} // namespace cts

#pragma once

#include <cstdlib>

namespace cts::test {

/// How often a test repeats what it does: CTS_REPEATS, or so many times.
inline int repeats(int usual) {
  const auto* wanted = std::getenv("CTS_REPEATS");
  return wanted == nullptr ? usual : std::atoi(wanted);
}

} // namespace cts::test

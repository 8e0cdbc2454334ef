#pragma once

#include <cstdlib>

namespace cts::test {

/// Whether a sanitizer makes everything several times slower.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr auto is_sanitized = true;
#else
inline constexpr auto is_sanitized = false;
#endif

/// How often a test repeats what it does: CTS_REPEATS, or so many times.
inline int repeats(int usual) {
  const auto* wanted = std::getenv("CTS_REPEATS");
  return wanted == nullptr ? usual : std::atoi(wanted);
}

} // namespace cts::test

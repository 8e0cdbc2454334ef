#include "runtime/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace cts {

random_source system_random() {
  return [] {
    auto bits = std::uint64_t{0};
    // Up to 256 bytes are never cut short once the kernel's pool is ready.
    if (::getrandom(&bits, sizeof bits, 0) != sizeof bits)
      throw std::system_error{errno, std::generic_category(), "getrandom"};
    return bits;
  };
}

} // namespace cts

#include "core/ha/types.hpp"

namespace cts::ha {

const char* to_string(role x) {
  constexpr const char* names[]
    = {"joining",   "follower", "candidate", "loading", "leader",
       "suspended", "draining", "lost",      "stopped"};
  return names[static_cast<std::size_t>(x)];
}

} // namespace cts::ha

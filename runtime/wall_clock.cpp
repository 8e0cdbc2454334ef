#include "runtime/wall_clock.hpp"

#include <ctime>

namespace cts {

wall_clock system_wall_clock() {
  return [] { return std::chrono::system_clock::now(); };
}

std::function<std::chrono::seconds(wall_time)> local_zone_offset() {
  return [](wall_time time) {
    auto seconds = std::chrono::system_clock::to_time_t(time);
    auto local = std::tm{};
    localtime_r(&seconds, &local);
    return std::chrono::seconds{local.tm_gmtoff};
  };
}

} // namespace cts

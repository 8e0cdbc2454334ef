#pragma once

#include "core/types.hpp"

#include <chrono>
#include <functional>

namespace cts {

/// The machine's clock.
wall_clock system_wall_clock();

/// How far the machine's local time is ahead of UTC at a given time (`TZ`).
std::function<std::chrono::seconds(wall_time)> local_zone_offset();

} // namespace cts

#pragma once

#include "core/types.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace cts::api {

using cts::zone_offset;

/// RFC 3339 with up to nanoseconds, zeros at the end of the fraction left out:
/// `2024-05-04T10:30:49.04508Z`, `2024-05-04T12:30:49+02:00`.
std::string time_text(wall_time time, const zone_offset& zone);

/// As log lines show time: `2024-05-04T10:30:49.045Z`, `...+0200`.
std::string log_time_text(wall_time time, const zone_offset& zone);

} // namespace cts::api

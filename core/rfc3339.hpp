#pragma once

#include "core/types.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Times as text. Source: RFC 3339.
namespace cts::rfc3339 {

/// In UTC with microseconds: `2024-05-04T10:30:49.045080Z`. For years 0 to
/// 9999.
std::string to_string(wall_time time);

/// Any offset and any fraction; beyond nanoseconds digits are dropped. Nothing
/// if it is no such time or this machine cannot hold it.
std::optional<wall_time> parse(std::string_view text);

/// The time cut to microseconds: what `to_string` keeps.
wall_time to_microseconds(wall_time time);

} // namespace cts::rfc3339

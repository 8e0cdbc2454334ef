#pragma once

#include "core/error.hpp"

#include <chrono>
#include <string>
#include <string_view>

/// Durations as Go writes them: `1h30m`, `500ms`, `-2.5s`. Source: spec
/// configuration, 1.7.
namespace cts::go_duration {

/// Reads one; a bare `0` needs no unit. Errors: `errc::configuration` with the
/// text of Go's parser, for example `time: missing unit in duration "5"`.
result<std::chrono::nanoseconds> parse(std::string_view text);

/// Go's form: `5s`, `1m30s`, `2m0s`, `500ms`, `0s`.
std::string to_string(std::chrono::nanoseconds x);

} // namespace cts::go_duration

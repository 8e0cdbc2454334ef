#pragma once

#include "actors/log.hpp"

#include <optional>
#include <string>

namespace cts {

/// The level that a `log_level` setting names (TRACE, DEBUG, INFO, WARN, ERR or
/// ERROR, in any case), or nothing.
std::optional<log::level> level_of(const std::string& setting);

/// Sends log lines of `least` and above to standard error, each written as
/// a whole. Call before other threads log.
void log_to_stderr(log::level least);

/// Changes the threshold, at any time and from any thread.
void set_log_threshold(log::level x);

/// Writes one line to standard error, for a process without a logger.
void write_line(const log::line& line);

} // namespace cts

#pragma once

#include "actors/log.hpp"

#include <chrono>
#include <string>

namespace cts {

/// The text of one log line without its end, in the format that operators of
/// the reference know: `<time> [LEVEL] component: sentence: key=value`. Values
/// with more than one line become a block. Source: spec chapter cli, 15.1.
/// `utc_offset` is the offset of local time at `now`.
std::string format_line(const log::line& line,
                        std::chrono::system_clock::time_point now,
                        std::chrono::seconds utc_offset);

} // namespace cts

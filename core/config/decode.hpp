#pragma once

#include "core/config/block.hpp"
#include "core/config/report.hpp"

namespace cts::config {

/// Reads one file: syntax, types, unknown keys. What is wrong goes to `to`, all
/// of it; the block then holds what could be understood. Nothing if the syntax
/// is wrong. `index` numbers the file among all. Source: spec
/// configuration, 1.4 to 1.8.
std::optional<block> decode(const source& file, std::uint32_t index,
                            report& to);

} // namespace cts::config

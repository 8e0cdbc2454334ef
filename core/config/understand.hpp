#pragma once

#include "core/config/block.hpp"
#include "core/config/report.hpp"

#include <optional>

namespace cts::config {

/// A configuration as it was written, and what it means.
struct understood {
  block root{};
  settings value{};
};

/// Reads, fills in and checks. What is wrong goes to `to`; nothing after an
/// error.
std::optional<understood> understand(const std::vector<source>& files,
                                     const surroundings& around, report& to);

} // namespace cts::config

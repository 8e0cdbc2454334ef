#pragma once

#include "core/config/block.hpp"
#include "core/config/report.hpp"

namespace cts::config {

/// Fills in what the files leave open: environment, derived values, defaults.
/// Never fails as a whole: what cannot be determined is reported to `to` and
/// has its default. Source: spec configuration, 2 and 4.1.
settings finalize(const block& root, const surroundings& around, report& to);

} // namespace cts::config

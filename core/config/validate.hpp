#pragma once

#include "core/config/block.hpp"
#include "core/config/report.hpp"

namespace cts::config {

/// A configuration to be checked: what was written, what it means, and what is
/// known besides.
struct candidate {
  const block& root;
  const settings& value;
  const surroundings& around;
};

/// Reports everything that is wrong, in the order in which the reference looks
/// for it. Source: spec configuration, 3.
void validate(const candidate& x, report& to);

} // namespace cts::config

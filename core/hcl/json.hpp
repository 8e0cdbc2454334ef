#pragma once

#include "core/hcl/node.hpp"

#include <string_view>

namespace cts::hcl {

/// Reads a `.json` file: strict JSON, one object or null; of repeated keys the
/// last one counts, numbers are floating point. Errors: `errc::configuration`
/// with the text of Go's decoder and the range, whose file is left empty.
/// Source: spec configuration, 1.5.
result<node> parse_json(std::string_view text);

/// Reads a `.hcl` file that begins with `{`: JSON whose objects are blocks, so
/// that repeated keys collect as they do in HCL. Errors: as `parse`.
result<body> parse_hcl_json(std::string_view text);

} // namespace cts::hcl

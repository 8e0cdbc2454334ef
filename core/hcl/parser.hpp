#pragma once

#include "core/error.hpp"
#include "core/hcl/ast.hpp"

#include <string_view>

namespace cts::hcl {

/// Objects and lists may be nested this deep; each label counts as one.
inline constexpr unsigned nesting_max = 100;

/// Reads an HCL 1 file. Errors: `errc::configuration` with the text
/// `At <line>:<column>: <reason>` and the range, whose file is left empty.
/// Takes time in proportion to the length of `text` and never recurses deeper
/// than `nesting_max`.
result<body> parse(std::string_view text);

} // namespace cts::hcl

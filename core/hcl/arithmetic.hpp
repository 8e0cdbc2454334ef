#pragma once

#include "core/value.hpp"

#include <compare>
#include <optional>

/// Calculates with numbers of a hundred decimal digits.
namespace cts::hcl {

/// The result of `a op b` with `op` one of `+ - * / %`; nothing when divided
/// by zero or beyond the largest number.
std::optional<number> calculate(const number& a, char op, const number& b);

std::strong_ordering compare(const number& a, const number& b);

} // namespace cts::hcl

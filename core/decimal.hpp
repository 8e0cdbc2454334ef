#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Decimal numbers as exact text, the form that `cts::number` holds.
namespace cts::decimal {

/// Numbers of a larger magnitude than 10^308 are refused: nothing downstream
/// could hold them.
inline constexpr int exponent_max = 308;

/// The canonical form of `digits[.digits][e[+-]digits]`, perhaps with a sign:
/// no exponent, no `+`, no superfluous zeros. Nothing if it is no such number
/// or too large.
std::optional<std::string> canonical(std::string_view text);

/// The value of an integer in Go's notation: decimal, `0x`, and with
/// `automatic_base` also `0b`, `0o` and underscores between digits; a leading
/// zero means octal. Nothing if it is no integer or does not fit 64 bits;
/// then `*out_of_range` says which.
std::optional<std::int64_t> integer(std::string_view text, bool automatic_base,
                                    bool* out_of_range = nullptr);

/// The shortest text that reads back as `x`, without an exponent.
std::string shortest(double x);

} // namespace cts::decimal

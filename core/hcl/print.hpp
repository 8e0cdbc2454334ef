#pragma once

#include "core/hcl/node.hpp"

#include <string>
#include <string_view>

namespace cts::hcl {

/// Writes a file of HCL 1: two blanks of indentation, the `=` of neighbouring
/// attributes below each other, blank lines around blocks, each item's remark
/// as a comment at the end of its line. `parse` reads the same items back,
/// places and remarks apart. Takes time in proportion to the text; nests as
/// deep as `items` does.
std::string print(const body& items);

/// `text` between double quotes, as HCL 1 reads it. An interpolation that is
/// complete stays as it is.
std::string quote(std::string_view text);

/// Writes strict JSON over several lines, with a line break at the end. What is
/// no UTF-8 becomes U+FFFD. `parse_json` reads the same values back if `root`
/// is an object, places apart; JSON knows one kind of number.
std::string print_json(const node& root);

} // namespace cts::hcl

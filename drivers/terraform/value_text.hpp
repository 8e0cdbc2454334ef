#pragma once

#include "core/value.hpp"
#include "drivers/terraform/document.hpp"

#include <string>
#include <string_view>

namespace cts::terraform {

/// `text` as a quoted template without interpolation. Source: spec chapter
/// terraform-driver, 1.4.
std::string string_text(std::string_view text);

/// Letter or `_` first, then letters, digits, `_`, `-`.
bool is_identifier(std::string_view text);

/// `key` as it stands before `=` in a map: bare if it is an identifier.
std::string key_text(std::string_view key);

/// Writes `x` behind what the current line has.
void write_value(document& out, const value& x);

/// Writes the type constraint that `x` fits (1.6).
void write_type(document& out, const value& x);

} // namespace cts::terraform

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// The little of Unicode that generated files need.
namespace cts::terraform {

/// One code point and the number of bytes it was read from. Bytes that are no
/// UTF-8 are read one at a time as U+FFFD with `valid` false.
struct code_point {
  char32_t value = 0;
  std::size_t bytes = 1;
  bool valid = true;
};

/// The code point at the start of `text`, which must not be empty.
code_point first_code_point(std::string_view text);

/// Appends `value` as UTF-8.
void append_utf8(std::string& text, char32_t value);

bool is_valid_utf8(std::string_view text);

/// `text` in normalisation form C; each byte that is no UTF-8 becomes U+FFFD.
std::string normalized(std::string_view text);

/// Letters, marks, numbers, punctuation, symbols and the ASCII space.
bool is_printable(char32_t value);

/// Unicode categories L.
bool is_letter(char32_t value);

/// Unicode category Nd.
bool is_digit(char32_t value);

/// Number of grapheme clusters: what an editor shows as one character each.
std::size_t display_width(std::string_view text);

} // namespace cts::terraform

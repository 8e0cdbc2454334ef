#pragma once

#include <string>
#include <string_view>

/// Code points and the few Unicode classes that names are made of.
namespace cts::unicode {

/// What `decode` answers where the bytes are not UTF-8.
inline constexpr char32_t invalid = 0xFFFFFFFF;

struct decoded {
  /// The code point, or `invalid`.
  char32_t code = invalid;
  /// Bytes it takes, 1 if invalid.
  unsigned bytes = 1;
};

/// The code point that `text` begins with; `text` must not be empty.
decoded decode(std::string_view text);

/// Appends `code` as UTF-8; what is no code point becomes U+FFFD.
void append(std::string& text, char32_t code);

/// The number of code points, an invalid byte counting as one.
std::size_t length(std::string_view text);

/// General category L, as Go's `unicode.IsLetter`.
bool is_letter(char32_t code);

/// General category Nd, as Go's `unicode.IsDigit`.
bool is_digit(char32_t code);

/// May an identifier begin with it (property ID_Start)?
bool is_id_start(char32_t code);

/// May an identifier go on with it (property ID_Continue)?
bool is_id_continue(char32_t code);

} // namespace cts::unicode

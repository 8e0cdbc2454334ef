#include "core/unicode.hpp"

#include <re2/re2.h>

namespace cts::unicode {

namespace {

bool in_range(char32_t code, char32_t first, char32_t last) {
  return first <= code && code <= last;
}

bool is_ascii_letter(char32_t code) {
  return in_range(code | 0x20, U'a', U'z');
}

/// The bytes that UTF-8 announces by its first one; 0 if it cannot be first.
unsigned bytes_of(unsigned char first) {
  if (first < 0x80)
    return 1;
  if (first >= 0xC2 && first <= 0xDF)
    return 2;
  if (first >= 0xE0 && first <= 0xEF)
    return 3;
  return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

bool is_scalar(char32_t code, unsigned bytes) {
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  return code >= smallest[bytes] && code <= 0x10FFFF
         && !in_range(code, 0xD800, 0xDFFF);
}

bool matches(const RE2& expression, char32_t code) {
  if (code > 0x10FFFF)
    return false;
  auto text = std::string{};
  append(text, code);
  return RE2::FullMatch(text, expression);
}

} // namespace

decoded decode(std::string_view text) {
  auto first = static_cast<unsigned char>(text.front());
  auto bytes = bytes_of(first);
  if (bytes == 1)
    return {.code = first, .bytes = 1};
  if (bytes == 0 || text.size() < bytes)
    return {};
  auto code = static_cast<char32_t>(first & (0xFFu >> (bytes + 1)));
  for (auto i = 1u; i < bytes; ++i) {
    auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0u) != 0x80u)
      return {};
    code = (code << 6) | (next & 0x3Fu);
  }
  return is_scalar(code, bytes) ? decoded{.code = code, .bytes = bytes}
                                : decoded{};
}

void append(std::string& text, char32_t code) {
  auto put = [&](char32_t byte) { text += static_cast<char>(byte); };
  if (code > 0x10FFFF || in_range(code, 0xD800, 0xDFFF))
    code = 0xFFFD;
  if (code < 0x80)
    return put(code);
  if (code < 0x800) {
    put(0xC0 | (code >> 6));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

std::size_t length(std::string_view text) {
  auto count = std::size_t{0};
  for (; !text.empty(); ++count)
    text.remove_prefix(decode(text).bytes);
  return count;
}

bool is_letter(char32_t code) {
  if (code < 0x80)
    return is_ascii_letter(code);
  static const auto letter = RE2{"\\p{L}"};
  return matches(letter, code);
}

bool is_digit(char32_t code) {
  if (code < 0x80)
    return in_range(code, U'0', U'9');
  static const auto digit = RE2{"\\p{Nd}"};
  return matches(digit, code);
}

bool is_id_start(char32_t code) {
  if (code < 0x80)
    return is_ascii_letter(code);
  // The second half of the class is Unicode's Other_ID_Start, the exclusion
  // below its Pattern_Syntax.
  static const auto start
    = RE2{"[\\p{L}\\p{Nl}\\x{1885}\\x{1886}\\x{2118}\\x{212E}\\x{309B}"
          "\\x{309C}]"};
  return code != 0x2E2F && matches(start, code);
}

bool is_id_continue(char32_t code) {
  if (code < 0x80)
    return is_ascii_letter(code) || is_digit(code) || code == U'_';
  static const auto more
    = RE2{"[\\p{Mn}\\p{Mc}\\p{Nd}\\p{Pc}\\x{B7}\\x{387}\\x{1369}-\\x{1371}"
          "\\x{19DA}]"};
  return is_id_start(code) || matches(more, code);
}

} // namespace cts::unicode

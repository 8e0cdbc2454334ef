#include "core/go_text.hpp"

#include "core/unicode.hpp"

#include <re2/re2.h>

namespace cts {

namespace {

/// The bytes of a character as Go escapes them, one after the other.
std::string hexadecimal(std::string_view bytes) {
  constexpr auto digits = "0123456789abcdef";
  auto text = std::string{};
  for (auto c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    text += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
  }
  return text;
}

std::string escaped(std::string_view character, char32_t code) {
  switch (code) {
    case U'"': return "\\\"";
    case U'\\': return "\\\\";
    case U'\n': return "\\n";
    case U'\r': return "\\r";
    case U'\t': return "\\t";
    default: return hexadecimal(character);
  }
}

bool is_printable(char32_t code) {
  if (code < 0x80)
    return code >= 0x20 && code != 0x7F && code != U'"' && code != U'\\';
  return code != unicode::invalid && code >= 0xA1 && code != 0xFEFF;
}

template <class Predicate>
std::string quote(std::string_view text, Predicate verbatim) {
  auto result = std::string{"\""};
  while (!text.empty()) {
    auto [code, bytes] = unicode::decode(text);
    auto character = text.substr(0, bytes);
    result
      += verbatim(code) ? std::string{character} : escaped(character, code);
    text.remove_prefix(bytes);
  }
  return result + '"';
}

const char* reason_of(RE2::ErrorCode code) {
  switch (code) {
    case RE2::ErrorBadEscape: return "invalid escape sequence";
    case RE2::ErrorBadCharClass:
    case RE2::ErrorBadCharRange: return "invalid character class range";
    case RE2::ErrorMissingBracket: return "missing closing ]";
    case RE2::ErrorMissingParen: return "missing closing )";
    case RE2::ErrorUnexpectedParen: return "unexpected )";
    case RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case RE2::ErrorRepeatSize: return "invalid repeat count";
    case RE2::ErrorRepeatOp: return "invalid nested repetition operator";
    case RE2::ErrorBadPerlOp: return "invalid or unsupported Perl syntax";
    case RE2::ErrorBadUTF8: return "invalid UTF-8";
    case RE2::ErrorBadNamedCapture: return "invalid named capture";
    case RE2::ErrorPatternTooLarge: return "expression too large";
    default: return "expression nests too deeply";
  }
}

} // namespace

std::string go_quote(std::string_view text) {
  return quote(text, is_printable);
}

std::string go_quote_ascii(std::string_view text) {
  return quote(text,
               [](char32_t code) { return code < 0x80 && is_printable(code); });
}

result<void> check_regexp(const std::string& pattern) {
  auto options = RE2::Options{};
  options.set_log_errors(false);
  auto compiled = RE2{pattern, options};
  if (compiled.ok())
    return {};
  return fail(errc::configuration,
              "error parsing regexp: ", reason_of(compiled.error_code()), ": `",
              compiled.error_arg(), "`");
}

} // namespace cts

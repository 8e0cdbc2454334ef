#include "core/hcl/json_check.hpp"

#include "core/hcl/cursor.hpp"
#include "core/hcl/parser.hpp"

#include <algorithm>

namespace cts::hcl {

namespace {

bool is_decimal(char32_t c) {
  return c >= U'0' && c <= U'9';
}

bool is_hexadecimal(char32_t c) {
  auto lower = c | 0x20;
  return is_decimal(c) || (lower >= U'a' && lower <= U'f');
}

/// A character between single quotes, as Go prints it.
std::string quoted(char32_t c) {
  switch (c) {
    case U'\'': return "'\\''";
    case U'\n': return "'\\n'";
    case U'\r': return "'\\r'";
    case U'\t': return "'\\t'";
    case U'\\': return "'\\\\'";
    default: break;
  }
  auto text = std::string{"'"};
  if (c < 0x20) {
    constexpr auto digits = "0123456789abcdef";
    text += std::string{"\\x"} + digits[c >> 4] + digits[c & 15];
  } else {
    unicode::append(text, c);
  }
  return text + "'";
}

/// Each step answers whether the text is right so far; the first wrong
/// character stays in `failed_`.
class checker {
public:
  explicit checker(std::string_view text) : at_{text} {}

  result<void> run() {
    if (value() && skip_blanks() && !at_.at_end())
      reject(" after top-level value");
    if (failed_)
      return *failed_;
    return {};
  }

private:
  bool skip_blanks() {
    for (auto c = at_.peek();
         c == U' ' || c == U'\t' || c == U'\r' || c == U'\n'; c = at_.peek())
      at_.next();
    return true;
  }

  bool reject(std::string_view context) {
    auto message = at_.at_end() ? std::string{"unexpected end of JSON input"}
                                : "invalid character " + quoted(at_.peek())
                                    + std::string{context};
    return fail_with(std::move(message));
  }

  bool fail_with(std::string message) {
    auto here = at_.here();
    failed_ = error{errc::configuration, std::move(message),
                    source_range{.file = {},
                                 .line = here.line,
                                 .column = here.column,
                                 .end_column = here.column + 1}};
    return false;
  }

  bool take(char32_t c) {
    if (at_.peek() != c)
      return false;
    at_.next();
    return true;
  }

  bool value() {
    skip_blanks();
    switch (auto c = at_.peek()) {
      case U'{': return nested(&checker::object);
      case U'[': return nested(&checker::array);
      case U'"': return string();
      case U't': return word("true");
      case U'f': return word("false");
      case U'n': return word("null");
      default:
        return c == U'-' || is_decimal(c)
                 ? number()
                 : reject(" looking for beginning of value");
    }
  }

  bool nested(bool (checker::*rest)()) {
    if (depth_ == nesting_max)
      return fail_with("exceeded max depth");
    ++depth_;
    at_.next();
    skip_blanks();
    auto right = (this->*rest)();
    --depth_;
    return right;
  }

  bool object() {
    if (take(U'}'))
      return true;
    for (;;) {
      skip_blanks();
      if (at_.peek() != U'"')
        return reject(" looking for beginning of object key string");
      if (!string())
        return false;
      skip_blanks();
      if (!take(U':'))
        return reject(" after object key");
      if (!value())
        return false;
      skip_blanks();
      if (take(U'}'))
        return true;
      if (!take(U','))
        return reject(" after object key:value pair");
    }
  }

  bool array() {
    if (take(U']'))
      return true;
    for (;;) {
      if (!value())
        return false;
      skip_blanks();
      if (take(U']'))
        return true;
      if (!take(U','))
        return reject(" after array element");
    }
  }

  bool string() {
    at_.next();
    for (auto c = at_.peek(); c != U'"'; c = at_.peek()) {
      if (c < 0x20 || at_.at_end())
        return reject(" in string literal");
      if (c == unicode::invalid)
        return fail_with("invalid UTF-8 in string literal");
      at_.next();
      if (c == U'\\' && !escape())
        return false;
    }
    at_.next();
    return true;
  }

  bool escape() {
    constexpr auto letters = std::string_view{"bfnrt\\/\"u"};
    auto c = at_.peek();
    if (c >= 0x80 || letters.find(static_cast<char>(c)) == letters.npos)
      return reject(" in string escape code");
    at_.next();
    for (auto digits = 0; c == U'u' && digits < 4; ++digits) {
      if (!is_hexadecimal(at_.peek()))
        return reject(" in \\u hexadecimal character escape");
      at_.next();
    }
    return true;
  }

  bool digits(std::string_view context) {
    if (!is_decimal(at_.peek()))
      return reject(context);
    while (is_decimal(at_.peek()))
      at_.next();
    return true;
  }

  bool number() {
    take(U'-');
    if (!take(U'0') && !digits(" in numeric literal"))
      return false;
    if (take(U'.') && !digits(" after decimal point in numeric literal"))
      return false;
    if (!take(U'e') && !take(U'E'))
      return true;
    if (!take(U'+'))
      take(U'-');
    return digits(" in exponent of numeric literal");
  }

  bool word(std::string_view expected) {
    for (auto c : expected)
      if (!take(static_cast<char32_t>(c)))
        return reject(" in literal " + std::string{expected} + " (expecting '"
                      + c + "')");
    return true;
  }

  cursor at_;
  unsigned depth_ = 0;
  std::optional<error> failed_{};
};

} // namespace

result<void> check_json(std::string_view text) {
  return checker{text}.run();
}

} // namespace cts::hcl

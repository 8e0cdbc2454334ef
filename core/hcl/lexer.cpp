#include "core/hcl/lexer.hpp"

#include <algorithm>
#include <utility>

namespace cts::hcl {

namespace {

constexpr auto byte_order_mark = char32_t{0xFEFF};

bool is_name_start(char32_t c) {
  return c == U'_' || unicode::is_letter(c);
}

bool is_name_part(char32_t c) {
  return is_name_start(c) || c == U'-' || c == U'.' || unicode::is_digit(c);
}

bool is_decimal(char32_t c) {
  return c >= U'0' && c <= U'9';
}

/// The value of a digit of any base up to 16, or 16.
unsigned digit_value(char32_t c) {
  if (is_decimal(c))
    return static_cast<unsigned>(c - U'0');
  auto lower = c | 0x20;
  return lower >= U'a' && lower <= U'f'
           ? static_cast<unsigned>(lower - U'a' + 10)
           : 16;
}

/// Escapes of one letter: which, and what it stands for.
constexpr std::pair<char32_t, char> escapes[] = {
  {U'a', '\a'}, {U'b', '\b'}, {U'f', '\f'},  {U'n', '\n'}, {U'r', '\r'},
  {U't', '\t'}, {U'v', '\v'}, {U'\\', '\\'}, {U'"', '"'},
};

/// Escapes of a number: how many digits, in which base.
struct numeric_escape {
  unsigned digits;
  unsigned base;
};

numeric_escape numeric_escape_of(char32_t c) {
  switch (c) {
    case U'x': return {.digits = 2, .base = 16};
    case U'u': return {.digits = 4, .base = 16};
    case U'U': return {.digits = 8, .base = 16};
    default: return {.digits = 3, .base = 8};
  }
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/// If `line` holds nothing but `marker`, the blanks before it.
std::optional<std::string_view> indentation(std::string_view line,
                                            std::string_view marker) {
  auto begin = std::find_if_not(line.begin(), line.end(), is_blank);
  auto blanks = line.substr(0, static_cast<std::size_t>(begin - line.begin()));
  auto rest = line.substr(blanks.size());
  if (!rest.starts_with(marker))
    return std::nullopt;
  rest.remove_prefix(marker.size());
  auto only_returns = rest.find_first_not_of('\r') == std::string_view::npos;
  return only_returns ? std::optional{blanks} : std::nullopt;
}

/// Takes `prefix` from the front of each line, if each line begins with it.
std::string unindent(std::string_view content, std::string_view prefix) {
  auto result = std::string{};
  result.reserve(content.size());
  for (auto rest = content; !rest.empty();) {
    if (!rest.starts_with(prefix))
      return std::string{content};
    auto length = std::min(rest.find('\n'), rest.size() - 1) + 1;
    result += rest.substr(prefix.size(), length - prefix.size());
    rest.remove_prefix(length);
  }
  return result;
}

} // namespace

const char* to_string(token::kind what) {
  switch (what) {
    case token::kind::end: return "EOF";
    case token::kind::identifier: return "IDENT";
    case token::kind::integer: return "NUMBER";
    case token::kind::floating: return "FLOAT";
    case token::kind::boolean: return "BOOL";
    case token::kind::string: return "STRING";
    case token::kind::heredoc: return "HEREDOC";
    case token::kind::left_bracket: return "LBRACK";
    case token::kind::right_bracket: return "RBRACK";
    case token::kind::left_brace: return "LBRACE";
    case token::kind::right_brace: return "RBRACE";
    case token::kind::comma: return "COMMA";
    case token::kind::period: return "PERIOD";
    case token::kind::assign: return "ASSIGN";
    case token::kind::add: return "ADD";
    case token::kind::sub: return "SUB";
  }
  return "ILLEGAL";
}

error syntax_error(const span& where, const std::string& message) {
  auto result = fail(errc::configuration, "At ", where.line, ":", where.column,
                     ": ", message);
  result.where = source_range{.file = {},
                              .line = where.line,
                              .column = where.column,
                              .end_column = where.line == where.end_line
                                              ? where.end_column
                                              : where.column + 1};
  return result;
}

lexer::lexer(std::string_view text) : at_{text} {
  if (at_.peek() == byte_order_mark)
    at_ = cursor{text.substr(3)};
}

error lexer::failure(const char* message) const {
  auto here = at_.here();
  return syntax_error({.line = here.line,
                       .column = here.column,
                       .end_line = here.line,
                       .end_column = here.column + 1},
                      message);
}

token lexer::finish(token::kind what, const cursor::position& begin,
                    std::string text) const {
  return {
    .what = what, .where = at_.span_since(begin), .text = std::move(text)};
}

result<token> lexer::next() {
  if (auto skipped = skip_blanks_and_comments(); !skipped)
    return skipped.error();
  auto c = at_.peek();
  if (is_name_start(c))
    return identifier();
  auto sign = c == U'-' || c == U'.';
  if (is_decimal(c) || (sign && is_decimal(static_cast<char32_t>(at_.byte(1)))))
    return number();
  if (c == U'"')
    return string();
  if (c == U'<')
    return heredoc();
  constexpr std::pair<char32_t, token::kind> marks[] = {
    {cursor::end, token::kind::end},    {U'[', token::kind::left_bracket},
    {U']', token::kind::right_bracket}, {U'{', token::kind::left_brace},
    {U'}', token::kind::right_brace},   {U',', token::kind::comma},
    {U'.', token::kind::period},        {U'=', token::kind::assign},
    {U'+', token::kind::add},           {U'-', token::kind::sub},
  };
  for (const auto& [mark, what] : marks) {
    if (c != mark)
      continue;
    auto begin = at_.here();
    at_.next();
    return finish(what, begin, std::string{at_.since(begin)});
  }
  if (c == 0)
    return failure("unexpected null character (0x00)");
  return failure(c == unicode::invalid ? "illegal UTF-8 encoding"
                                       : "illegal char");
}

result<void> lexer::skip_blanks_and_comments() {
  for (;;) {
    auto c = at_.peek();
    if (c == U' ' || c == U'\t' || c == U'\r' || c == U'\n') {
      at_.next();
      continue;
    }
    if (c != U'#' && c != U'/')
      return {};
    if (auto skipped = skip_comment(); !skipped)
      return skipped.error();
  }
}

result<void> lexer::skip_comment() {
  auto begin = at_.here();
  auto first = at_.next();
  if (first == U'/' && at_.peek() == U'*') {
    at_.next();
    while (!(at_.byte(0) == '*' && at_.byte(1) == '/'))
      if (at_.next() == cursor::end)
        return syntax_error(at_.span_since(begin), "comment not terminated");
    at_.next();
    at_.next();
    return {};
  }
  if (first == U'/' && at_.peek() != U'/')
    return syntax_error(at_.span_since(begin), "expected '/' for comment");
  while (!at_.at_end() && at_.peek() != U'\n') {
    if (at_.peek() == 0)
      return failure("unexpected null character (0x00)");
    at_.next();
  }
  return {};
}

token lexer::identifier() {
  auto begin = at_.here();
  while (is_name_part(at_.peek()))
    at_.next();
  auto text = std::string{at_.since(begin)};
  auto boolean = text == "true" || text == "false";
  return finish(boolean ? token::kind::boolean : token::kind::identifier, begin,
                std::move(text));
}

result<token> lexer::number() {
  auto begin = at_.here();
  auto take_digits = [this](unsigned base) {
    while (digit_value(at_.peek()) < base)
      at_.next();
  };
  if (at_.peek() == U'-')
    at_.next();
  if (at_.peek() == U'0' && (at_.byte(1) | 0x20) == 'x') {
    at_.next();
    at_.next();
    if (digit_value(at_.peek()) == 16)
      return syntax_error(at_.span_since(begin), "illegal hexadecimal number");
    take_digits(16);
    return finish(token::kind::integer, begin, std::string{at_.since(begin)});
  }
  take_digits(10);
  auto digits = at_.since(begin);
  auto what = token::kind::integer;
  if (at_.peek() == U'.') {
    what = token::kind::floating;
    at_.next();
    take_digits(10);
  }
  if (at_.peek() == U'e' || at_.peek() == U'E') {
    what = token::kind::floating;
    at_.next();
    if (at_.peek() == U'+' || at_.peek() == U'-')
      at_.next();
    if (!is_decimal(at_.peek()))
      return syntax_error(at_.span_since(begin),
                          "illegal floating point number");
    take_digits(10);
  }
  digits.remove_prefix(digits.starts_with('-') ? 1 : 0);
  auto octal = what == token::kind::integer && digits.starts_with('0');
  if (octal && digits.find_first_of("89") != std::string_view::npos)
    return syntax_error(at_.span_since(begin), "illegal octal number");
  return finish(what, begin, std::string{at_.since(begin)});
}

// Inside `${ }` quotes and line breaks are ordinary characters, and an escape
// must be a valid one but stays as it is written.
result<token> lexer::string() {
  auto begin = at_.here();
  auto text = std::string{};
  auto braces = 0u;
  auto previous = char32_t{0};
  at_.next();
  for (;;) {
    auto c = at_.peek();
    if (c == cursor::end || (c == U'\n' && braces == 0))
      return syntax_error(at_.span_since(begin), "literal not terminated");
    if (c == 0)
      return failure("unexpected null character (0x00)");
    if (c == unicode::invalid)
      return failure("illegal UTF-8 encoding");
    auto character = at_.here();
    if (c == U'\\') {
      auto decoded = std::string{};
      if (auto escaped = escape(decoded); !escaped)
        return escaped.error();
      text += braces == 0 ? decoded : std::string{at_.since(character)};
      previous = 0;
      continue;
    }
    at_.next();
    if (braces == 0 && c == U'"')
      return finish(token::kind::string, begin, std::move(text));
    text += at_.since(character);
    if (c == U'{' && (braces > 0 || previous == U'$'))
      ++braces;
    else if (c == U'}' && braces > 0)
      --braces;
    previous = c;
  }
}

result<void> lexer::escape(std::string& text) {
  at_.next();
  auto c = at_.peek();
  for (const auto& [letter, meaning] : escapes) {
    if (c != letter)
      continue;
    at_.next();
    text += meaning;
    return {};
  }
  auto [digits, base] = numeric_escape_of(c);
  if (base == 16)
    at_.next();
  auto code = char32_t{0};
  for (auto i = 0u; i < digits; ++i) {
    if (digit_value(at_.peek()) >= base)
      return failure("illegal char escape");
    code = code * base + digit_value(at_.next());
  }
  if (digits < 4 && code < 0x100)
    text += static_cast<char>(code);
  else if (digits < 4 || code > 0x10FFFF || (code >> 11) == 0x1B)
    return failure("illegal char escape");
  else
    unicode::append(text, code);
  return {};
}

result<token> lexer::heredoc() {
  auto begin = at_.here();
  at_.next();
  if (at_.next() != U'<')
    return syntax_error(at_.span_since(begin),
                        "heredoc expected second '<', didn't see it");
  auto indented = at_.peek() == U'-';
  if (indented)
    at_.next();
  auto name = at_.here();
  while (is_name_start(at_.peek()) || unicode::is_digit(at_.peek()))
    at_.next();
  auto marker = at_.since(name);
  if (marker.empty())
    return syntax_error(at_.span_since(begin), "zero-length heredoc anchor");
  if (at_.peek() == U'\r' && at_.byte(1) == '\n')
    at_.next();
  if (at_.peek() != U'\n')
    return syntax_error(at_.span_since(begin),
                        at_.at_end() ? "heredoc not terminated"
                                     : "invalid characters in heredoc anchor");
  at_.next();
  auto content = at_.here();
  for (;;) {
    auto line = at_.here();
    auto before = at_.since(content);
    while (!at_.at_end() && at_.peek() != U'\n') {
      if (at_.peek() == 0)
        return failure("unexpected null character (0x00)");
      at_.next();
    }
    if (at_.at_end())
      return syntax_error(at_.span_since(begin), "heredoc not terminated");
    if (auto blanks = indentation(at_.since(line), marker))
      return finish(token::kind::heredoc, begin,
                    indented ? unindent(before, *blanks) : std::string{before});
    at_.next();
  }
}

} // namespace cts::hcl

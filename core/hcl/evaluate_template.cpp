#include "core/hcl/evaluator.hpp"

#include <algorithm>

// Quoted strings and heredocs with `${ }` inside.

namespace cts::hcl {

namespace {

constexpr auto blanks = " \t\r\n";

void strip_end(std::string& text, std::size_t from) {
  while (text.size() > from
         && std::string_view{blanks}.find(text.back()) != std::string::npos)
    text.pop_back();
}

/// How far all lines with something in them are indented.
std::size_t common_indentation(std::string_view content) {
  auto smallest = std::string_view::npos;
  while (!content.empty()) {
    auto line = content.substr(0, content.find('\n'));
    content.remove_prefix(std::min(line.size() + 1, content.size()));
    auto indentation = line.find_first_not_of(" \t");
    if (!line.empty() && line != "\r")
      smallest = std::min(smallest, std::min(indentation, line.size()));
  }
  return smallest == std::string_view::npos ? 0 : smallest;
}

std::string_view without_blanks(std::string_view line) {
  auto begin = std::min(line.find_first_not_of(" \t"), line.size());
  line.remove_prefix(begin);
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  return line;
}

} // namespace

// What begins with an expression is evaluated once, whatever follows: to read
// it again would double the work with each level of nesting.
bool evaluator::quoted(outcome& to) {
  auto begin = at_.here();
  auto made = rendering{};
  at_.next();
  if (looking_at("${")) {
    auto first = at_.here();
    auto single = outcome{};
    if (!interpolation(single, made.strip))
      return false;
    // A template that is nothing but one expression has its value and type.
    if (take("\"")) {
      to = std::move(single);
      return true;
    }
    if (!append(single, first, made))
      return false;
    made.literal = made.text.size();
  }
  if (!template_parts({}, made))
    return false;
  if (!take("\""))
    return syntax(at_.span_since(begin), "Unterminated template string",
                  "No closing marker was found for the string.");
  to = made.known ? outcome{value{std::move(made.text)}} : outcome{};
  return true;
}

bool evaluator::heredoc(outcome& to) {
  auto begin = at_.here();
  take("<<");
  auto flush = take("-");
  auto marker = identifier();
  take("\r");
  if (marker.empty() || !take("\n"))
    return syntax(at_.span_since(begin), "Invalid expression",
                  "A heredoc begins with << and a marker, which ends the "
                  "line.");
  auto content = at_.here();
  for (;;) {
    auto line = at_.here();
    while (!at_.at_end() && at_.peek() != U'\n')
      at_.next();
    if (without_blanks(at_.since(line)) == marker) {
      auto end = at_.here();
      auto text = text_.substr(content.offset, line.offset - content.offset);
      at_.rewind(content);
      auto read
        = heredoc_content({.offset = line.offset,
                           .indentation = flush ? common_indentation(text) : 0},
                          to);
      at_.rewind(end);
      return read;
    }
    if (at_.at_end())
      return syntax(at_.span_since(begin), "Unterminated template string",
                    "No closing marker was found for the heredoc.");
    at_.next();
  }
}

bool evaluator::heredoc_content(const template_end& end, outcome& to) {
  auto made = rendering{};
  if (!template_parts(end, made))
    return false;
  if (!at_end_of(end))
    return syntax(here(), "Unexpected template directive",
                  "The directive has no matching beginning.");
  to = made.known ? outcome{value{std::move(made.text)}} : outcome{};
  return true;
}

bool evaluator::at_end_of(const template_end& end) const {
  if (at_.at_end())
    return true;
  return end.offset == 0 ? at_.peek() == U'"' : at_.here().offset >= end.offset;
}

void evaluator::cut_indentation(const template_end& end) {
  while (at_.here().column <= end.indentation
         && (at_.peek() == U' ' || at_.peek() == U'\t'))
    at_.next();
}

/// Up to the end of the template, or to a directive that ends a part of it.
bool evaluator::template_parts(const template_end& end, rendering& to) {
  while (!at_end_of(end)) {
    if (at_.here().column == 1)
      cut_indentation(end);
    if (at_end_of(end))
      return true;
    if (looking_at("%{")) {
      auto word = word_of_directive();
      if (word == "else" || word == "endif" || word == "endfor") {
        if (at_.byte(2) == '~')
          strip_end(to.text, to.literal);
        return true;
      }
    }
    if (!spend(1) || !template_part(end, to))
      return false;
  }
  return true;
}

bool evaluator::template_part(const template_end& end, rendering& to) {
  for (auto escaped : {"$${", "%%{"})
    if (take(escaped)) {
      to.text += escaped + 1;
      to.strip = false;
      return true;
    }
  auto marked = looking_at("${") || looking_at("%{");
  if (!marked)
    return character(end, to);
  if (at_.byte(2) == '~')
    strip_end(to.text, to.literal);
  auto right = at_.peek() == U'$' ? interpolate(to) : directive(end, to);
  to.literal = to.text.size();
  return right;
}

bool evaluator::character(const template_end& end, rendering& to) {
  auto quoted_text = end.offset == 0;
  if (quoted_text && at_.peek() == U'\\') {
    to.strip = false;
    return escape(to.text);
  }
  if (quoted_text && at_.peek() == U'\n')
    return syntax(here(), "Invalid multi-line string",
                  "Quoted strings may not be split over multiple lines. To "
                  "produce a multi-line string, either use the \\n escape to "
                  "represent a newline character or use the \"heredoc\" "
                  "multi-line template syntax.");
  auto begin = at_.here();
  auto c = at_.next();
  to.strip = to.strip && (c == U' ' || c == U'\t' || c == U'\r' || c == U'\n');
  if (!to.strip)
    to.text += at_.since(begin);
  return true;
}

bool evaluator::interpolation(outcome& to, bool& strip_after) {
  auto outer = brackets_;
  take("${");
  take("~");
  brackets_ = 1;
  skip();
  if (!expression(to))
    return false;
  skip();
  strip_after = take("~");
  brackets_ = outer;
  if (take("}"))
    return true;
  return syntax(here(), "Extra characters after interpolation expression",
                "Expected a closing brace to end the interpolation "
                "expression, but found extra characters.");
}

bool evaluator::interpolate(rendering& to) {
  auto begin = at_.here();
  auto part = outcome{};
  return interpolation(part, to.strip) && append(part, begin, to);
}

/// The value of an interpolation that began at `begin` becomes text.
bool evaluator::append(const outcome& part, const position& begin,
                       rendering& to) {
  to.known = to.known && part;
  if (!part)
    return true;
  auto text = text_of(*part);
  if (text) {
    to.text += *text;
    return spend(text->size());
  }
  to.known = false;
  semantic(at_.span_since(begin), "Invalid template interpolation value",
           std::holds_alternative<std::monostate>(part->data)
             ? "The expression result is null. Cannot include a null value in "
               "a string template."
             : "Cannot include the given value in a string template: string "
               "required.");
  return true;
}

bool evaluator::escape(std::string& to) {
  auto begin = at_.here();
  at_.next();
  auto c = at_.next();
  constexpr std::pair<char32_t, char> letters[]
    = {{U'n', '\n'}, {U'r', '\r'}, {U't', '\t'}, {U'"', '"'}, {U'\\', '\\'}};
  for (const auto& [letter, meaning] : letters)
    if (c == letter) {
      to += meaning;
      return true;
    }
  auto digits = c == U'u' ? 4 : c == U'U' ? 8 : 0;
  auto code = char32_t{0};
  for (auto i = 0; i < digits; ++i) {
    auto digit = at_.peek();
    auto lower = digit | 0x20;
    auto decimal_digit = digit >= U'0' && digit <= U'9';
    if (!decimal_digit && (lower < U'a' || lower > U'f')) {
      digits = 0;
      break;
    }
    code = code * 16 + (decimal_digit ? digit - U'0' : lower - U'a' + 10);
    at_.next();
  }
  if (digits > 0) {
    unicode::append(to, code);
    return true;
  }
  auto symbol = std::string{};
  unicode::append(symbol, c);
  return syntax(at_.span_since(begin), "Invalid escape sequence",
                "The symbol \"" + symbol
                  + "\" is not a valid escape sequence selector.");
}

} // namespace cts::hcl

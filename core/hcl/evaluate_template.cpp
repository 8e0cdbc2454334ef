#include "core/hcl/evaluator.hpp"

#include <algorithm>

// Quoted strings and heredocs with `${ }` and `%{ }` inside.

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

bool evaluator::quoted(outcome& to) {
  auto begin = at_.here();
  at_.next();
  auto outer = brackets_;
  // A template that is nothing but one expression has its value and type.
  if (looking_at("${")) {
    auto strip = false;
    auto single = outcome{};
    if (!interpolation(single, strip))
      return false;
    if (take("\"")) {
      to = std::move(single);
      return true;
    }
    at_.rewind(begin);
    at_.next();
  }
  auto text = std::string{};
  auto known = true;
  if (!template_parts({}, text, known))
    return false;
  if (!take("\""))
    return syntax(at_.span_since(begin), "Unterminated template string",
                  "No closing marker was found for the string.");
  brackets_ = outer;
  to = known ? outcome{value{std::move(text)}} : outcome{};
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
      auto result = std::string{};
      auto known = true;
      if (!template_parts({.offset = line.offset,
                           .indentation = flush ? common_indentation(text) : 0},
                          result, known))
        return false;
      at_.rewind(end);
      to = known ? outcome{value{std::move(result)}} : outcome{};
      return true;
    }
    if (at_.at_end())
      return syntax(at_.span_since(begin), "Unterminated template string",
                    "No closing marker was found for the heredoc.");
    at_.next();
  }
}

/// Up to the end of the template, or to a directive that ends a part of it.
bool evaluator::template_parts(const template_end& end, std::string& to,
                               bool& known) {
  auto literal = to.size();
  auto strip_next = false;
  auto finished = [&] {
    return end.offset == 0 ? at_.peek() == U'"'
                           : at_.here().offset >= end.offset;
  };
  auto cut_indentation = [&] {
    for (auto i = end.indentation;
         i > 0 && at_.here().column == 1 + (end.indentation - i)
         && (at_.peek() == U' ' || at_.peek() == U'\t');
         --i)
      at_.next();
  };
  while (!at_.at_end() && !finished()) {
    if (!spend(1))
      return false;
    if (end.indentation > 0 && at_.here().column == 1)
      cut_indentation();
    if (finished())
      return true;
    if (looking_at("$${") || looking_at("%%{")) {
      to += at_.peek() == U'$' ? "${" : "%{";
      take("$${");
      take("%%{");
      strip_next = false;
      continue;
    }
    auto mark = looking_at("${") || looking_at("%{");
    if (mark && at_.byte(2) == '~')
      strip_end(to, literal);
    if (looking_at("%{")) {
      auto word = word_of_directive();
      if (word == "else" || word == "endif" || word == "endfor")
        return true;
      if (!directive(end, to, known))
        return false;
      literal = to.size();
      strip_next = at_.here().offset > 1
                   && text_.substr(at_.here().offset - 2, 2) == "~}";
      continue;
    }
    auto begin = at_.here();
    if (mark) {
      auto part = outcome{};
      if (!interpolation(part, strip_next))
        return false;
      append(part, begin, to, known);
      literal = to.size();
      continue;
    }
    if (end.offset == 0 && at_.peek() == U'\\') {
      if (!escape(to))
        return false;
      continue;
    }
    if (end.offset == 0 && at_.peek() == U'\n')
      return syntax(here(), "Invalid multi-line string",
                    "Quoted strings may not be split over multiple lines. To "
                    "produce a multi-line string, either use the \\n escape to "
                    "represent a newline character or use the \"heredoc\" "
                    "multi-line template syntax.");
    auto c = at_.next();
    strip_next =
        strip_next && (c == U' ' || c == U'\t' || c == U'\r' || c == U'\n');
    if (!strip_next)
      to += at_.since(begin);
  }
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

void evaluator::append(const outcome& part, const position& begin,
                       std::string& to, bool& known) {
  known = known && part;
  if (!part)
    return;
  auto text = text_of(*part);
  if (text && spend(text->size())) {
    to += *text;
    return;
  }
  known = false;
  if (!text)
    semantic(
        at_.span_since(begin), "Invalid template interpolation value",
        std::holds_alternative<std::monostate>(part->data)
            ? "The expression result is null. Cannot include a null value "
              "in a string template."
            : "Cannot include the given value in a string template: string "
              "required.");
}

bool evaluator::escape(std::string& to) {
  auto begin = at_.here();
  at_.next();
  auto c = at_.next();
  constexpr std::pair<char32_t, char> letters[] = {
      {U'n', '\n'}, {U'r', '\r'}, {U't', '\t'}, {U'"', '"'}, {U'\\', '\\'}};
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

// -- directives
// -----------------------------------------------------------------

/// The word after `%{`, without moving on.
std::string evaluator::word_of_directive() {
  auto begin = at_.here();
  take("%{");
  take("~");
  skip();
  auto word = identifier();
  at_.rewind(begin);
  return word;
}

bool evaluator::marker_end() {
  skip();
  take("~");
  return take("}")
         || syntax(here(), "Extra characters in template directive",
                   "Expected a closing brace to end the directive.");
}

bool evaluator::directive(const template_end& end, std::string& to,
                          bool& known) {
  auto word = word_of_directive();
  auto outer = brackets_;
  if (++depth_ > 100)
    return syntax(here(), "Nesting too deep",
                  "Templates are nested too deeply.");
  auto right = word == "if"    ? if_directive(end, to, known)
               : word == "for" ? for_directive(end, to, known)
                               : syntax(here(), "Invalid template directive",
                                        "A template directive keyword "
                                        "(\"if\", \"for\", etc) is expected at "
                                        "the beginning of a %{ sequence.");
  brackets_ = outer;
  --depth_;
  return right;
}

bool evaluator::if_directive(const template_end& end, std::string& to,
                             bool& known) {
  auto begin = at_.here();
  auto outer = skipping_;
  auto condition = outcome{};
  auto open = [this](const char* word) {
    take("%{");
    take("~");
    skip();
    return take(word);
  };
  brackets_ = 1;
  open("if");
  skip();
  if (!expression(condition) || !marker_end())
    return false;
  auto chosen =
      truth_of(condition, at_.span_since(begin), "Incorrect condition type",
               "The condition expression must be of type bool.");
  known = known && (chosen || skipping_);
  auto part = std::string{};
  auto unused = true;
  skipping_ = outer || !chosen.value_or(false);
  if (!template_parts(end, part, skipping_ ? unused : known))
    return false;
  if (!skipping_)
    to += part;
  if (word_of_directive() == "else") {
    open("else");
    if (!marker_end())
      return false;
    part.clear();
    skipping_ = outer || chosen.value_or(true);
    if (!template_parts(end, part, skipping_ ? unused : known))
      return false;
    if (!skipping_)
      to += part;
  }
  skipping_ = outer;
  if (!looking_at("%{") || !open("endif"))
    return syntax(here(), "Unclosed template directive",
                  "The if directive has no matching endif.");
  return marker_end();
}

bool evaluator::for_directive(const template_end& end, std::string& to,
                              bool& known) {
  take("%{");
  take("~");
  brackets_ = 1;
  skip();
  identifier();
  skip();
  auto item_name = identifier();
  auto key_name = std::string{};
  skip();
  if (take(",")) {
    skip();
    key_name = std::move(item_name);
    item_name = identifier();
    skip();
  }
  auto collection = outcome{};
  if (item_name.empty() || identifier() != "in")
    return syntax(here(), "Invalid 'for' directive",
                  "For directive requires 'in' after its name declarations.");
  skip();
  if (!expression(collection) || !marker_end())
    return false;
  auto begin = at_.here();
  auto outer = skipping_;
  auto rounds = std::size_t{0};
  auto round = [&](const outcome& key, const outcome& item) {
    at_.rewind(begin);
    ++rounds;
    auto before = scope_.size();
    scope_.push_back({.name = key_name, .bound = key});
    scope_.push_back({.name = item_name, .bound = item});
    auto part = std::string{};
    auto unused = true;
    auto right =
        spend(1) && template_parts(end, part, skipping_ ? unused : known);
    scope_.resize(before);
    to += skipping_ ? std::string{} : part;
    return right;
  };
  auto right = true;
  if (collection && !skipping_) {
    if (const auto* items = std::get_if<list>(&collection->data))
      for (auto i = std::size_t{0}; right && i < items->size(); ++i)
        right = round(value{number{std::to_string(i)}}, (*items)[i]);
    if (const auto* members = std::get_if<cts::object>(&collection->data))
      for (auto each = members->begin(); right && each != members->end();
           ++each)
        right = round(value{each->first}, each->second);
  } else {
    known = known && skipping_;
  }
  if (rounds == 0) {
    skipping_ = true;
    right = round({}, {});
    skipping_ = outer;
  }
  if (!right)
    return false;
  if (!looking_at("%{") || word_of_directive() != "endfor")
    return syntax(here(), "Unclosed template directive",
                  "The for directive has no matching endfor.");
  take("%{");
  take("~");
  skip();
  identifier();
  return marker_end();
}

} // namespace cts::hcl

#include "core/decimal.hpp"
#include "core/hcl/evaluator.hpp"

#include <algorithm>

// Operands: literals, names, lists and objects.

namespace cts::hcl {

namespace {

/// How much is copied with a value.
std::size_t weight_of(const value& x) {
  auto weight = std::size_t{1};
  if (const auto* text = std::get_if<std::string>(&x.data))
    weight += text->size();
  if (const auto* items = std::get_if<list>(&x.data))
    for (const auto& each : *items)
      weight += weight_of(each);
  if (const auto* members = std::get_if<object>(&x.data))
    for (const auto& [name, each] : *members)
      weight += name.size() + weight_of(each);
  return weight;
}

} // namespace

bool evaluator::invalid_expression() {
  if (at_.at_end() || at_.peek() == U'\n')
    return syntax(here(), "Missing expression",
                  "Expected the start of an expression, but found the end of "
                  "the file.");
  return syntax(here(), "Invalid expression",
                "Expected the start of an expression, but found an invalid "
                "expression token.");
}

bool evaluator::term(outcome& to) {
  auto c = at_.peek();
  if (c == U'"')
    return quoted(to);
  if (looking_at("<<"))
    return heredoc(to);
  if (c == U'(')
    return brackets(to, &evaluator::expression);
  if (c == U'[')
    return brackets(to, &evaluator::tuple);
  if (c == U'{')
    return brackets(to, &evaluator::object_literal);
  if (c >= U'0' && c <= U'9')
    return number_literal(to);
  return at_identifier() ? name(to) : invalid_expression();
}

bool evaluator::brackets(outcome& to, bool (evaluator::*inside)(outcome&)) {
  auto open = at_.next();
  auto close = open == U'(' ? ")" : open == U'[' ? "]" : "}";
  ++brackets_;
  skip();
  if (!(this->*inside)(to))
    return false;
  skip();
  --brackets_;
  if (take(close))
    return true;
  if (open == U'(')
    return syntax(here(), "Unbalanced parentheses",
                  "Expected a closing parenthesis to terminate the "
                  "expression.");
  if (open == U'[')
    return syntax(here(), "Missing item separator",
                  "Expected a comma to mark the beginning of the next item.");
  return syntax(here(), "Missing attribute separator",
                "Expected a newline or comma to mark the beginning of the next "
                "attribute.");
}

bool evaluator::name(outcome& to) {
  auto begin = at_.here();
  auto word = identifier();
  auto where = at_.span_since(begin);
  auto after = at_.here();
  skip();
  if (at_.peek() == U'(')
    return call(begin, to);
  at_.rewind(after);
  to.reset();
  if (word == "true" || word == "false")
    to = value{word == "true"};
  else if (word == "null")
    to = value{};
  else if (auto found = std::find_if(scope_.rbegin(), scope_.rend(),
                                     [&](auto& x) { return x.name == word; });
           found != scope_.rend()) {
    if (found->bound && !spend(weight_of(*found->bound)))
      return false;
    to = found->bound;
  } else if (scope_.empty())
    semantic(where, "Variables not allowed", "Variables may not be used here.");
  else
    semantic(where, "Unknown variable",
             "There is no variable named \"" + word + "\".");
  return true;
}

bool evaluator::call(const position& begin, outcome& to) {
  auto outer = skipping_;
  at_.next();
  ++brackets_;
  skipping_ = true;
  for (skip(); at_.peek() != U')'; skip()) {
    auto argument = outcome{};
    if (!expression(argument))
      return false;
    skip();
    take("...");
    skip();
    if (!take(",") && at_.peek() != U')')
      return syntax(here(), "Missing argument separator",
                    "A comma is required to separate each function argument "
                    "from the next.");
  }
  at_.next();
  --brackets_;
  skipping_ = outer;
  to.reset();
  semantic(at_.span_since(begin), "Function calls not allowed",
           "Functions may not be called here.");
  return true;
}

bool evaluator::number_literal(outcome& to) {
  auto begin = at_.here();
  auto digits = [this] {
    while (at_.peek() >= U'0' && at_.peek() <= U'9')
      at_.next();
  };
  digits();
  if (at_.peek() == U'.' && at_.byte(1) >= '0' && at_.byte(1) <= '9') {
    at_.next();
    digits();
  }
  auto exponent = at_.here();
  if (at_.peek() == U'e' || at_.peek() == U'E') {
    at_.next();
    if (at_.peek() == U'+' || at_.peek() == U'-')
      at_.next();
    auto first = at_.here();
    digits();
    if (at_.since(first).empty())
      at_.rewind(exponent);
  }
  auto text = decimal::canonical(at_.since(begin));
  if (!text)
    return syntax(at_.span_since(begin), "Invalid number literal",
                  "Failed to recognize the value of this number literal.");
  to = value{number{*text}};
  return true;
}

bool evaluator::tuple(outcome& to) {
  if (at_for())
    return for_expression(to, false);
  auto items = list{};
  auto known = true;
  while (at_.peek() != U']') {
    auto item = outcome{};
    if (!expression(item))
      return false;
    known = known && item;
    items.push_back(std::move(item).value_or(value{}));
    skip();
    if (!take(","))
      break;
    skip();
  }
  to = known ? outcome{value{std::move(items)}} : outcome{};
  return true;
}

/// A bare word is the key itself, everything else is evaluated.
bool evaluator::object_key(std::optional<std::string>& to) {
  auto begin = at_.here();
  if (at_identifier()) {
    auto word = identifier();
    skip();
    if ((looking_at("=") && !looking_at("==")) || looking_at(":")) {
      to = std::move(word);
      return true;
    }
    at_.rewind(begin);
  }
  auto key = outcome{};
  if (!expression(key))
    return false;
  if (!key)
    return true;
  to = text_of(*key);
  if (!to)
    semantic(at_.span_since(begin), "Incorrect key type",
             "Can't use this value as a key: string required.");
  return true;
}

bool evaluator::object_literal(outcome& to) {
  if (at_for())
    return for_expression(to, true);
  auto members = cts::object{};
  auto known = true;
  while (at_.peek() != U'}') {
    auto key = std::optional<std::string>{};
    auto item = outcome{};
    if (!object_key(key))
      return false;
    skip();
    if (!take("=") && !take(":"))
      return syntax(here(), "Missing attribute value",
                    "Expected an attribute value, introduced by an equals sign "
                    "(\"=\").");
    skip();
    if (!expression(item))
      return false;
    known = known && key && item;
    if (known)
      members.insert_or_assign(std::move(*key), std::move(*item));
    // A line break separates items, too, but is skipped inside brackets.
    auto line = at_.here().line;
    skip();
    if (!take(",") && at_.here().line == line)
      break;
    skip();
  }
  to = known ? outcome{value{std::move(members)}} : outcome{};
  return true;
}

} // namespace cts::hcl

#include "core/decimal.hpp"
#include "core/hcl/evaluator.hpp"
#include "core/hcl/parser.hpp"

#include <algorithm>

// Operators, operands and literals.

namespace cts::hcl {

namespace {

struct operation {
  std::string_view mark;
  /// How strongly it binds.
  unsigned level;
};

constexpr operation operations[] = {
    {"||", 0}, {"&&", 1}, {"==", 2}, {"!=", 2}, {"<=", 3}, {">=", 3}, {"<", 3},
    {">", 3},  {"+", 4},  {"-", 4},  {"*", 5},  {"/", 5},  {"%", 5},
};

/// The operator that `text` begins with, or null.
const operation* operation_of(std::string_view text) {
  constexpr auto first = std::string_view{"|&=!<>+-*/%"};
  if (text.empty() || first.find(text.front()) == first.npos)
    return nullptr;
  auto found =
      std::find_if(std::begin(operations), std::end(operations),
                   [&](const auto& x) { return text.starts_with(x.mark); });
  return found == std::end(operations) ? nullptr : found;
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

bool evaluator::expression(outcome& to) {
  if (depth_ >= nesting_max)
    return syntax(here(), "Nesting too deep",
                  "Expressions are nested too deeply.");
  ++depth_;
  auto begin = at_.here();
  auto right = spend(1) && binary(0, to) && conditional(begin, to);
  --depth_;
  return right;
}

bool evaluator::conditional(const position& begin, outcome& to) {
  auto condition_where = at_.span_since(begin);
  auto before = at_.here();
  skip();
  if (!take("?")) {
    at_.rewind(before);
    return true;
  }
  auto chosen = truth_of(to, condition_where, "Incorrect condition type",
                         "The condition expression must be of type bool.");
  auto outer = skipping_;
  auto branches = std::pair<outcome, outcome>{};
  skipping_ = outer || !chosen.value_or(false);
  skip();
  if (!expression(branches.first))
    return false;
  skip();
  if (!take(":"))
    return syntax(here(), "Missing false expression in conditional",
                  "The conditional operator (...?...:...) requires a false "
                  "expression, delimited by a colon.");
  skipping_ = outer || chosen.value_or(true);
  skip();
  if (!expression(branches.second))
    return false;
  skipping_ = outer;
  to.reset();
  if (chosen)
    to = *chosen ? branches.first : branches.second;
  return true;
}

/// Operators that bind at least as strongly as `level`.
bool evaluator::binary(unsigned level, outcome& to) {
  auto begin = at_.here();
  if (!unary(to))
    return false;
  for (;;) {
    auto before = at_.here();
    skip();
    const auto* found = operation_of(text_.substr(at_.here().offset));
    if (found == nullptr || found->level < level) {
      at_.rewind(before);
      return true;
    }
    take(found->mark);
    skip();
    auto other = outcome{};
    if (!binary(found->level + 1, other))
      return false;
    to = apply(std::string{found->mark}, to, other, at_.span_since(begin));
  }
}

bool evaluator::unary(outcome& to) {
  auto begin = at_.here();
  auto negation = at_.peek() == U'-';
  if (!negation && (at_.peek() != U'!' || looking_at("!=")))
    return postfix(to);
  if (++depth_ > nesting_max)
    return syntax(here(), "Nesting too deep",
                  "Expressions are nested too deeply.");
  at_.next();
  skip();
  if (!unary(to))
    return false;
  --depth_;
  auto where = at_.span_since(begin);
  if (negation) {
    to = apply("-", value{number{"0"}}, to, where);
    return true;
  }
  auto truth = truth_of(to, where, "Invalid operand",
                        "Unsuitable value for unary operand: bool required.");
  to = truth ? outcome{value{!*truth}} : outcome{};
  return true;
}

bool evaluator::postfix(outcome& to) {
  auto begin = at_.here();
  if (!term(to))
    return false;
  for (;;) {
    auto more =
        at_.peek() == U'[' || (at_.peek() == U'.' && at_.byte(1) != '.');
    if (!more)
      return true;
    auto right = at_.peek() == U'.' ? attribute_access(begin, to)
                                    : index_access(begin, to);
    if (!right)
      return false;
  }
}

bool evaluator::attribute_access(const position& begin, outcome& to) {
  at_.next();
  if (take("*"))
    return splat(to);
  if (at_identifier()) {
    auto attribute_name = identifier();
    attribute_of(to, attribute_name, at_.span_since(begin));
    return true;
  }
  auto digits = at_.here();
  while (at_.peek() >= U'0' && at_.peek() <= U'9')
    at_.next();
  if (at_.since(digits).empty())
    return syntax(here(), "Invalid attribute name",
                  "An attribute name is required after a dot.");
  auto index = decimal::canonical(at_.since(digits));
  element_of(to, index ? outcome{value{number{*index}}} : outcome{},
             at_.span_since(begin));
  return true;
}

bool evaluator::index_access(const position& begin, outcome& to) {
  at_.next();
  ++brackets_;
  skip();
  auto all = take("*");
  auto index = outcome{};
  if (!all && !expression(index))
    return false;
  skip();
  --brackets_;
  if (!take("]"))
    return syntax(here(), "Missing close bracket on index",
                  "The index operator must end with a closing bracket "
                  "(\"]\").");
  if (all)
    return splat(to);
  element_of(to, index, at_.span_since(begin));
  return true;
}

/// `x.*.a.b` and `x[*].a.b`: the same access for each element.
bool evaluator::splat(outcome& to) {
  auto path = std::vector<std::pair<std::string, span>>{};
  while (at_.peek() == U'.' && at_.byte(1) != '.') {
    auto begin = at_.here();
    at_.next();
    if (!at_identifier())
      return syntax(here(), "Invalid attribute name",
                    "An attribute name is required after a dot.");
    auto attribute_name = identifier();
    path.emplace_back(std::move(attribute_name), at_.span_since(begin));
  }
  if (!to)
    return true;
  auto elements = list{};
  if (auto* many = std::get_if<list>(&to->data))
    elements = std::move(*many);
  else if (!std::holds_alternative<std::monostate>(to->data))
    elements.push_back(std::move(*to));
  auto results = list{};
  for (auto& each : elements) {
    auto result = outcome{std::move(each)};
    for (const auto& [attribute_name, where] : path)
      attribute_of(result, attribute_name, where);
    if (!result) {
      to.reset();
      return true;
    }
    results.push_back(std::move(*result));
  }
  to = value{std::move(results)};
  return true;
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
           found != scope_.rend())
    to = found->bound;
  else if (scope_.empty())
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

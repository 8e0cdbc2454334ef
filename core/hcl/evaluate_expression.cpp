#include "core/decimal.hpp"
#include "core/hcl/evaluator.hpp"
#include "core/hcl/parser.hpp"

#include <algorithm>

// Operators and accesses.

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
  auto found
    = std::find_if(std::begin(operations), std::end(operations),
                   [&](const auto& x) { return text.starts_with(x.mark); });
  return found == std::end(operations) ? nullptr : found;
}

} // namespace

bool evaluator::expression(outcome& to) {
  if (depth_ >= nesting_max)
    return syntax(here(), "Nesting too deep",
                  "Expressions are nested too deeply.");
  ++depth_;
  auto begin = at_.here();
  auto right = spend(work_of_value) && binary(0, to) && conditional(begin, to);
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
    auto more
      = at_.peek() == U'[' || (at_.peek() == U'.' && at_.byte(1) != '.');
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

} // namespace cts::hcl

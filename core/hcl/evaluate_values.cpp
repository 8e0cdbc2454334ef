#include "core/decimal.hpp"
#include "core/hcl/arithmetic.hpp"
#include "core/hcl/evaluator.hpp"

// What operators and accesses make of values.

namespace cts::hcl {

std::optional<bool> evaluator::truth_of(const outcome& x, const span& where,
                                        const char* summary,
                                        const char* detail) {
  if (!x)
    return std::nullopt;
  if (const auto* truth = std::get_if<bool>(&x->data))
    return *truth;
  if (const auto* text = std::get_if<std::string>(&x->data))
    if (*text == "true" || *text == "false")
      return *text == "true";
  semantic(where, summary, detail);
  return std::nullopt;
}

std::optional<number> evaluator::number_of(const outcome& x, const span& where,
                                           const char* side) {
  if (!x)
    return std::nullopt;
  if (const auto* found = std::get_if<number>(&x->data))
    return *found;
  if (const auto* text = std::get_if<std::string>(&x->data))
    if (auto canonical = decimal::canonical(*text))
      return number{*canonical};
  semantic(where, "Invalid operand",
           std::string{"Unsuitable value for "} + side
             + " operand: a number is required.");
  return std::nullopt;
}

std::optional<std::string> evaluator::text_of(const value& x) const {
  if (const auto* text = std::get_if<std::string>(&x.data))
    return *text;
  if (const auto* found = std::get_if<number>(&x.data))
    return found->text;
  if (const auto* truth = std::get_if<bool>(&x.data))
    return *truth ? "true" : "false";
  return std::nullopt;
}

evaluator::outcome evaluator::apply(const std::string& op, const outcome& a,
                                    const outcome& b, const span& where) {
  if (op == "==" || op == "!=")
    return a && b ? outcome{value{(*a == *b) == (op == "==")}} : outcome{};
  if (op == "&&" || op == "||") {
    constexpr auto detail = "Unsuitable value for operand: bool required.";
    auto left = truth_of(a, where, "Invalid operand", detail);
    auto right = truth_of(b, where, "Invalid operand", detail);
    if (!left || !right)
      return {};
    return value{op == "&&" ? *left && *right : *left || *right};
  }
  auto left = number_of(a, where, "left");
  auto right = number_of(b, where, "right");
  if (!left || !right)
    return {};
  if (op.front() == '<' || op.front() == '>') {
    auto order = compare(*left, *right);
    auto equal = order == 0 && op.size() == 2;
    return value{equal || (op.front() == '<' ? order < 0 : order > 0)};
  }
  if (auto result = calculate(*left, op.front(), *right))
    return value{*result};
  semantic(where, right->text == "0" ? "Division by zero" : "Operation failed",
           right->text == "0" ? "Divisor must not be zero."
                              : "The result is too large.");
  return {};
}

void evaluator::attribute_of(outcome& to, const std::string& name,
                             const span& where) {
  if (!to)
    return;
  const auto* members = std::get_if<cts::object>(&to->data);
  auto found
    = members == nullptr ? cts::object::const_iterator{} : members->find(name);
  if (members != nullptr && found != members->end()) {
    auto result = found->second;
    to = std::move(result);
    return;
  }
  semantic(where, "Unsupported attribute",
           members == nullptr
             ? "This value does not have any attributes."
             : "This object does not have an attribute named \"" + name
                 + "\".");
  to.reset();
}

void evaluator::element_of(outcome& to, const outcome& index,
                           const span& where) {
  if (!to || !index) {
    to.reset();
    return;
  }
  if (std::holds_alternative<cts::object>(to->data)) {
    if (auto key = text_of(*index))
      return attribute_of(to, *key, where);
  }
  const auto* items = std::get_if<list>(&to->data);
  auto position_text = text_of(*index);
  auto position_number
    = position_text ? decimal::integer(*position_text, false) : std::nullopt;
  if (items != nullptr && position_number && *position_number >= 0
      && static_cast<std::size_t>(*position_number) < items->size()) {
    auto result = (*items)[static_cast<std::size_t>(*position_number)];
    to = std::move(result);
    return;
  }
  semantic(where, "Invalid index",
           items == nullptr
             ? "This value does not have any indices."
             : "The given key does not identify an element in this collection "
               "value.");
  to.reset();
}

} // namespace cts::hcl

#include "core/hcl/evaluator.hpp"

#include <algorithm>
#include <utility>

// `[for x in y : ...]` and `{for k, v in y : k => v}`.

namespace cts::hcl {

bool evaluator::at_for() {
  auto begin = at_.here();
  auto found = at_identifier() && identifier() == "for";
  skip();
  found = found && at_identifier();
  at_.rewind(begin);
  return found;
}

/// `for k, v in collection`
bool evaluator::for_head(loop& head) {
  head.begin = at_.here();
  identifier();
  skip();
  head.item = identifier();
  skip();
  if (take(",")) {
    skip();
    head.key = std::move(head.item);
    head.item = identifier();
    skip();
  }
  if (head.item.empty())
    return syntax(here(), "Invalid 'for' expression",
                  "For expression requires the names of its variables.");
  if (identifier() != "in")
    return syntax(here(), "Invalid 'for' expression",
                  "For expression requires the 'in' keyword after its name "
                  "declarations.");
  skip();
  return expression(head.collection);
}

bool evaluator::for_expression(outcome& to, bool object) {
  auto head = loop{.object = object};
  if (!for_head(head))
    return false;
  skip();
  if (!take(":"))
    return syntax(here(), "Invalid 'for' expression",
                  "For expression requires a colon after the collection "
                  "expression.");
  skip();
  auto made = collected{};
  if (!repeat(
        head, [&] { return for_body(head, made); }, made.known))
    return false;
  to.reset();
  if (made.known && object)
    to = value{std::move(made.members)};
  else if (made.known)
    to = value{std::move(made.items)};
  return true;
}

/// Reads the body once for each element, and at least once.
bool evaluator::repeat(const loop& head, const std::function<bool()>& body,
                       bool& known) {
  auto begin = at_.here();
  auto rounds = std::size_t{0};
  auto round = [&](const outcome& key, const outcome& item) {
    at_.rewind(begin);
    ++rounds;
    auto before = scope_.size();
    scope_.push_back({.name = head.key, .bound = key});
    scope_.push_back({.name = head.item, .bound = item});
    auto right = spend(work_of_value) && body();
    scope_.resize(before);
    return right;
  };
  auto right = true;
  if (!head.collection || skipping_) {
    known = false;
  } else if (const auto* items = std::get_if<list>(&head.collection->data)) {
    for (auto each = items->begin(); right && each != items->end(); ++each)
      right = round(value{number{std::to_string(rounds)}}, *each);
  } else if (const auto* members
             = std::get_if<cts::object>(&head.collection->data)) {
    for (auto each = members->begin(); right && each != members->end(); ++each)
      right = round(value{each->first}, each->second);
  } else {
    semantic(at_.span_since(head.begin), "Iteration over non-iterable value",
             "A value of this type cannot be used as the collection in a "
             "'for' expression.");
    known = false;
  }
  if (rounds > 0)
    return right;
  auto outer = std::exchange(skipping_, true);
  right = round({}, {});
  skipping_ = outer;
  return right;
}

bool evaluator::for_body(const loop& head, collected& to) {
  auto key = outcome{};
  auto item = outcome{};
  auto grouped = false;
  auto problems_before = problems_.size();
  if (!expression(item))
    return false;
  skip();
  if (head.object) {
    if (!take("=>"))
      return syntax(here(), "Invalid 'for' expression",
                    "For expression requires an arrow after its key "
                    "expression.");
    skip();
    key = std::move(item);
    item.reset();
    if (!expression(item))
      return false;
    skip();
    grouped = take("...");
    skip();
  }
  auto selected = true;
  if (!for_condition(selected))
    return false;
  if (skipping_)
    return true;
  // What is wrong with an element that is not selected does not matter.
  if (!selected)
    problems_.resize(std::min(problems_.size(), problems_before));
  else
    collect(head, key, item, grouped, to);
  return true;
}

bool evaluator::for_condition(bool& selected) {
  auto before = at_.here();
  if (!at_identifier() || identifier() != "if") {
    at_.rewind(before);
    return true;
  }
  skip();
  auto condition = outcome{};
  if (!expression(condition))
    return false;
  auto truth
    = truth_of(condition, at_.span_since(before), "Invalid 'for' condition",
               "The 'if' clause value is invalid: bool required.");
  selected = truth.value_or(true);
  skip();
  return true;
}

void evaluator::collect(const loop& head, const outcome& key,
                        const outcome& item, bool grouped, collected& to) {
  if (!item || (head.object && !key)) {
    to.known = false;
    return;
  }
  if (!head.object) {
    to.items.push_back(*item);
    return;
  }
  auto name = text_of(*key);
  auto where = at_.span_since(head.begin);
  if (!name) {
    semantic(where, "Invalid object key",
             "The key expression produced an invalid result: string "
             "required.");
    to.known = false;
    return;
  }
  if (grouped) {
    auto& group = to.members[*name];
    if (!std::holds_alternative<list>(group.data))
      group.data = list{};
    std::get<list>(group.data).push_back(*item);
    return;
  }
  if (!to.members.emplace(*name, *item).second)
    semantic(where, "Duplicate object key",
             "Two different items produced the key \"" + *name
               + "\" in this 'for' expression. If duplicates are expected, use "
                 "the ellipsis (...) after the value expression to enable "
                 "grouping by key.");
}

} // namespace cts::hcl

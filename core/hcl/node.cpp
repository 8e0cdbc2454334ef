#include "core/hcl/node.hpp"

#include "core/decimal.hpp"
#include "core/hcl/lexer.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace cts::hcl {

namespace {

using kind = node::kind;

/// Builds an object; finds a member again in constant time.
class object_builder {
public:
  /// The value to be merged into; new ones are null and without a place.
  node& at(const key& name) {
    auto& members = object_.members;
    auto found = index_of(name.text);
    if (found == members.size()) {
      members.push_back({.name = name.text, .where = name.where, .value = {}});
      if (members.size() > members_without_index)
        index_.emplace(name.text, found);
      if (members.size() == members_without_index + 1)
        for (auto i = std::size_t{0}; i < found; ++i)
          index_.emplace(members[i].name, i);
    }
    members[found].where = name.where;
    return members[found].value;
  }

  node finish(const span& where) && {
    object_.what = kind::object;
    object_.where = where;
    return std::move(object_);
  }

private:
  std::size_t index_of(const std::string& name) const {
    const auto& members = object_.members;
    if (members.size() > members_without_index) {
      auto found = index_.find(name);
      return found == index_.end() ? members.size() : found->second;
    }
    auto found = std::find_if(members.begin(), members.end(),
                              [&](const auto& x) { return x.name == name; });
    return static_cast<std::size_t>(found - members.begin());
  }

  node object_{};
  std::unordered_map<std::string, std::size_t> index_{};
};

result<node> convert(expression from);
result<node> convert_items(std::vector<item> items, const span& where);

/// Adds one more value under a name that may have some already.
void merge(node& to, node value) {
  auto joined = to.what == kind::list && value.what == kind::list
                && to.blocks == value.blocks;
  if (!joined) {
    to = std::move(value);
    return;
  }
  std::move(value.elements.begin(), value.elements.end(),
            std::back_inserter(to.elements));
}

node list_of_one(node body) {
  auto list = node{
    .what = kind::list, .blocks = true, .where = body.where, .members = {}};
  list.elements.push_back(std::move(body));
  return list;
}

/// `a "b" { ... }` becomes `a { b { ... } }`.
result<node> value_of(item from) {
  auto value = convert(std::move(from.value));
  if (!value)
    return value;
  // A block is best shown by its header.
  auto header = enclosing(from.keys.front().where, from.keys.back().where);
  if (value->what == kind::object) {
    value->where = header;
    *value = list_of_one(std::move(*value));
  }
  for (auto i = from.keys.size(); --i > 0;) {
    auto outer = node{.what = kind::object, .where = header, .members = {}};
    outer.members.push_back({.name = from.keys[i].text,
                             .where = from.keys[i].where,
                             .value = std::move(*value)});
    *value = list_of_one(std::move(outer));
  }
  return value;
}

result<node> convert_items(std::vector<item> items, const span& where) {
  auto object = object_builder{};
  for (auto& each : items) {
    if (each.dangling)
      continue;
    auto name = each.keys.front();
    auto value = value_of(std::move(each));
    if (!value)
      return value;
    merge(object.at(name), std::move(*value));
  }
  return std::move(object).finish(where);
}

result<node> convert_number(const expression& from) {
  auto integer = from.what == expression::kind::integer;
  auto text
    = integer ? std::optional<std::string>{} : decimal::canonical(from.text);
  if (auto value = decimal::integer(from.text, false); integer && value)
    text = std::to_string(*value);
  if (!text)
    return syntax_error(from.where, "cannot convert " + from.text
                                      + " to a number: value out of range");
  return node{.what = kind_of(from.what),
              .where = from.where,
              .text = std::move(*text),
              .members = {}};
}

result<node> convert(expression from) {
  if (from.what == expression::kind::object)
    return convert_items(std::move(from.items), from.where);
  if (from.what == expression::kind::integer
      || from.what == expression::kind::floating)
    return convert_number(from);
  auto to = node{.what = kind_of(from.what),
                 .where = from.where,
                 .text = std::move(from.text),
                 .members = {}};
  for (auto& each : from.elements) {
    auto element = convert(std::move(each));
    if (!element)
      return element;
    to.elements.push_back(std::move(*element));
  }
  return to;
}

std::string joined(const std::vector<std::string>& parts) {
  auto text = std::string{};
  for (const auto& each : parts)
    text += (&each == &parts.front() ? "" : " ") + each;
  return text;
}

} // namespace

node::kind kind_of(expression::kind what) {
  return static_cast<node::kind>(what);
}

node text_node(std::string text) {
  return {.what = kind::string, .text = std::move(text), .members = {}};
}

node integer_node(std::size_t x) {
  return {.what = kind::integer, .text = std::to_string(x), .members = {}};
}

node boolean_node(bool x) {
  return {.what = kind::boolean, .text = x ? "true" : "false", .members = {}};
}

void add_member(node& to, std::string name, node x) {
  to.what = kind::object;
  to.members.push_back({.name = std::move(name), .value = std::move(x)});
}

const member* node::find(std::string_view name) const {
  auto found = std::find_if(members.begin(), members.end(),
                            [&](const auto& x) { return x.name == name; });
  return found == members.end() ? nullptr : &*found;
}

result<node> to_node(body items) {
  return convert_items(std::move(items), {.line = 1, .column = 1});
}

std::string to_go_string(const node& value) {
  auto parts = std::vector<std::string>{};
  switch (value.what) {
    case kind::null: return "<nil>";
    case kind::list:
      for (const auto& each : value.elements)
        parts.push_back(to_go_string(each));
      return "[" + joined(parts) + "]";
    case kind::object:
      for (const auto& each : value.members)
        parts.push_back(each.name + ":" + to_go_string(each.value));
      std::sort(parts.begin(), parts.end());
      return "map[" + joined(parts) + "]";
    default: return value.text;
  }
}

const char* go_type(const node& value) {
  switch (value.what) {
    case kind::null: return "<nil>";
    case kind::boolean: return "bool";
    case kind::integer: return "int";
    case kind::floating: return "float64";
    case kind::string: return "string";
    case kind::list:
      return value.blocks ? "[]map[string]interface {}" : "[]interface {}";
    case kind::object: return "map[string]interface {}";
  }
  return "";
}

} // namespace cts::hcl

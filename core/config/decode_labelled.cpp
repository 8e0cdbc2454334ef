#include "core/config/decoder.hpp"
#include "core/config/suggest.hpp"

#include <algorithm>
#include <utility>

// Blocks whose label selects what they may hold: conditions, module inputs and
// the storage of a cluster. Source: spec configuration, 2.12, 2.13 and 2.18.

namespace cts::config {

namespace {

using kind = hcl::node::kind;

std::string types_of(const field& what) {
  auto text = std::string{};
  for (const auto& each : what.fields)
    if (each.name != "no-condition")
      text += (text.empty() ? "" : ", ") + std::string{each.name};
  return text;
}

/// The labels of an object that should have one.
std::string labels_of(const hcl::node& x) {
  if (x.what != kind::object)
    return hcl::go_type(x);
  auto text = std::string{};
  for (const auto& each : x.members)
    text += (text.empty() ? "" : ", ") + each.name;
  return text.empty() ? "(no label)" : text;
}

/// Advice to whoever wrote an unknown type, or no type at all.
std::string hint_for_type(const field& what, const hcl::node& got) {
  if (got.what != kind::object || got.members.size() != 1)
    return "write a label: " + std::string{what.name} + " \"services\" { ... }";
  auto names = std::vector<std::string_view>{};
  for (const auto& each : what.fields)
    names.push_back(each.name);
  auto meant = did_you_mean(got.members.front().name, names);
  if (!meant.empty())
    return meant;
  for (const auto& type : what.fields)
    if (find_field(type.fields, got.members.front().name) != nullptr)
      return "write a label: " + std::string{what.name} + " \""
             + std::string{type.name} + "\" { ... }";
  return {};
}

} // namespace

std::string report_of(std::vector<decoder::problem>& problems) {
  std::stable_sort(
    problems.begin(), problems.end(),
    [](const auto& a, const auto& b) { return a.message < b.message; });
  auto text = std::to_string(problems.size()) + " error(s) decoding:\n";
  for (const auto& each : problems)
    text += "\n* " + each.message;
  return text;
}

block decoder::labelled(const field& type, const member& from,
                        const std::string& path) {
  const auto& value = unwrap_block(from.value);
  auto inner = decoder{language_, file_};
  auto to = block{.where = at(from.where)};
  if (value.what == kind::object)
    to = inner.body(value, type.fields, "");
  else if (unwrap(from.value).what != kind::null)
    inner.expect_a_map(value, "");
  to.label = type.name;
  to.where = at(from.where);
  take_problems(std::move(inner), path);
  return to;
}

// The reference names unknown keys only if the types are right.
void decoder::take_problems(decoder from, const std::string& path) {
  for (auto& each : from.warnings)
    warnings.push_back(std::move(each));
  auto prefix = "error decoding '" + path + "': ";
  auto parts = std::move(from.problems);
  auto text = parts.empty() ? std::string{} : report_of(parts);
  std::sort(from.unknown_keys.begin(), from.unknown_keys.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  for (const auto& each : from.unknown_keys) {
    if (parts.empty())
      text = "invalid keys: ";
    if (text.starts_with("invalid keys: "))
      text += (parts.empty() ? "" : ", ") + each.path;
    parts.push_back({.message = "invalid key: " + each.path,
                     .where = each.where,
                     .hint = wants_hints()
                               ? hint_for_key(each.path, each.name, each.fields)
                               : std::string{},
                     .further = {}});
  }
  if (parts.empty())
    return;
  for (auto& each : parts)
    each.message = prefix + each.message;
  auto whole = problem{.message = prefix + text,
                       .where = parts.front().where,
                       .hint = parts.front().hint,
                       .further = {}};
  parts.erase(parts.begin());
  whole.further = std::move(parts);
  problems.push_back(std::move(whole));
}

void decoder::read_condition(block& to, const field& what, const member& from,
                             const std::string& path) {
  auto prefix = "error decoding '" + path + "': ";
  const auto& value = unwrap_block(from.value);
  if (value.what == kind::list && language_ != dialect::json)
    return add(
      prefix + "expected only one item in hcl condition but got "
        + std::to_string(value.elements.size()) + ": a task has one condition",
      value.elements.size() > 1 ? value.elements[1].where : value.where,
      "remove all condition blocks but one, or make a task of each");
  auto chosen = std::find_if(
    what.fields.begin(), what.fields.end(),
    [&](const auto& type) { return value.find(type.name) != nullptr; });
  if (value.what != kind::object || chosen == what.fields.end())
    return add(prefix + "unsupported condition type: " + labels_of(value)
                 + "; supported types: " + types_of(what),
               from.where,
               wants_hints() ? hint_for_type(what, value) : std::string{});
  if (value.members.size() > 1)
    warnings.push_back({.message = "'" + path + "' has several types; only \""
                                   + std::string{chosen->name} + "\" is used",
                        .where = at(from.where),
                        .further = {}});
  auto inner = std::vector<block>{};
  inner.push_back(labelled(*chosen, *value.find(chosen->name), path));
  to.settings.insert_or_assign(
    std::string{what.name},
    setting{.data = std::move(inner), .where = at(from.where)});
}

void decoder::read_module_inputs(block& to, const field& what,
                                 const member& from, const std::string& path) {
  auto inner = std::vector<block>{};
  auto index = std::size_t{0};
  for (const auto* each : elements(from, path)) {
    auto name = path + "[" + std::to_string(index++) + "]";
    auto refuse = [&](const hcl::node& got) {
      add("error decoding '" + name + "': unsupported module_input type: "
            + labels_of(got) + "; supported types: " + types_of(what),
          got.where.line > 0 ? got.where : from.where,
          wants_hints() ? hint_for_type(what, got) : std::string{});
    };
    if (each->what != kind::object || each->members.empty()) {
      refuse(*each);
      continue;
    }
    for (const auto& label : each->members) {
      const auto* type = find_field(what.fields, label.name);
      if (type == nullptr) {
        refuse(*each);
        break;
      }
      inner.push_back(labelled(*type, label, name));
    }
  }
  to.settings.insert_or_assign(
    std::string{what.name},
    setting{.data = std::move(inner), .where = at(from.where)});
}

void decoder::read_storage(block& to, const field& what, const member& from,
                           const std::string& path) {
  const auto& value = unwrap_block(from.value);
  if (value.what != kind::object)
    return expect_a_map(value, path);
  auto inner = std::vector<block>{};
  for (const auto& label : value.members) {
    const auto* type = find_field(what.fields, label.name);
    const auto& content = unwrap_block(label.value);
    auto known = type != nullptr && content.what == kind::object;
    if (type != nullptr && !known)
      expect_a_map(content, path + "." + label.name);
    inner.push_back(known ? body(content, type->fields, path + "." + label.name)
                          : block{});
    inner.back().label = label.name;
    inner.back().where = at(label.where);
  }
  if (inner.empty())
    return;
  to.settings.insert_or_assign(
    std::string{what.name},
    setting{.data = std::move(inner), .where = at(from.where)});
}

} // namespace cts::config

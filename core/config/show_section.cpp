#include "core/config/show_section.hpp"

#include "core/config/schema.hpp"
#include "core/go_duration.hpp"

#include <algorithm>

namespace cts::config {

namespace {

using kind = hcl::expression::kind;

hcl::expression scalar(kind what, std::string text) {
  return {.what = what, .text = std::move(text), .items = {}};
}

hcl::expression text_of(std::string x) {
  return scalar(kind::string, std::move(x));
}

hcl::item attribute(std::string name, hcl::expression x) {
  auto made = hcl::item{.assigned = true, .value = std::move(x)};
  made.keys.push_back({.text = std::move(name)});
  return made;
}

hcl::expression expression_of(const value& x);

hcl::expression expression_of(const object& x) {
  auto made = hcl::expression{.what = kind::object, .items = {}};
  for (const auto& [name, each] : x)
    made.items.push_back(attribute(
      name, is_secret_name(name) ? text_of(redacted) : expression_of(each)));
  return made;
}

hcl::expression expression_of(const value& x) {
  if (const auto* truth = std::get_if<bool>(&x.data))
    return scalar(kind::boolean, *truth ? "true" : "false");
  if (const auto* text = std::get_if<std::string>(&x.data))
    return text_of(without_logins(*text));
  if (const auto* members = std::get_if<object>(&x.data))
    return expression_of(*members);
  if (const auto* digits = std::get_if<number>(&x.data))
    return scalar(digits->text.find('.') == std::string::npos ? kind::integer
                                                              : kind::floating,
                  digits->text);
  auto made = hcl::expression{.what = kind::list, .items = {}};
  if (const auto* elements = std::get_if<list>(&x.data))
    for (const auto& each : *elements)
      made.elements.push_back(expression_of(each));
  else if (const auto* blocks = std::get_if<repeated_block>(&x.data))
    for (const auto& each : blocks->bodies)
      made.elements.push_back(expression_of(each));
  else
    made.what = kind::null;
  return made;
}

/// The path as the table of variables knows it.
std::string without_indexes(const std::string& path) {
  auto plain = std::string{};
  auto inside = false;
  for (auto c : path) {
    inside = c == '[' || (inside && c != ']');
    if (!inside && c != ']')
      plain += c;
  }
  return plain;
}

} // namespace

origin section::origin_at(const place& where) const {
  const auto& at = where.at;
  if (where.file >= all_.files.size() || at.line == 0)
    return {};
  return {.what = origin::kind::file,
          .where = {.file = all_.files[where.file].path,
                    .line = at.line,
                    .column = at.column,
                    .end_column
                    = at.line == at.end_line ? at.end_column : at.column + 1}};
}

origin section::origin_of(std::string_view name) const {
  if (const auto* found = from_.find(name))
    return origin_at(found->where);
  auto path = without_indexes(path_) + "." + std::string{name};
  auto variable = variable_behind(path, all_.around);
  if (variable.empty())
    return {};
  return {.what = origin::kind::environment, .from = std::move(variable)};
}

void section::write(std::string_view name, hcl::expression x,
                    const std::optional<origin>& where) {
  auto from = where ? *where : origin_of(name);
  auto made = attribute(std::string{name}, std::move(x));
  made.remark = to_string(from);
  items_.push_back(std::move(made));
  auto path
    = path_.empty() ? std::string{name} : path_ + "." + std::string{name};
  all_.origins.insert_or_assign(std::move(path), std::move(from));
}

void section::add(std::string_view name, const std::string& x,
                  const std::optional<origin>& where) {
  auto hidden = is_secret_name(name) && !x.empty();
  write(name, text_of(hidden ? redacted : without_logins(x)), where);
}

void section::add(std::string_view name, bool x,
                  const std::optional<origin>& where) {
  write(name, scalar(kind::boolean, x ? "true" : "false"), where);
}

void section::add(std::string_view name, int x,
                  const std::optional<origin>& where) {
  write(name, scalar(kind::integer, std::to_string(x)), where);
}

void section::add(std::string_view name, nanoseconds x,
                  const std::optional<origin>& where) {
  write(name, text_of(go_duration::to_string(x)), where);
}

void section::add(std::string_view name, const std::vector<std::string>& x) {
  auto made = hcl::expression{.what = kind::list, .items = {}};
  for (const auto& each : x)
    made.elements.push_back(text_of(without_logins(each)));
  write(name, std::move(made), {});
}

void section::add(std::string_view name,
                  const std::map<std::string, std::string>& x) {
  auto values = object{};
  for (const auto& [key, text] : x)
    values.emplace(key, value{text});
  write(name, expression_of(values), {});
}

void section::add_if_set(std::string_view name, const std::string& x) {
  if (is_set(name))
    add(name, x);
}

void section::add_enabled(bool x, const char* fields) {
  if (x && !is_set("enabled"))
    return add("enabled", x, derived_from(fields));
  add("enabled", x);
}

void section::add_values(std::string_view name, const object& x, bool masked) {
  auto values = x;
  if (masked)
    for (auto& each : values)
      each.second = value{std::string{redacted}};
  write(name, expression_of(values), {});
}

void section::add_masked(std::string_view name, const origin& where) {
  write(name, text_of(redacted), where);
}

void section::add_masked_expression(std::string_view name,
                                    const origin& where) {
  write(name, text_of("\"" + std::string{redacted} + "\""), where);
}

void section::add(std::string_view name, std::vector<std::string> labels,
                  section inner) {
  auto made = hcl::item{};
  made.keys.push_back({.text = std::string{name}});
  for (auto& each : labels)
    made.keys.push_back({.text = std::move(each)});
  made.value.what = kind::object;
  made.value.items = inner.take();
  items_.push_back(std::move(made));
}

section section::inside(std::string_view name) const {
  auto path
    = path_.empty() ? std::string{name} : path_ + "." + std::string{name};
  return section{all_, std::move(path), nested(from_, name)};
}

} // namespace cts::config

#include "core/config/finalize_parts.hpp"

#include "core/config/coerce.hpp"

#include <algorithm>
#include <limits>

namespace cts::config {

namespace {

int to_int(std::int64_t x) {
  using limits = std::numeric_limits<int>;
  return static_cast<int>(
    std::clamp<std::int64_t>(x, limits::min(), limits::max()));
}

template <class T>
void assign_if(T& to, const std::optional<T>& from) {
  if (from)
    to = *from;
}

} // namespace

const block& nested(const block& outer, std::string_view name) {
  static const auto empty = block{};
  const auto* found = outer.child(name);
  return found == nullptr ? empty : *found;
}

std::string trimmed(std::string_view text) {
  constexpr auto blanks = " \t\r\n\v\f";
  auto begin = std::min(text.find_first_not_of(blanks), text.size());
  text.remove_prefix(begin);
  return std::string{text.substr(0, text.find_last_not_of(blanks) + 1)};
}

std::optional<std::string> variable(const surroundings& around,
                                    std::initializer_list<const char*> names) {
  for (const auto* name : names) {
    if (name == nullptr)
      continue;
    auto found = around.environment.find(name);
    if (found == around.environment.end())
      continue;
    if (auto text = trimmed(found->second); !text.empty())
      return text;
  }
  return std::nullopt;
}

std::optional<bool> boolean_variable(const surroundings& around,
                                     const char* name) {
  auto text = variable(around, {name});
  return text ? boolean_of(*text) : std::nullopt;
}

void assign(std::string& to, const block& from, std::string_view name) {
  assign_if(to, from.text(name));
}

void assign(bool& to, const block& from, std::string_view name) {
  assign_if(to, from.boolean(name));
}

void assign(int& to, const block& from, std::string_view name) {
  if (auto x = from.integer(name))
    to = to_int(*x);
}

void assign(nanoseconds& to, const block& from, std::string_view name) {
  assign_if(to, from.time(name));
}

void assign(std::optional<bool>& to, const block& from, std::string_view name) {
  to = from.boolean(name);
}

void assign(std::optional<int>& to, const block& from, std::string_view name) {
  if (auto x = from.integer(name))
    to = to_int(*x);
}

void assign(std::optional<nanoseconds>& to, const block& from,
            std::string_view name) {
  to = from.time(name);
}

std::string clean_path(std::string_view path) {
  auto rooted = path.starts_with('/');
  auto parts = std::vector<std::string_view>{};
  while (!path.empty()) {
    auto end = std::min(path.find('/'), path.size());
    auto part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part.empty() || part == ".")
      continue;
    auto up = part == "..";
    if (up && !parts.empty() && parts.back() != "..")
      parts.pop_back();
    else if (!up || !rooted)
      parts.push_back(part);
  }
  auto clean = std::string{rooted ? "/" : ""};
  for (const auto& part : parts) {
    if (&part != &parts.front())
      clean += '/';
    clean += part;
  }
  return clean.empty() ? "." : clean;
}

buffer_period resolved(buffer_period x) {
  if (!x.enabled)
    return {.enabled = false, .min = {}, .max = {}};
  x.max = std::max(x.max, x.min);
  return x;
}

value value_of(const hcl::node& from) {
  using kind = hcl::node::kind;
  switch (from.what) {
    case kind::null: return {};
    case kind::boolean: return {from.text == "true"};
    case kind::integer:
    case kind::floating: return {number{from.text}};
    case kind::string: return {from.text};
    case kind::object: return {object_of(from)};
    case kind::list: break;
  }
  auto one_object
    = from.elements.size() == 1 && from.elements.front().what == kind::object;
  if (from.blocks && one_object)
    return {object_of(from.elements.front())};
  if (!from.blocks) {
    auto values = list{};
    for (const auto& each : from.elements)
      values.push_back(value_of(each));
    return {std::move(values)};
  }
  auto repeated = repeated_block{};
  for (const auto& each : from.elements)
    repeated.bodies.push_back(object_of(each));
  return {std::move(repeated)};
}

object object_of(const hcl::node& from) {
  auto to = object{};
  for (const auto& each : from.members)
    to.insert_or_assign(each.name, value_of(each.value));
  return to;
}

} // namespace cts::config

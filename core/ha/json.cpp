#include "core/ha/json.hpp"

#include "core/decimal.hpp"
#include "core/hcl/json_check.hpp"
#include "core/unicode.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace cts::ha {

namespace {

namespace ondemand = simdjson::ondemand;

/// How deep brackets nest, those in strings left out.
std::size_t depth_of(std::string_view text) {
  auto deepest = std::size_t{0};
  auto depth = std::size_t{0};
  auto quoted = false;
  for (auto i = std::size_t{0}; i < text.size(); ++i) {
    auto c = text[i];
    if (c == '"')
      quoted = !quoted;
    else if (quoted)
      i += c == '\\' ? 1U : 0U;
    else if (c == '[' || c == '{')
      deepest = std::max(deepest, ++depth);
    else if ((c == ']' || c == '}') && depth > 0)
      --depth;
  }
  return deepest;
}

value number_of(std::string_view token) {
  constexpr auto spaces = std::string_view{" \t\r\n"};
  while (!token.empty() && spaces.find(token.back()) != std::string_view::npos)
    token.remove_suffix(1);
  auto canonical = decimal::canonical(token);
  if (!canonical)
    throw simdjson::simdjson_error{simdjson::NUMBER_ERROR};
  return {number{*std::move(canonical)}};
}

value read_value(ondemand::value from) {
  switch (ondemand::json_type{from.type()}) {
    case ondemand::json_type::object: {
      auto out = object{};
      for (auto field : ondemand::object{from.get_object()}) {
        auto name = std::string{std::string_view{field.unescaped_key()}};
        out.insert_or_assign(std::move(name), read_value(field.value()));
      }
      return {std::move(out)};
    }
    case ondemand::json_type::array: {
      auto out = list{};
      for (auto element : ondemand::array{from.get_array()})
        out.push_back(read_value(element.value()));
      return {std::move(out)};
    }
    case ondemand::json_type::string:
      return {std::string{std::string_view{from.get_string()}}};
    case ondemand::json_type::number: return number_of(from.raw_json_token());
    case ondemand::json_type::boolean: return {bool{from.get_bool()}};
    case ondemand::json_type::null: break;
  }
  if (auto null = from.is_null(); null.error())
    throw simdjson::simdjson_error{null.error()};
  return {};
}

void append_escaped(std::string& to, char c) {
  switch (c) {
    case '"': to += "\\\""; return;
    case '\\': to += "\\\\"; return;
    case '\n': to += "\\n"; return;
    case '\r': to += "\\r"; return;
    case '\t': to += "\\t"; return;
    default: break;
  }
  if (static_cast<unsigned char>(c) >= 0x20U) {
    to += c;
    return;
  }
  auto code = std::array<char, 8>{};
  std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(c));
  to += code.data();
}

void append_string(std::string& to, const std::string& text) {
  to += '"';
  for (char c : valid_text(text))
    append_escaped(to, c);
  to += '"';
}

void append(std::string& to, const value& from);

void append(std::string& to, const object& from) {
  to += '{';
  for (const auto& [name, member] : from) {
    if (to.back() != '{')
      to += ',';
    append_string(to, name);
    to += ':';
    append(to, member);
  }
  to += '}';
}

template <class Items>
void append_list(std::string& to, const Items& items) {
  to += '[';
  for (const auto& item : items) {
    if (&item != &items.front())
      to += ',';
    append(to, item);
  }
  to += ']';
}

void append(std::string& to, const value& from) {
  if (const auto* flag = std::get_if<bool>(&from.data))
    to += *flag ? "true" : "false";
  else if (const auto* digits = std::get_if<number>(&from.data))
    to += digits->text;
  else if (const auto* text = std::get_if<std::string>(&from.data))
    append_string(to, *text);
  else if (const auto* items = std::get_if<list>(&from.data))
    append_list(to, *items);
  else if (const auto* body = std::get_if<object>(&from.data))
    append(to, *body);
  else if (const auto* blocks = std::get_if<repeated_block>(&from.data))
    append_list(to, blocks->bodies);
  else
    to += "null";
}

template <class Number>
bool read_number(const value& from, Number& to) {
  const auto* digits = std::get_if<number>(&from.data);
  if (digits == nullptr)
    return false;
  const auto* end = digits->text.data() + digits->text.size();
  auto read = std::from_chars(digits->text.data(), end, to);
  return read.ec == std::errc{} && read.ptr == end;
}

} // namespace

result<value> parse_json(std::string_view text) {
  if (depth_of(text) > json_depth_max)
    return fail(errc::malformed, "JSON nests deeper than ", json_depth_max);
  if (auto checked = hcl::check_json(text); !checked)
    return fail(errc::malformed, "no JSON: ", checked.error().message);
  try {
    auto padded = simdjson::padded_string{text};
    auto parser = ondemand::parser{};
    auto document = ondemand::document{parser.iterate(padded)};
    // A document that is a bare scalar cannot be asked for a value.
    if (document.is_scalar())
      return fail(errc::malformed, "JSON that is no object and no list");
    return read_value(document.get_value());
  } catch (const simdjson::simdjson_error& e) {
    return fail(errc::malformed, "no JSON: ", e.what());
  }
}

std::string json_text(const value& from) {
  auto out = std::string{};
  append(out, from);
  return out;
}

std::string valid_text(std::string_view text) {
  auto out = std::string{};
  out.reserve(text.size());
  while (!text.empty()) {
    auto next = unicode::decode(text);
    if (next.code == unicode::invalid)
      unicode::append(out, next.code);
    else
      out += text.substr(0, next.bytes);
    text.remove_prefix(next.bytes);
  }
  return out;
}

value members::take(const char* name) {
  auto found = from_.extract(name);
  return found.empty() ? value{} : std::move(found.mapped());
}

bool members::has(const char* name) const {
  auto found = from_.find(name);
  return found != from_.end()
         && !std::holds_alternative<std::monostate>(found->second.data);
}

void members::refuse(std::string sentence) {
  if (!problem_)
    problem_ = error{errc::malformed, std::move(sentence), std::nullopt};
}

template <class T>
const T* members::take_as(const char* name, value& keep, const char* type) {
  if (!has(name)) {
    from_.erase(name);
    return nullptr;
  }
  keep = take(name);
  const auto* out = std::get_if<T>(&keep.data);
  if (out == nullptr)
    refuse(std::string{"member '"} + name + "' is no " + type);
  return out;
}

void members::read(const char* name, std::string& to) {
  auto keep = value{};
  if (const auto* text = take_as<std::string>(name, keep, "string"))
    to = *text;
}

void members::read(const char* name, bool& to) {
  auto keep = value{};
  if (const auto* flag = take_as<bool>(name, keep, "boolean"))
    to = *flag;
}

void members::read(const char* name, std::uint64_t& to) {
  auto keep = value{};
  if (take_as<number>(name, keep, "number") != nullptr
      && !read_number(keep, to))
    refuse(std::string{"member '"} + name + "' is no counting number");
}

void members::read(const char* name, int& to) {
  auto keep = value{};
  if (take_as<number>(name, keep, "number") != nullptr
      && !read_number(keep, to))
    refuse(std::string{"member '"} + name + "' is no whole number in range");
}

void members::read(const char* name, std::vector<std::string>& to) {
  auto keep = value{};
  const auto* items = take_as<list>(name, keep, "list");
  if (items == nullptr)
    return;
  to.clear();
  for (const auto& item : *items)
    if (const auto* text = std::get_if<std::string>(&item.data))
      to.push_back(*text);
    else
      refuse(std::string{"member '"} + name + "' holds what is no string");
}

void members::read(const char* name, object& to) {
  auto keep = value{};
  if (const auto* body = take_as<object>(name, keep, "object"))
    to = *body;
}

object merged(object rest, object known) {
  for (auto& [name, member] : known) {
    auto& place = rest[name];
    auto* below = std::get_if<object>(&place.data);
    auto* above = std::get_if<object>(&member.data);
    if (below != nullptr && above != nullptr)
      place.data = merged(std::move(*below), std::move(*above));
    else
      place = std::move(member);
  }
  return rest;
}

value json_number(std::uint64_t x) {
  return {number{std::to_string(x)}};
}

value json_list(const std::vector<std::string>& from) {
  auto out = list{};
  for (const auto& text : from)
    out.push_back({text});
  return {std::move(out)};
}

} // namespace cts::ha

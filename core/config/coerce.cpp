#include "core/config/coerce.hpp"

#include "core/config/redact.hpp"
#include "core/config/schema.hpp"
#include "core/decimal.hpp"
#include "core/go_duration.hpp"
#include "core/go_text.hpp"

#include <charconv>
#include <cmath>

namespace cts::config {

namespace {

using kind = hcl::node::kind;

double double_of(const std::string& text) {
  auto value = 0.0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Cut toward zero; what does not fit becomes the nearest that does.
std::int64_t truncated(const std::string& text) {
  if (auto exact = decimal::integer(text.substr(0, text.find('.')), false))
    return *exact;
  auto value = double_of(text);
  constexpr auto limit = 9223372036854775807.0;
  if (value >= limit)
    return INT64_MAX;
  return value <= -limit ? INT64_MIN : static_cast<std::int64_t>(value);
}

bool is_secret_path(const std::string& path) {
  auto dot = path.rfind('.');
  auto name = dot == path.npos ? path : path.substr(dot + 1);
  return is_secret_name(name) || path.find(".variables[") != path.npos;
}

error unconvertible(const hcl::node& from, const std::string& path,
                    const char* expected) {
  auto shown = is_secret_path(path) ? redacted : hcl::to_go_string(from);
  return fail(errc::configuration, "'", path, "' expected type '", expected,
              "', got unconvertible type '", hcl::go_type(from), "', value: '",
              shown, "'");
}

} // namespace

std::optional<bool> boolean_of(std::string_view text) {
  for (auto truth : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == truth)
      return true;
  for (auto lie : {"0", "f", "F", "FALSE", "false", "False"})
    if (text == lie)
      return false;
  return std::nullopt;
}

result<std::string> to_text(const hcl::node& from, const std::string& path) {
  switch (from.what) {
    case kind::null: return std::string{};
    case kind::string: return from.text;
    case kind::boolean: return std::string{from.text == "true" ? "1" : "0"};
    case kind::integer: return from.text;
    case kind::floating: return decimal::shortest(double_of(from.text));
    default: return unconvertible(from, path, "string");
  }
}

result<std::int64_t> to_integer(const hcl::node& from,
                                const std::string& path) {
  switch (from.what) {
    case kind::null: return 0;
    case kind::boolean: return from.text == "true" ? 1 : 0;
    case kind::integer:
    case kind::floating: return truncated(from.text);
    case kind::string: break;
    default: return unconvertible(from, path, "int");
  }
  if (from.text.empty())
    return 0;
  auto out_of_range = false;
  if (auto value = decimal::integer(from.text, true, &out_of_range))
    return *value;
  return fail(errc::configuration, "cannot parse '", path,
              "' as int: strconv.ParseInt: parsing ", go_quote(from.text), ": ",
              out_of_range ? "value out of range" : "invalid syntax");
}

result<bool> to_boolean(const hcl::node& from, const std::string& path) {
  switch (from.what) {
    case kind::null: return false;
    case kind::boolean: return from.text == "true";
    case kind::integer:
    case kind::floating: return from.text != "0";
    case kind::string: break;
    default: return unconvertible(from, path, "bool");
  }
  if (from.text.empty())
    return false;
  if (auto value = boolean_of(from.text))
    return *value;
  return fail(errc::configuration, "cannot parse '", path,
              "' as bool: strconv.ParseBool: parsing ", go_quote(from.text),
              ": invalid syntax");
}

result<nanoseconds> to_time(const hcl::node& from, const std::string& path) {
  switch (from.what) {
    case kind::null: return nanoseconds{0};
    case kind::boolean: return nanoseconds{from.text == "true" ? 1 : 0};
    case kind::integer:
    case kind::floating: return nanoseconds{truncated(from.text)};
    case kind::string: break;
    default: return unconvertible(from, path, "time.Duration");
  }
  auto parsed = go_duration::parse(from.text);
  if (parsed)
    return *parsed;
  return fail(errc::configuration, "error decoding '", path,
              "': ", parsed.error().message);
}

} // namespace cts::config

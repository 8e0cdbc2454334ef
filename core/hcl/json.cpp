#include "core/hcl/json.hpp"

#include "core/decimal.hpp"
#include "core/hcl/cursor.hpp"
#include "core/hcl/json_check.hpp"
#include "core/hcl/lexer.hpp"

#include <simdjson.h>

#include <unordered_map>
#include <utility>

namespace cts::hcl {

namespace {

namespace ondemand = simdjson::ondemand;
using kind = expression::kind;

/// The library's errors cannot occur after `check_json`, so they only end the
/// reading; the caller reports them in one sentence.
using outcome = result<void>;

error unreadable(simdjson::error_code code) {
  return fail(errc::configuration,
              "JSON cannot be read: ", simdjson::error_message(code),
              "; simplify the document");
}

class reader {
public:
  explicit reader(std::string_view text)
    : text_{text}, padded_{text}, places_{text} {}

  result<expression> run() {
    auto parser = ondemand::parser{};
    auto document = ondemand::document{};
    if (auto code = parser.iterate(padded_).get(document))
      return unreadable(code);
    auto root = ondemand::value{};
    if (auto code = document.get_value().get(root))
      return unreadable(code);
    auto to = expression{};
    if (auto read = value(root, to); !read)
      return read.error();
    return to;
  }

private:
  /// Values come in the order of the text, so places are found by walking on.
  cursor::position place_of(const char* pointer) {
    auto offset = static_cast<std::size_t>(pointer - padded_.data());
    while (places_.here().offset < offset && !places_.at_end())
      places_.next();
    return places_.here();
  }

  span span_of(std::string_view token) {
    while (!token.empty()
           && std::string_view{" \t\r\n"}.find(token.back())
                != std::string_view::npos)
      token.remove_suffix(1);
    auto begin = place_of(token.data());
    place_of(token.data() + token.size());
    return places_.span_since(begin);
  }

  outcome value(ondemand::value from, expression& to) {
    auto type = ondemand::json_type{};
    if (auto code = from.type().get(type))
      return unreadable(code);
    to.where = span_of(type == ondemand::json_type::object
                           || type == ondemand::json_type::array
                         ? from.raw_json_token().substr(0, 1)
                         : from.raw_json_token());
    switch (type) {
      case ondemand::json_type::object: return object(from, to);
      case ondemand::json_type::array: return array(from, to);
      case ondemand::json_type::string: return string(from, to);
      case ondemand::json_type::number: return number(from, to);
      case ondemand::json_type::boolean: return boolean(from, to);
      case ondemand::json_type::null: break;
    }
    to.what = kind::null;
    auto null = from.is_null();
    return null.error() ? outcome{unreadable(null.error())} : outcome{};
  }

  outcome object(ondemand::value from, expression& to) {
    to.what = kind::object;
    auto fields = ondemand::object{};
    if (auto code = from.get_object().get(fields))
      return unreadable(code);
    for (auto each : fields) {
      auto field = ondemand::field{};
      if (auto code = std::move(each).get(field))
        return unreadable(code);
      auto raw = field.key().raw();
      auto begin = place_of(raw - 1);
      auto name = std::string_view{};
      if (auto code = field.unescaped_key().get(name))
        return unreadable(code);
      auto where = span{.line = begin.line,
                        .column = begin.column,
                        .end_line = begin.line,
                        .end_column
                        = begin.column + 2
                          + static_cast<std::uint32_t>(unicode::length(name))};
      auto& item = to.items.emplace_back();
      item.keys.push_back({.text = std::string{name}, .where = where});
      item.assigned = true;
      if (auto read = value(field.value(), item.value); !read)
        return read;
    }
    return {};
  }

  outcome array(ondemand::value from, expression& to) {
    to.what = kind::list;
    auto elements = ondemand::array{};
    if (auto code = from.get_array().get(elements))
      return unreadable(code);
    for (auto each : elements) {
      auto element = ondemand::value{};
      if (auto code = std::move(each).get(element))
        return unreadable(code);
      if (auto read = value(element, to.elements.emplace_back()); !read)
        return read;
    }
    return {};
  }

  outcome string(ondemand::value from, expression& to) {
    to.what = kind::string;
    auto text = std::string_view{};
    if (auto code = from.get_string().get(text))
      return unreadable(code);
    to.text = text;
    return {};
  }

  // The digits are kept as written; as a double they would lose some.
  outcome number(ondemand::value from, expression& to) {
    auto token = from.raw_json_token();
    token = token.substr(0, token.find_first_not_of("+-.0123456789eE"));
    auto integer = token.find_first_of(".eE") == std::string_view::npos;
    to.what = integer ? kind::integer : kind::floating;
    to.text = token;
    auto canonical = decimal::canonical(token);
    if (!canonical)
      return error{errc::configuration,
                   "json: cannot unmarshal number " + to.text
                     + " into Go value of type float64",
                   source_range{.file = {},
                                .line = to.where.line,
                                .column = to.where.column,
                                .end_column = to.where.end_column}};
    to.text = std::move(*canonical);
    return {};
  }

  outcome boolean(ondemand::value from, expression& to) {
    to.what = kind::boolean;
    auto truth = false;
    if (auto code = from.get_bool().get(truth))
      return unreadable(code);
    to.text = truth ? "true" : "false";
    return {};
  }

  std::string_view text_;
  simdjson::padded_string padded_;
  cursor places_;
};

char first_character(std::string_view text) {
  auto first = text.find_first_not_of(" \t\r\n");
  return first == text.npos ? '\0' : text[first];
}

result<expression> read(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF"))
    text.remove_prefix(3);
  if (auto checked = check_json(text); !checked)
    return checked.error();
  // The library gives no value for a scalar at the top, nor is one needed.
  auto first = first_character(text);
  if (first != '{' && first != '[')
    return expression{.what = first == 'n' ? kind::null : kind::string,
                      .items = {}};
  return reader{text}.run();
}

node plain(expression from) {
  auto to = node{.what = kind_of(from.what),
                 .where = from.where,
                 .text = std::move(from.text),
                 .members = {}};
  if (from.what == kind::integer)
    to.what = node::kind::floating;
  for (auto& each : from.elements)
    to.elements.push_back(plain(std::move(each)));
  auto places = std::unordered_map<std::string, std::size_t>{};
  for (auto& each : from.items) {
    auto name = std::move(each.keys.front());
    auto [found, added] = places.emplace(name.text, to.members.size());
    if (added)
      to.members.emplace_back();
    to.members[found->second] = {.name = std::move(name.text),
                                 .where = name.where,
                                 .value = plain(std::move(each.value))};
  }
  return to;
}

} // namespace

result<node> parse_json(std::string_view text) {
  auto root = read(text);
  if (!root)
    return root.error();
  if (root->what == kind::object || root->what == kind::null) {
    auto to = plain(std::move(*root));
    to.what = node::kind::object;
    return to;
  }
  auto begins = first_character(text);
  auto what = root->what == kind::list         ? "array"
              : begins == '"'                  ? "string"
              : begins == 't' || begins == 'f' ? "bool"
                                               : "number";
  return error{
    errc::configuration,
    std::string{"json: cannot unmarshal "} + what
      + " into Go value of type map[string]interface {}",
    source_range{.file = {}, .line = 1, .column = 1, .end_column = 2}};
}

result<body> parse_hcl_json(std::string_view text) {
  auto root = read(text);
  if (root)
    return std::move(root->items);
  auto place = root.error().where.value_or(source_range{});
  return syntax_error({.line = place.line,
                       .column = place.column,
                       .end_line = place.line,
                       .end_column = place.end_column},
                      root.error().message);
}

} // namespace cts::hcl

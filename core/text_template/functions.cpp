#include "core/text_template/functions.hpp"

#include "core/go_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace cts::text_template {

namespace {

using arguments = std::vector<value>;

error wrong(const call& x, const char* reason) {
  return fail(errc::configuration, "template: ", x.function, ": ", reason);
}

/// The text argument at that place, or null.
const std::string* string_at(const call& x, std::size_t at) {
  return at < x.arguments.size()
           ? std::get_if<std::string>(&x.arguments[at].data)
           : nullptr;
}

/// The answer about a source, or null; then it is missed.
const value* answer_of(const call& x, source::kind what) {
  auto wanted = source{what, *string_at(x, 0)};
  auto found = x.known.answers.find(wanted);
  if (found != x.known.answers.end())
    return &found->second;
  x.missing.insert(std::move(wanted));
  return nullptr;
}

bool is_absent(const value& x) {
  return std::holds_alternative<std::monostate>(x.data);
}

// -- sources ------------------------------------------------------------------

result<value> env(const call& x) {
  auto found = x.known.environment.find(*string_at(x, 0));
  return value{found == x.known.environment.end() ? "" : found->second};
}

result<value> env_or_default(const call& x) {
  const auto* other = string_at(x, 1);
  if (other == nullptr)
    return wrong(x, "wants a name and a text");
  auto found = env(x);
  return text_of(*found).empty() ? value{*other} : *found;
}

// A key that does not exist is waited for.
result<value> key(const call& x) {
  const auto* found = answer_of(x, source::kind::key);
  if (found != nullptr && is_absent(*found))
    x.missing.insert({source::kind::key, *string_at(x, 0)});
  return found == nullptr ? value{} : *found;
}

result<value> key_exists(const call& x) {
  const auto* found = answer_of(x, source::kind::key);
  return value{found != nullptr && !is_absent(*found)};
}

result<value> key_or_default(const call& x) {
  const auto* other = string_at(x, 1);
  if (other == nullptr)
    return wrong(x, "wants a path and a text");
  const auto* found = answer_of(x, source::kind::key);
  return found == nullptr || is_absent(*found) ? value{*other} : *found;
}

result<value> tree_of_keys(const call& x) {
  const auto* found = answer_of(x, source::kind::tree);
  return found == nullptr ? value{list{}} : *found;
}

bool is_direct(const value& pair) {
  const auto& key = std::get<object>(pair.data).at("Key");
  return std::get<std::string>(key.data).find('/') == std::string::npos;
}

result<value> ls(const call& x) {
  auto all = tree_of_keys(x);
  auto out = list{};
  for (const auto& pair : std::get<list>(all->data))
    if (is_direct(pair))
      out.push_back(pair);
  return value{std::move(out)};
}

result<value> secret(const call& x) {
  if (x.arguments.size() > 1)
    return wrong(x, "only reads, so it takes a path and nothing else");
  const auto* found = answer_of(x, source::kind::secret);
  return found == nullptr ? value{} : *found;
}

result<value> secrets(const call& x) {
  const auto* found = answer_of(x, source::kind::secrets);
  return found == nullptr ? value{list{}} : *found;
}

// -- built in -----------------------------------------------------------------

std::size_t size_of(const value& x) {
  if (const auto* text = std::get_if<std::string>(&x.data))
    return text->size();
  if (const auto* items = std::get_if<list>(&x.data))
    return items->size();
  if (const auto* members = std::get_if<object>(&x.data))
    return members->size();
  return 0;
}

value number_of(std::size_t x) {
  return value{number{std::to_string(x)}};
}

std::optional<std::size_t> position_of(const value& x) {
  const auto* text = std::get_if<number>(&x.data);
  auto out = std::size_t{0};
  if (text == nullptr)
    return std::nullopt;
  const auto* end = text->text.data() + text->text.size();
  auto read = std::from_chars(text->text.data(), end, out);
  return read.ptr == end ? std::optional{out} : std::nullopt;
}

result<value> index(const call& x) {
  if (x.arguments.empty())
    return wrong(x, "wants a value and where to look in it");
  auto at = x.arguments.front();
  for (auto i = std::size_t{1}; i < x.arguments.size(); ++i) {
    const auto* members = std::get_if<object>(&at.data);
    const auto* name = string_at(x, i);
    if (members != nullptr && name != nullptr) {
      auto found = members->find(*name);
      at = value{found == members->end() ? value{} : found->second};
      continue;
    }
    const auto* items = std::get_if<list>(&at.data);
    auto position = position_of(x.arguments[i]);
    if (items == nullptr || !position || *position >= items->size())
      return wrong(x, "there is nothing at this place");
    at = value{(*items)[*position]};
  }
  return at;
}

int compare(const value& a, const value& b) {
  const auto* left = std::get_if<number>(&a.data);
  const auto* right = std::get_if<number>(&b.data);
  if (left == nullptr || right == nullptr)
    return text_of(a).compare(text_of(b));
  auto difference = std::strtod(left->text.c_str(), nullptr)
                    - std::strtod(right->text.c_str(), nullptr);
  return difference < 0 ? -1 : (difference > 0 ? 1 : 0);
}

result<value> compared(const call& x) {
  if (x.arguments.size() < 2)
    return wrong(x, "wants two values");
  const auto& all = x.arguments;
  if (x.function == "eq")
    return value{std::any_of(all.begin() + 1, all.end(),
                             [&](const auto& y) { return y == all.front(); })};
  if (x.function == "ne")
    return value{!(all[0] == all[1])};
  auto order = compare(all[0], all[1]);
  if (x.function == "lt" || x.function == "le")
    return value{order < 0 || (order == 0 && x.function == "le")};
  return value{order > 0 || (order == 0 && x.function == "ge")};
}

// `and` gives the first empty value, `or` the first other one.
result<value> decided(const call& x) {
  if (x.arguments.empty())
    return wrong(x, "wants a value");
  auto wanted = x.function == "or";
  for (const auto& each : x.arguments)
    if (is_true(each) == wanted)
      return each;
  return x.arguments.back();
}

result<value> printed(const call& x) {
  auto out = std::string{};
  auto spaced = x.function == "println";
  for (const auto& each : x.arguments)
    out += (spaced && !out.empty() ? " " : "") + text_of(each);
  return value{out + (spaced ? "\n" : "")};
}

result<std::string> formatted(const call& x, char verb, const value& from) {
  switch (verb) {
    case 's':
    case 'v':
    case 'd':
    case 't': return text_of(from);
    case 'q': return go_quote(text_of(from));
    default:
      return fail(errc::configuration, "template: ", x.function, ": the verb %",
                  verb, " is not known: use %s, %v, %d, %t or %q");
  }
}

result<value> printf_of(const call& x) {
  const auto* format = string_at(x, 0);
  if (format == nullptr)
    return wrong(x, "wants a format");
  auto out = std::string{};
  auto next = std::size_t{1};
  for (auto i = std::size_t{0}; i < format->size(); ++i) {
    if ((*format)[i] != '%' || i + 1 == format->size()) {
      out += (*format)[i];
      continue;
    }
    if ((*format)[++i] == '%') {
      out += '%';
      continue;
    }
    if (next >= x.arguments.size())
      return wrong(x, "the format wants more values");
    auto text = formatted(x, (*format)[i], x.arguments[next++]);
    if (!text)
      return text.error();
    out += *text;
  }
  return value{std::move(out)};
}

result<value> length(const call& x) {
  if (x.arguments.size() != 1)
    return wrong(x, "wants one value");
  return number_of(size_of(x.arguments.front()));
}

result<value> negated(const call& x) {
  if (x.arguments.size() != 1)
    return wrong(x, "wants one value");
  return value{!is_true(x.arguments.front())};
}

// -- table --------------------------------------------------------------------

struct function {
  std::string_view name;
  result<value> (*perform)(const call&);
  /// The first argument is a text that is not empty.
  bool names_something = false;
};

constexpr auto functions
  = std::to_array<function>({{"env", env, true},
                             {"envOrDefault", env_or_default, true},
                             {"key", key, true},
                             {"keyExists", key_exists, true},
                             {"keyOrDefault", key_or_default, true},
                             {"ls", ls, true},
                             {"safeLs", ls, true},
                             {"tree", tree_of_keys, true},
                             {"safeTree", tree_of_keys, true},
                             {"secret", secret, true},
                             {"secrets", secrets, true},
                             {"index", index},
                             {"len", length},
                             {"not", negated},
                             {"and", decided},
                             {"or", decided},
                             {"eq", compared},
                             {"ne", compared},
                             {"lt", compared},
                             {"le", compared},
                             {"gt", compared},
                             {"ge", compared},
                             {"print", printed},
                             {"println", printed},
                             {"printf", printf_of}});

/// Functions of the reference that ask the catalog.
constexpr auto of_the_catalog = std::to_array<std::string_view>(
  {"node", "nodes", "service", "services", "connect", "datacenters", "caRoots",
   "caLeaf"});

} // namespace

result<value> perform(const call& x) {
  auto is_meant = [&](const auto& each) { return each.name == x.function; };
  auto found = std::find_if(functions.begin(), functions.end(), is_meant);
  if (found == functions.end()) {
    auto known
      = std::find(of_the_catalog.begin(), of_the_catalog.end(), x.function)
        != of_the_catalog.end();
    return fail(errc::configuration, "template: function \"", x.function,
                known ? "\" is not supported by this version yet: dynamic "
                        "values come from env, key, ls, tree and secret"
                      : "\" not defined");
  }
  const auto* name = string_at(x, 0);
  if (found->names_something && (name == nullptr || name->empty()))
    return wrong(x, "wants a name or path in quotes");
  return found->perform(x);
}

bool is_true(const value& x) {
  if (const auto* truth = std::get_if<bool>(&x.data))
    return *truth;
  if (const auto* text = std::get_if<number>(&x.data))
    return text->text != "0";
  return size_of(x) > 0;
}

namespace {

std::string joined(const list& items) {
  auto out = std::string{};
  for (const auto& each : items)
    out += (out.empty() ? "" : " ") + text_of(each);
  return "[" + out + "]";
}

std::string joined(const object& members) {
  auto out = std::string{};
  for (const auto& [name, each] : members)
    out += (out.empty() ? "" : " ") + name + ":" + text_of(each);
  return "map[" + out + "]";
}

} // namespace

std::string text_of(const value& x) {
  if (const auto* text = std::get_if<std::string>(&x.data))
    return *text;
  if (const auto* text = std::get_if<number>(&x.data))
    return text->text;
  if (const auto* truth = std::get_if<bool>(&x.data))
    return *truth ? "true" : "false";
  if (const auto* items = std::get_if<list>(&x.data))
    return joined(*items);
  if (const auto* members = std::get_if<object>(&x.data))
    return joined(*members);
  return "<no value>";
}

} // namespace cts::text_template

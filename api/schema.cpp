#include "api/schema.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

namespace cts::api {

namespace {

namespace json = boost::json;

enum class shape : std::uint8_t {
  text,
  boolean,
  texts,
  text_map,
  /// Its members may be null.
  nullable_text_map,
  object,
};

struct property;
using properties = std::span<const property>;

struct property {
  std::string_view name{};
  shape type = shape::text;
  bool required = false;
  std::optional<bool> otherwise{};
  properties members{};
};

using enum shape;

constexpr property names = {.name = "names", .type = texts};
constexpr property regexp = {.name = "regexp"};
constexpr property datacenter = {.name = "datacenter"};
constexpr property ns = {.name = "namespace"};
constexpr property filter = {.name = "filter"};
constexpr property used
  = {.name = "use_as_module_input", .type = boolean, .otherwise = true};
constexpr property path = {.name = "path", .required = true};
constexpr property recurse
  = {.name = "recurse", .type = boolean, .otherwise = false};

constexpr property services_condition[] = {
  names, regexp, datacenter,
  ns,    filter, {.name = "cts_user_defined_meta", .type = nullable_text_map},
  used};

constexpr property services_input[]
  = {names, regexp, datacenter,
     ns,    filter, {.name = "cts_user_defined_meta", .type = text_map}};

constexpr property catalog_condition[]
  = {{.name = "regexp", .required = true},
     datacenter,
     ns,
     {.name = "node_meta", .type = text_map},
     used};

constexpr property kv_condition[] = {path, recurse, datacenter, ns, used};
constexpr property kv_input[] = {path, recurse, datacenter, ns};
constexpr property schedule[] = {{.name = "cron", .required = true}};

constexpr property conditions[] = {
  {.name = "services", .type = object, .members = services_condition},
  {.name = "consul_kv", .type = object, .members = kv_condition},
  {.name = "catalog_services", .type = object, .members = catalog_condition},
  {.name = "schedule", .type = object, .members = schedule},
};

constexpr property module_inputs[] = {
  {.name = "services", .type = object, .members = services_input},
  {.name = "consul_kv", .type = object, .members = kv_input},
};

constexpr property buffer_period[] = {
  {.name = "enabled", .type = boolean},
  {.name = "min"},
  {.name = "max"},
};

constexpr property workspace[] = {
  {.name = "execution_mode"},
  {.name = "agent_pool_id"},
  {.name = "agent_pool_name"},
  {.name = "terraform_version"},
};

constexpr property task[] = {
  {.name = "name", .required = true},
  {.name = "module", .required = true},
  {.name = "condition",
   .type = object,
   .required = true,
   .members = conditions},
  {.name = "description"},
  {.name = "enabled", .type = boolean, .otherwise = true},
  {.name = "providers", .type = texts},
  {.name = "variables", .type = text_map},
  {.name = "version"},
  {.name = "buffer_period", .type = object, .members = buffer_period},
  {.name = "module_input", .type = object, .members = module_inputs},
  {.name = "terraform_version"},
  {.name = "terraform_cloud_workspace", .type = object, .members = workspace},
};

constexpr property request[]
  = {{.name = "task", .type = object, .required = true, .members = task}};

using problem = std::optional<std::string>;

std::string at(const std::string& pointer, const std::string& reason) {
  return pointer.empty() ? reason : "Error at \"" + pointer + "\": " + reason;
}

std::string quoted(std::string_view name) {
  return "property \"" + std::string{name} + "\"";
}

problem must_be(const std::string& pointer, const json::value& got,
                const char* type) {
  return at(pointer, got.is_null() ? std::string{"Value is not nullable"}
                                   : std::string{"value must be "} + type);
}

std::vector<std::string> sorted_names(const json::object& from) {
  auto found = std::vector<std::string>{};
  for (const auto& member : from)
    found.emplace_back(member.key());
  std::sort(found.begin(), found.end());
  return found;
}

problem check_object(json::value& got, properties members,
                     const std::string& pointer);

problem check_texts(const json::value& got, const std::string& pointer) {
  if (!got.is_array())
    return must_be(pointer, got, "an array");
  for (auto i = std::size_t{0}; i < got.get_array().size(); ++i)
    if (const auto& each = got.get_array()[i]; !each.is_string())
      return must_be(pointer + "/" + std::to_string(i), each, "a string");
  return std::nullopt;
}

problem check_text_map(const json::value& got, const std::string& pointer,
                       bool nullable) {
  if (!got.is_object())
    return must_be(pointer, got, "an object");
  for (const auto& name : sorted_names(got.get_object())) {
    const auto& each = got.get_object().at(name);
    if (!each.is_string() && !(nullable && each.is_null()))
      return must_be(pointer + "/" + name, each, "a string");
  }
  return std::nullopt;
}

problem check(json::value& got, const property& wanted,
              const std::string& pointer) {
  switch (wanted.type) {
    case text:
      return got.is_string() ? problem{} : must_be(pointer, got, "a string");
    case boolean:
      return got.is_bool() ? problem{} : must_be(pointer, got, "a boolean");
    case texts: return check_texts(got, pointer);
    case text_map: return check_text_map(got, pointer, false);
    case nullable_text_map: return check_text_map(got, pointer, true);
    case object: return check_object(got, wanted.members, pointer);
  }
  return std::nullopt;
}

problem check_object(json::value& got, properties members,
                     const std::string& pointer) {
  if (!got.is_object())
    return must_be(pointer, got, "an object");
  auto& present = got.get_object();
  for (const auto& member : members)
    if (auto* found = present.if_contains(member.name);
        member.otherwise && (found == nullptr || found->is_null()))
      present[member.name] = *member.otherwise;
  for (const auto& name : sorted_names(present)) {
    auto known = std::find_if(members.begin(), members.end(),
                              [&](const auto& x) { return x.name == name; });
    if (known == members.end())
      return at(pointer, quoted(name) + " is unsupported");
    if (auto wrong = check(present[name], *known, pointer + "/" + name))
      return wrong;
  }
  for (const auto& member : members)
    if (member.required && !present.contains(member.name))
      return at(pointer + "/" + std::string{member.name},
                quoted(member.name) + " is missing");
  return std::nullopt;
}

} // namespace

std::optional<std::string> problem_of_task_request(json::value& body) {
  return check_object(body, request, "");
}

} // namespace cts::api

#include "api/task_json.hpp"

#include "api/json_text.hpp"
#include "core/go_duration.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>

namespace cts::api {

namespace {

namespace json = boost::json;
using string_map = std::map<std::string, std::string>;

template <class... Cases>
struct overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
overloaded(Cases...) -> overloaded<Cases...>;

json::object map_json(const string_map& members) {
  auto made = json::object{};
  for (const auto& [key, value] : members)
    made[key] = value;
  return made;
}

json::array list_json(const std::vector<std::string>& items) {
  return json::array(items.begin(), items.end());
}

json::object services_json(const config::services_query& query) {
  auto made = json::object{};
  made["cts_user_defined_meta"] = map_json(query.cts_user_defined_meta);
  made["datacenter"] = query.datacenter;
  made["filter"] = query.filter;
  if (!query.names.empty())
    made["names"] = list_json(query.names);
  made["namespace"] = query.ns;
  if (query.names.empty() && query.regexp)
    made["regexp"] = *query.regexp;
  return made;
}

json::object kv_json(const config::consul_kv_query& query) {
  auto made = json::object{};
  made["datacenter"] = query.datacenter;
  made["namespace"] = query.ns;
  made["path"] = query.path;
  made["recurse"] = query.recurse;
  return made;
}

json::object catalog_json(const config::catalog_services_condition& from) {
  auto made = json::object{};
  made["datacenter"] = from.datacenter;
  made["namespace"] = from.ns;
  made["node_meta"] = map_json(from.node_meta);
  made["regexp"] = from.regexp;
  made["use_as_module_input"] = from.use_as_module_input;
  return made;
}

json::object services_condition_json(const config::services_condition& from) {
  auto made = services_json(from.query);
  made["use_as_module_input"] = from.use_as_module_input;
  return made;
}

json::object kv_condition_json(const config::consul_kv_condition& from) {
  auto made = kv_json(from.query);
  made["use_as_module_input"] = from.use_as_module_input;
  return made;
}

json::object single(std::string_view name, json::object body) {
  auto made = json::object{};
  made[name] = std::move(body);
  return made;
}

/// Whether the deprecated list `services` is what triggers the task. It cannot
/// stand beside a services condition, so such a condition is made of it.
bool triggered_by_list(const config::task& task) {
  const auto& condition = task.condition;
  return !task.services.empty()
         && (std::holds_alternative<config::no_condition>(condition)
             || std::holds_alternative<config::services_condition>(condition));
}

json::object condition_json(const config::task& task) {
  if (triggered_by_list(task)) {
    auto made = json::object{};
    made["names"] = list_json(task.services);
    made["use_as_module_input"] = true;
    return single("services", std::move(made));
  }
  return std::visit(
    overloaded{
      [](const config::no_condition&) { return json::object{}; },
      [](const config::services_condition& from) {
        return single("services", services_condition_json(from));
      },
      [](const config::catalog_services_condition& from) {
        return single("catalog_services", catalog_json(from));
      },
      [](const config::consul_kv_condition& from) {
        return single("consul_kv", kv_condition_json(from));
      },
      [](const config::schedule_condition& from) {
        return single("schedule", json::object{{"cron", from.cron}});
      },
    },
    task.condition);
}

json::object module_input_json(const config::task& task) {
  auto made = json::object{};
  for (const auto& input : task.module_inputs)
    if (const auto* kv = std::get_if<config::consul_kv_query>(&input))
      made["consul_kv"] = kv_json(*kv);
  for (const auto& input : task.module_inputs)
    if (const auto* query = std::get_if<config::services_query>(&input))
      made["services"] = services_json(*query);
  if (!task.services.empty() && triggered_by_list(task))
    made.erase("services");
  else if (!task.services.empty())
    made["services"] = json::object{{"names", list_json(task.services)}};
  return made;
}

json::object buffer_json(const config::buffer_period_block& block) {
  auto made = json::object{};
  if (block.enabled)
    made["enabled"] = *block.enabled;
  if (block.max)
    made["max"] = go_duration::to_string(*block.max);
  if (block.min)
    made["min"] = go_duration::to_string(*block.min);
  return made;
}

std::optional<json::object> buffer_json(const config::task& task) {
  if (std::holds_alternative<config::schedule_condition>(task.condition))
    return json::object{{"enabled", false}, {"max", "0s"}, {"min", "0s"}};
  if (task.buffer_block)
    return buffer_json(*task.buffer_block);
  return std::nullopt;
}

json::object workspace_json(const config::terraform_cloud_workspace& from) {
  auto made = json::object{};
  auto add = [&made](const char* name, const std::string& value) {
    if (!value.empty())
      made[name] = value;
  };
  add("agent_pool_id", from.agent_pool_id);
  add("agent_pool_name", from.agent_pool_name);
  add("execution_mode", from.execution_mode);
  add("terraform_version", from.terraform_version);
  return made;
}

// A variable's text (chapter configuration 2.16) keeps each digit of a number,
// which a JSON value of the library would round.
std::string expression_text(const value& from);

std::string quoted(const std::string& text) {
  return json::serialize(json::string_view{text});
}

template <class Items, class Print>
std::string joined(const Items& items, const Print& print) {
  auto text = std::string{};
  for (const auto& item : items)
    text += (text.empty() ? "" : ",") + print(item);
  return text;
}

std::string expression_text(const object& from) {
  return "{"
         + joined(from,
                  [](const auto& member) {
                    return quoted(member.first) + ":"
                           + expression_text(member.second);
                  })
         + "}";
}

std::string expression_text(const value& from) {
  return std::visit(
    overloaded{
      [](std::monostate) { return std::string{"null"}; },
      [](bool is_set) { return std::string{is_set ? "true" : "false"}; },
      [](const number& x) { return x.text; },
      [](const std::string& x) { return quoted(x); },
      [](const list& x) {
        return "["
               + joined(x,
                        [](const value& item) { return expression_text(item); })
               + "]";
      },
      [](const object& x) { return expression_text(x); },
      [](const repeated_block& x) {
        return "["
               + joined(
                 x.bodies,
                 [](const object& body) { return expression_text(body); })
               + "]";
      },
    },
    from.data);
}

json::object variables_json(const object& variables) {
  auto made = json::object{};
  for (const auto& [name, content] : variables)
    made[name] = go_json_text(expression_text(content));
  return made;
}

} // namespace

json::object task_json(const task_view& view) {
  const auto& task = *view.configuration;
  auto made = json::object{};
  if (auto buffer = buffer_json(task))
    made["buffer_period"] = *std::move(buffer);
  made["condition"] = condition_json(task);
  made["description"] = task.description;
  made["enabled"] = view.enabled;
  made["module"] = task.module;
  made["module_input"] = module_input_json(task);
  made["name"] = task.name;
  made["providers"] = list_json(task.providers);
  if (auto workspace = workspace_json(task.workspace); !workspace.empty())
    made["terraform_cloud_workspace"] = std::move(workspace);
  if (!task.terraform_version.empty())
    made["terraform_version"] = task.terraform_version;
  made["variables"] = variables_json(task.variables);
  made["version"] = task.version;
  return made;
}

} // namespace cts::api

#include "core/config/buffer.hpp"
#include "core/config/task_object.hpp"
#include "core/go_duration.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace cts::config {

namespace {

namespace json = boost::json;

template <class... Cases>
struct overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
overloaded(Cases...) -> overloaded<Cases...>;

json::value json_of(bool x) {
  return x;
}

json::value json_of(int x) {
  return x;
}

json::value json_of(const std::string& x) {
  return json::value(x);
}

json::value json_of(nanoseconds x) {
  return json::value(go_duration::to_string(x));
}

json::value json_of(const std::vector<std::string>& x) {
  return json::array(x.begin(), x.end());
}

json::value json_of(const std::map<std::string, std::string>& x) {
  auto to = json::object{};
  for (const auto& [name, text] : x)
    to[name] = text;
  return to;
}

/// Writes what differs from the default, or is there.
template <class T>
void write(json::object& to, const char* name, const T& x, const T& usual) {
  if (!(x == usual))
    to[name] = json_of(x);
}

template <class T>
void write(json::object& to, const char* name, const std::optional<T>& x) {
  if (x)
    to[name] = json_of(*x);
}

json::object json_of(const services_query& x) {
  auto to = json::object{};
  const auto usual = services_query{};
  write(to, "cts_user_defined_meta", x.cts_user_defined_meta,
        usual.cts_user_defined_meta);
  write(to, "datacenter", x.datacenter, usual.datacenter);
  write(to, "filter", x.filter, usual.filter);
  write(to, "names", x.names, usual.names);
  write(to, "namespace", x.ns, usual.ns);
  write(to, "regexp", x.regexp);
  return to;
}

json::object json_of(const consul_kv_query& x) {
  auto to = json::object{{"path", x.path}};
  write(to, "datacenter", x.datacenter, std::string{});
  write(to, "namespace", x.ns, std::string{});
  write(to, "recurse", x.recurse, false);
  return to;
}

json::object json_of(const catalog_services_condition& x) {
  auto to = json::object{{"regexp", x.regexp}};
  write(to, "datacenter", x.datacenter, std::string{});
  write(to, "namespace", x.ns, std::string{});
  write(to, "node_meta", x.node_meta, {});
  write(to, "use_as_module_input", x.use_as_module_input, true);
  return to;
}

template <class Condition>
json::object json_with_query(const Condition& x) {
  auto to = json_of(x.query);
  write(to, "use_as_module_input", x.use_as_module_input, true);
  return to;
}

void write_condition(json::object& to, const condition& x) {
  auto put = [&to](const char* type, json::object body) {
    to["condition"] = json::object{{type, std::move(body)}};
  };
  std::visit(
    overloaded{
      [](const no_condition&) {},
      [&](const services_condition& c) { put("services", json_with_query(c)); },
      [&](const catalog_services_condition& c) {
        put("catalog-services", json_of(c));
      },
      [&](const consul_kv_condition& c) {
        put("consul-kv", json_with_query(c));
      },
      [&](const schedule_condition& c) {
        put("schedule", json::object{{"cron", c.cron}});
      },
    },
    x);
}

void write_module_inputs(json::object& to, const task& x) {
  auto inputs = json::array{};
  for (const auto& input : x.module_inputs) {
    auto put = [&](const char* type, json::object body) {
      inputs.push_back(json::object{{type, std::move(body)}});
    };
    if (const auto* services = std::get_if<services_query>(&input))
      put("services", json_of(*services));
    else
      put("consul-kv", json_of(std::get<consul_kv_query>(input)));
  }
  if (!inputs.empty())
    to["module_input"] = std::move(inputs);
}

void write_buffer_period(json::object& to, const task& x) {
  if (!x.buffer_block)
    return;
  auto block = json::object{};
  write(block, "enabled", x.buffer_block->enabled);
  write(block, "max", x.buffer_block->max);
  write(block, "min", x.buffer_block->min);
  to["buffer_period"] = std::move(block);
}

// -- variables: expressions that evaluate to the value ------------------------

std::string expression_of(const value& from);

/// Text between quotes in which nothing is a template.
std::string expression_of(const std::string& from) {
  auto text = std::string{"\""};
  for (auto i = std::size_t{0}; i < from.size(); ++i) {
    auto c = from[i];
    auto begins
      = (c == '$' || c == '%') && i + 1 < from.size() && from[i + 1] == '{';
    constexpr auto digits = "0123456789abcdef";
    auto byte = static_cast<unsigned char>(c);
    if (begins)
      text += std::string{c} + c;
    else if (c == '"' || c == '\\')
      text += std::string{'\\'} + c;
    else if (byte < 0x20 || byte == 0x7f)
      text += std::string{"\\u00"} + digits[byte >> 4U] + digits[byte & 0xfU];
    else
      text += c;
  }
  return text + "\"";
}

template <class Items, class Print>
std::string joined(const Items& items, const Print& print) {
  auto text = std::string{};
  for (const auto& item : items)
    text += (text.empty() ? "" : ",") + print(item);
  return text;
}

std::string expression_of(const object& from) {
  return "{"
         + joined(from,
                  [](const auto& member) {
                    return expression_of(member.first) + ":"
                           + expression_of(member.second);
                  })
         + "}";
}

template <class Items>
std::string list_expression(const Items& from) {
  return "["
         + joined(from, [](const auto& item) { return expression_of(item); })
         + "]";
}

std::string expression_of(const value& from) {
  return std::visit(
    overloaded{
      [](std::monostate) { return std::string{"null"}; },
      [](bool x) { return std::string{x ? "true" : "false"}; },
      [](const number& x) { return x.text; },
      [](const std::string& x) { return expression_of(x); },
      [](const list& x) { return list_expression(x); },
      [](const object& x) { return expression_of(x); },
      [](const repeated_block& x) { return list_expression(x.bodies); },
    },
    from.data);
}

void write_variables(json::object& to, const task& x) {
  auto variables = json::object{};
  for (const auto& [name, content] : x.variables)
    variables[name] = expression_of(content);
  if (!variables.empty())
    to["variables"] = std::move(variables);
}

void write_workspace(json::object& to, const task& x) {
  auto workspace = json::object{};
  const auto none = std::string{};
  write(workspace, "agent_pool_id", x.workspace.agent_pool_id, none);
  write(workspace, "agent_pool_name", x.workspace.agent_pool_name, none);
  write(workspace, "execution_mode", x.workspace.execution_mode, none);
  write(workspace, "terraform_version", x.workspace.terraform_version, none);
  if (!workspace.empty())
    to["terraform_cloud_workspace"] = std::move(workspace);
}

void write_additions(json::object& to, const task& x) {
  const auto usual = task{};
  write(to, "retry_failed", x.retry_failed, usual.retry_failed);
  write(to, "run_timeout", x.run_timeout, usual.run_timeout);
  write(to, "hold_empty", x.hold_empty, usual.hold_empty);
  write(to, "always_apply", x.always_apply);
  write(to, "terraform_parallelism", x.terraform_parallelism);
  write(to, "terraform_refresh", x.terraform_refresh, usual.terraform_refresh);
  write(to, "apply_timeout", x.apply_timeout);
  write(to, "plan_timeout", x.plan_timeout);
  write(to, "renamed_from", x.renamed_from, usual.renamed_from);
  if (!x.after_apply)
    return;
  auto hook = json::object{{"command", json_of(x.after_apply->command)}};
  write(hook, "timeout", x.after_apply->timeout, after_apply{}.timeout);
  to["after_apply"] = std::move(hook);
}

json::object sorted(json::object from) {
  auto names = std::vector<std::string>{};
  for (const auto& member : from)
    names.emplace_back(member.key());
  std::sort(names.begin(), names.end());
  auto to = json::object{};
  for (const auto& name : names)
    to[name] = std::move(from[name]);
  return to;
}

} // namespace

std::string encode_task(const task& x, const settings& known) {
  const auto usual = task{};
  auto to = json::object{{"name", x.name}, {"module", x.module}};
  write(to, "description", x.description, usual.description);
  write(to, "version", x.version, usual.version);
  write(to, "providers", x.providers, usual.providers);
  write(to, "enabled", x.enabled, usual.enabled);
  write_condition(to, x.condition);
  write_module_inputs(to, x);
  write(to, "variable_files", x.variable_files, usual.variable_files);
  write_variables(to, x);
  write_buffer_period(to, x);
  write(to, "working_dir", x.working_dir,
        default_working_dir(known.working_dir, x.name));
  write_workspace(to, x);
  write(to, "terraform_version", x.terraform_version, usual.terraform_version);
  write(to, "services", x.services, usual.services);
  write_additions(to, x);
  return json::serialize(sorted(std::move(to)));
}

} // namespace cts::config

#include "core/config/finalize_parts.hpp"
#include "core/config/suggest.hpp"
#include "core/config/validate_parts.hpp"
#include "core/go_text.hpp"
#include "core/schedule.hpp"
#include "core/unicode.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace cts::config {

namespace {

/// One task, what was written of it, and where to complain.
struct task_check {
  const task& x;
  const block& from;
  report& to;

  void error(std::string message, std::string_view field,
             std::string hint = {}) const {
    to.error(stage::validate, {.message = std::move(message),
                               .where = from.place_of(field),
                               .hint = std::move(hint)});
  }

  void warn(std::string message, const place& where) const {
    to.warn(stage::validate, {.message = std::move(message),
                              .where = where,
                              .component = "config.task"});
  }
};

bool is_valid_name(std::string_view name) {
  auto first = true;
  while (!name.empty()) {
    auto [code, bytes] = unicode::decode(name);
    auto right = code == U'_'
                 || (first ? unicode::is_id_start(code)
                           : code == U'-' || unicode::is_id_continue(code));
    if (!right)
      return false;
    first = false;
    name.remove_prefix(bytes);
  }
  return !first;
}

bool check_name(const task_check& c) {
  if (c.x.name.empty()) {
    c.error("unique name for the task is required", "name",
            "add name = \"...\" to the task");
    return false;
  }
  if (!is_valid_name(c.x.name))
    c.error("a task name must start with a letter or underscore and may "
            "contain only letters, digits, underscores, and dashes: \""
              + c.x.name + "\"",
            "name");
  return true;
}

void check_services_conflict(const task_check& c) {
  if (!c.x.services.empty()
      && std::holds_alternative<services_condition>(c.x.condition))
    c.error("task's `services` field and `condition 'services'` block both "
            "monitor \"services\" variable type. only one of these can be "
            "configured per task",
            "services", "move the names into the condition's 'names'");
}

void check_cloud_unsupported(const task_check& c) {
  auto available = " for task \"" + c.x.name
                   + "\". This option is available for "
                     "Consul-Terraform-Sync Enterprise when using the "
                     "Terraform Cloud driver";
  if (!c.x.terraform_version.empty())
    c.error("unsupported configuration 'terraform_version'" + available
              + ", or configure the Terraform client version within the "
                "Terraform driver block",
            "terraform_version");
  if (c.x.workspace != terraform_cloud_workspace{})
    c.error("unsupported configuration 'terraform_cloud_workspace'" + available,
            "terraform_cloud_workspace");
}

void check_workspace(const task_check& c) {
  const auto& w = c.x.workspace;
  constexpr auto field = "terraform_cloud_workspace";
  if (w == terraform_cloud_workspace{})
    return;
  auto agent = w.execution_mode == "agent";
  auto pool = !w.agent_pool_id.empty() || !w.agent_pool_name.empty();
  if (!agent && !w.execution_mode.empty() && w.execution_mode != "remote")
    c.error("execution mode '" + w.execution_mode
              + "' not supported for CTS, use 'remote' or 'agent' instead",
            field, did_you_mean(w.execution_mode, {"remote", "agent"}));
  else if (agent && !pool)
    c.error("agent_pool_id or agent_pool_name is required if execution mode "
            "is 'agent'",
            field);
  else if (!agent && pool)
    c.error("agent pool configured when execution mode is not 'agent'", field);
  if (!w.agent_pool_id.empty() && !w.agent_pool_name.empty())
    c.warn("agent_pool_id and agent_pool_name are both configured, "
           "agent_pool_id will be used",
           c.from.place_of(field));
  if (w.terraform_version.empty())
    return;
  if (auto checked = check_version(w.terraform_version, false); !checked)
    c.error(checked.error().message, field);
}

void check_providers(const task_check& c) {
  auto names = std::set<std::string>{};
  for (const auto& id : c.x.providers)
    if (!names.insert(id.substr(0, id.find('.'))).second)
      return c.error("only one provider instance per task", "providers");
}

/// Names and regular expression of services, in a condition or an input.
std::optional<std::string> problem_of_services(const block& from) {
  auto names = from.texts("names");
  auto regexp = from.text("regexp");
  if (regexp)
    if (auto checked = check_regexp(*regexp); !checked)
      return "unable to compile services regexp: " + checked.error().message;
  if (std::find(names.begin(), names.end(), "") != names.end())
    return "names field includes empty string(s). services names cannot be "
           "empty";
  return std::nullopt;
}

void check_services_condition(const task_check& c, const block& from) {
  const auto prefix
    = std::string{"error validating `condition \"services\"` block: "};
  auto refuse = [&](const std::string& message, std::string hint = {}) {
    c.to.error(stage::validate, {.message = prefix + message,
                                 .where = from.where,
                                 .hint = std::move(hint)});
  };
  auto named = !from.texts("names").empty();
  auto regexp = from.text("regexp");
  if (named && regexp)
    return refuse("regexp and names fields cannot both be unconfigured. If "
                  "both are needed, consider including the list of names as "
                  "part of the regex or creating separate tasks",
                  "both are configured here; remove one of them");
  if (!named && !regexp)
    return refuse("either the regexp or names field must be configured");
  if (auto problem = problem_of_services(from))
    refuse(*problem);
}

void check_catalog_services(const task_check& c, const block& from) {
  auto refuse = [&](std::string message) {
    c.to.error(stage::validate, {.message = std::move(message),
                                 .where = from.place_of("regexp")});
  };
  auto regexp = from.text("regexp");
  if (!regexp)
    return refuse("catalog-services 'regexp' field must be set");
  if (auto checked = check_regexp(*regexp); !checked)
    refuse("unable to compile catalog-services 'regexp': "
           + checked.error().message);
}

void check_consul_kv(const task_check& c, const block& from) {
  if (from.text("path").value_or("").empty())
    c.to.error(stage::validate,
               {.message = "path is required for consul-kv condition",
                .where = from.where});
}

void check_schedule(const task_check& c, const block& from) {
  auto cron = from.text("cron").value_or("");
  auto where = from.place_of("cron");
  if (cron.empty()) {
    c.to.error(stage::validate,
               {.message = "cron config is required for schedule condition",
                .where = where});
    return;
  }
  auto parsed = schedule::parse(cron);
  if (!parsed) {
    c.to.error(stage::validate,
               {.message = "unable to parse schedule condition's cron config \""
                           + cron + "\": " + parsed.error().message
                           + ". for more information on writing cron "
                             "expressions, see "
                             "https://github.com/hashicorp/cronexpr",
                .where = where});
    return;
  }
  for (const auto& warning : parsed->warnings)
    c.warn("schedule \"" + cron + "\": " + warning + ": task_name=" + c.x.name,
           where);
  if (!schedule::next(*parsed, {}))
    c.warn("schedule \"" + cron + "\" has no next time: task_name=" + c.x.name,
           where);
}

void check_condition(const task_check& c) {
  const auto* from = c.from.child("condition");
  if (from == nullptr || from->label == "no-condition")
    return;
  if (from->label == "services")
    check_services_condition(c, *from);
  else if (from->label == "catalog-services")
    check_catalog_services(c, *from);
  else if (from->label == "consul-kv")
    check_consul_kv(c, *from);
  else
    check_schedule(c, *from);
}

const char* variable_of(const module_input& x) {
  return std::holds_alternative<services_query>(x) ? "services" : "consul_kv";
}

const char* variable_of(const condition& x) {
  if (std::holds_alternative<services_condition>(x))
    return "services";
  return std::holds_alternative<consul_kv_condition>(x) ? "consul_kv" : "";
}

/// The last input of this variable.
place place_of_input(const block& from, std::string_view variable) {
  auto label = variable == "services" ? "services" : "consul-kv";
  auto where = from.where;
  for (auto name : {"module_input", "source_input"})
    for (const auto& each : from.children(name))
      if (each.label == label)
        where = each.where;
  return where;
}

/// Source: spec configuration, 3.4.
void check_module_input_variables(const task_check& c) {
  auto refuse = [&](std::string message, std::string_view variable) {
    c.to.error(stage::validate, {.message = std::move(message),
                                 .where = place_of_input(c.from, variable)});
  };
  auto seen = std::set<std::string>{};
  for (const auto& input : c.x.module_inputs)
    if (auto variable = std::string{variable_of(input)};
        !seen.insert(variable).second)
      return refuse("more than one 'module_input' block for the \"" + variable
                      + "\" variable. variable types must be unique",
                    variable);
  if (!c.x.services.empty() && seen.count("services") > 0)
    return c.error("task's `services` field and `module_input 'services'` "
                   "block both monitor \"services\" variable type. only one of "
                   "these can be configured per task",
                   "services");
  auto monitored = std::string{variable_of(c.x.condition)};
  if (!monitored.empty() && seen.count(monitored) > 0)
    refuse("task's condition block and module_input block both monitor \""
             + monitored
             + "\" variable type. condition and module_input variable type "
               "must be unique",
           monitored);
}

void check_module_input(const task_check& c, const block& from) {
  if (from.label == "consul-kv")
    return check_consul_kv(c, from);
  if (auto problem = problem_of_services(from))
    c.to.error(
      stage::validate,
      {.message = "error validating `module_input \"services\"`: " + *problem,
       .where = from.where});
  auto named = !from.texts("names").empty();
  auto regexp = from.text("regexp").has_value();
  if (named && regexp)
    c.warn("module_input \"services\" has both names and regexp, only regexp "
           "is used: task_name="
             + c.x.name,
           from.where);
  if (!named && !regexp)
    c.warn("module_input \"services\" has neither names nor regexp and selects "
           "nothing: task_name="
             + c.x.name,
           from.where);
}

/// Limits that this product adds.
void check_limits(const task_check& c) {
  auto refuse_below
    = [&](const char* name, std::int64_t value, std::int64_t min) {
        if (value < min)
          c.error("task." + std::string{name} + ": must be at least "
                    + std::to_string(min),
                  name);
      };
  const auto none = nanoseconds{0};
  refuse_below("run_timeout", c.x.run_timeout.count(), 0);
  refuse_below("apply_timeout", c.x.apply_timeout.value_or(none).count(), 0);
  refuse_below("plan_timeout", c.x.plan_timeout.value_or(none).count(), 0);
  refuse_below("terraform_parallelism", c.x.terraform_parallelism.value_or(1),
               1);
  if (!c.x.after_apply)
    return;
  if (c.x.after_apply->command.empty())
    c.error("task.after_apply: command is required", "after_apply");
  if (c.x.after_apply->timeout < none)
    c.error("task.after_apply.timeout: must be at least 0", "after_apply");
}

void check_task(const task_check& c, bool cloud) {
  check_services_conflict(c);
  if (c.x.module.empty())
    c.error("module for the task is required", "module",
            "add module = \"...\" to the task");
  if (cloud)
    check_workspace(c);
  else
    check_cloud_unsupported(c);
  check_providers(c);
  check_condition(c);
  check_module_input_variables(c);
  check_limits(c);
  for (auto name : {"module_input", "source_input"})
    for (const auto& each : c.from.children(name))
      check_module_input(c, each);
}

} // namespace

void validate_tasks(const candidate& x, report& to) {
  const auto& blocks = x.root.children("task");
  auto seen = std::unordered_map<std::string, place>{};
  for (auto i = std::size_t{0}; i < x.value.tasks.size(); ++i) {
    auto c = task_check{.x = x.value.tasks[i], .from = blocks[i], .to = to};
    if (blocks[i].broken)
      continue;
    auto named = check_name(c);
    check_task(c, x.value.cloud.has_value());
    auto where = blocks[i].place_of("name");
    if (!named)
      continue;
    auto [first, added] = seen.emplace(c.x.name, where);
    if (!added)
      c.error("duplicate task name: " + c.x.name, "name",
              to.first_one(first->second));
  }
}

} // namespace cts::config

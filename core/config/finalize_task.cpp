#include "core/config/buffer.hpp"
#include "core/config/finalize_parts.hpp"
#include "core/go_duration.hpp"
#include "core/go_text.hpp"

#include <algorithm>

namespace cts::config {

namespace {

constexpr auto after_0_8
  = " is deprecated in v0.5.0 and will be removed in a future major version "
    "after v0.8.0.";

services_query services_of(const block& from) {
  auto to = services_query{};
  to.names = from.texts("names");
  std::sort(to.names.begin(), to.names.end());
  to.names.erase(std::unique(to.names.begin(), to.names.end()), to.names.end());
  to.regexp = from.text("regexp");
  // Where both are accepted, the reference follows the regular expression.
  if (to.regexp)
    to.names.clear();
  assign(to.datacenter, from, "datacenter");
  assign(to.ns, from, "namespace");
  assign(to.filter, from, "filter");
  to.cts_user_defined_meta = from.text_map("cts_user_defined_meta");
  return to;
}

consul_kv_query consul_kv_of(const block& from) {
  auto to = consul_kv_query{};
  assign(to.path, from, "path");
  assign(to.recurse, from, "recurse");
  assign(to.datacenter, from, "datacenter");
  assign(to.ns, from, "namespace");
  return to;
}

/// The new name of the field wins over the deprecated one.
bool use_as_module_input(const block& from, report& to) {
  auto current = from.boolean("use_as_module_input");
  auto deprecated = from.boolean("source_includes_var");
  auto warn = [&](std::string message) {
    to.warn(stage::finalize, {.message = std::move(message),
                              .where = from.place_of("source_includes_var"),
                              .hint = "write 'use_as_module_input' instead",
                              .component = "config.task"});
  };
  if (deprecated)
    warn("the 'source_includes_var' field in the task's " + from.label
         + " condition block is deprecated in v0.5.0 and will be removed in "
           "v0.8.0.");
  if (deprecated && current)
    warn(from.label
         + " condition block is configured with both the 'source_includes_var' "
           "and the 'use_as_module_input' field. Defaulting to the "
           "'use_as_module_input' value: use_as_module_input="
         + (*current ? "true" : "false"));
  return current.value_or(deprecated.value_or(true));
}

condition condition_of(const block& task_block, report& to) {
  const auto* from = task_block.child("condition");
  if (from == nullptr || from->label == "no-condition")
    return no_condition{};
  if (from->label == "services")
    return services_condition{.query = services_of(*from),
                              .use_as_module_input
                              = use_as_module_input(*from, to)};
  if (from->label == "consul-kv")
    return consul_kv_condition{.query = consul_kv_of(*from),
                               .use_as_module_input
                               = use_as_module_input(*from, to)};
  if (from->label == "schedule")
    return schedule_condition{.cron = from->text("cron").value_or("")};
  auto x = catalog_services_condition{};
  assign(x.regexp, *from, "regexp");
  assign(x.datacenter, *from, "datacenter");
  assign(x.ns, *from, "namespace");
  x.node_meta = from->text_map("node_meta");
  x.use_as_module_input = use_as_module_input(*from, to);
  return x;
}

module_input module_input_of(const block& from) {
  if (from.label == "consul-kv")
    return consul_kv_of(from);
  return services_of(from);
}

std::vector<module_input> module_inputs_of(const block& from, report& to) {
  auto inputs = std::vector<module_input>{};
  for (const auto& each : from.children("module_input"))
    inputs.push_back(module_input_of(each));
  const auto& deprecated = from.children("source_input");
  if (!deprecated.empty())
    to.warn(stage::finalize,
            {.message = "the 'source_input' block in the task block is "
                        "deprecated in v0.5.0 and will be removed in v0.8.0.",
             .where = deprecated.front().where,
             .hint = "write 'module_input' instead",
             .component = "config.task"});
  for (const auto& each : deprecated) {
    auto input = module_input_of(each);
    if (std::find(inputs.begin(), inputs.end(), input) == inputs.end())
      inputs.push_back(std::move(input));
  }
  return inputs;
}

void assign_module(task& to, const block& from, report& reports) {
  assign(to.module, from, "module");
  auto source = from.text("source");
  if (!source)
    return;
  auto warn = [&](std::string message) {
    reports.warn(stage::finalize, {.message = std::move(message),
                                   .where = from.place_of("source"),
                                   .hint = "write 'module' instead",
                                   .component = "config.task"});
  };
  warn(std::string{"the 'source' field in the task block"} + after_0_8);
  if (to.module.empty())
    to.module = *source;
  else
    warn("the task block's 'source' and 'module' field were both configured. "
         "Defaulting to the 'module' value: module="
         + to.module);
}

std::optional<buffer_period_block> buffer_block_of(const block& from) {
  const auto* written = from.child("buffer_period");
  if (written == nullptr)
    return std::nullopt;
  return buffer_period_block{.enabled = written->boolean("enabled"),
                             .min = written->time("min"),
                             .max = written->time("max")};
}

std::string describe_block(const buffer_period_block& x) {
  auto time = [](const std::optional<nanoseconds>& t) {
    return t ? go_duration::to_string(*t) : std::string{"unset"};
  };
  return "{enabled=" + std::string{x.enabled.value_or(true) ? "true" : "false"}
         + " min=" + time(x.min) + " max=" + time(x.max) + "}";
}

terraform_cloud_workspace workspace_of(const block& from) {
  auto to = terraform_cloud_workspace{};
  assign(to.execution_mode, from, "execution_mode");
  assign(to.agent_pool_id, from, "agent_pool_id");
  assign(to.agent_pool_name, from, "agent_pool_name");
  assign(to.terraform_version, from, "terraform_version");
  return to;
}

void assign_additions(task& to, const block& from) {
  assign(to.retry_failed, from, "retry_failed");
  assign(to.run_timeout, from, "run_timeout");
  assign(to.hold_empty, from, "hold_empty");
  assign(to.always_apply, from, "always_apply");
  assign(to.terraform_parallelism, from, "terraform_parallelism");
  assign(to.terraform_refresh, from, "terraform_refresh");
  assign(to.apply_timeout, from, "apply_timeout");
  assign(to.plan_timeout, from, "plan_timeout");
  assign(to.renamed_from, from, "renamed_from");
  if (const auto* hook = from.child("after_apply")) {
    to.after_apply = after_apply{.command = hook->texts("command")};
    assign(to.after_apply->timeout, *hook, "timeout");
  }
}

void warn_of_buffer(const task& x, const block& from, report& to) {
  if (!x.buffer_block || !x.buffer_block->enabled.value_or(true))
    return;
  auto warn = [&](std::string message, const place& where) {
    to.warn(stage::finalize, {.message = std::move(message),
                              .where = where,
                              .component = "config.task"});
  };
  if (std::holds_alternative<schedule_condition>(x.condition))
    return warn("disabling buffer_period for schedule condition. overriding "
                "buffer_period configured for this task: task_name="
                  + x.name
                  + " buffer_period=" + describe_block(*x.buffer_block),
                from.place_of("buffer_period"));
  if (x.buffer_block->max && *x.buffer_block->max < x.buffer.min)
    warn("buffer_period: max is less than min and is raised to min: task_name="
           + x.name,
         nested(from, "buffer_period").place_of("max"));
}

void warn_of_task(const task& x, const block& from, report& to) {
  if (from.broken)
    return;
  auto warn = [&](std::string message, std::string_view field) {
    to.warn(stage::finalize, {.message = std::move(message),
                              .where = from.place_of(field),
                              .component = "config.task"});
  };
  if (!x.services.empty())
    warn(std::string{"the 'services' field in the task block"} + after_0_8,
         "services");
  if (!x.terraform_version.empty())
    warn("the 'terraform_version' field in the task block is deprecated in "
         "v0.6.0, use 'terraform_cloud_workspace.terraform_version' instead",
         "terraform_version");
  warn_of_buffer(x, from, to);
  auto triggered = std::any_of(
    x.module_inputs.begin(), x.module_inputs.end(), [](const auto& input) {
      return std::holds_alternative<services_query>(input);
    });
  if (std::holds_alternative<no_condition>(x.condition) && x.services.empty()
      && !triggered)
    warn("task " + go_quote(x.name)
           + " has no condition and will run only once at startup",
         "name");
}

} // namespace

buffer_period buffer_of(const task& x, const buffer_period& global) {
  constexpr auto off = buffer_period{.enabled = false, .min = {}, .max = {}};
  if (std::holds_alternative<schedule_condition>(x.condition))
    return off;
  auto written = x.buffer_block.value_or(buffer_period_block{});
  if (written == buffer_period_block{})
    return global;
  if (!written.enabled.value_or(true))
    return off;
  auto min
    = written.min.value_or(global.enabled ? global.min : buffer_period{}.min);
  return resolved({.min = min, .max = written.max.value_or(4 * min)});
}

std::string default_working_dir(const std::string& base,
                                const std::string& task) {
  return clean_path(base + "/" + task);
}

task finalize_task(const block& from, const settings& known, report& to) {
  auto x = task{};
  assign(x.name, from, "name");
  assign(x.description, from, "description");
  assign_module(x, from, to);
  assign(x.version, from, "version");
  x.providers = from.texts("providers");
  assign(x.enabled, from, "enabled");
  x.condition = condition_of(from, to);
  x.module_inputs = module_inputs_of(from, to);
  x.variable_files = from.texts("variable_files");
  x.buffer_block = buffer_block_of(from);
  x.buffer = buffer_of(x, known.buffer_period);
  x.working_dir = from.text("working_dir")
                    .value_or(default_working_dir(known.working_dir, x.name));
  x.workspace = workspace_of(nested(from, "terraform_cloud_workspace"));
  assign(x.terraform_version, from, "terraform_version");
  x.services = from.texts("services");
  assign_additions(x, from);
  warn_of_task(x, from, to);
  return x;
}

} // namespace cts::config

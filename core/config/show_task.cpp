#include "core/config/show_section.hpp"

namespace cts::config {

namespace {

void show_query(section& to, const services_query& x) {
  if (x.regexp)
    to.add("regexp", *x.regexp);
  else
    to.add("names", x.names);
  to.add("datacenter", x.datacenter);
  to.add("namespace", x.ns);
  to.add("filter", x.filter);
  to.add("cts_user_defined_meta", x.cts_user_defined_meta);
}

void show_query(section& to, const consul_kv_query& x) {
  to.add("path", x.path);
  to.add("recurse", x.recurse);
  to.add("datacenter", x.datacenter);
  to.add("namespace", x.ns);
}

void show_use(section& to, bool x) {
  auto deprecated
    = !to.is_set("use_as_module_input") && to.is_set("source_includes_var");
  to.add(
    "use_as_module_input", x,
    to.origin_of(deprecated ? "source_includes_var" : "use_as_module_input"));
}

void show_condition(section&, const no_condition&) {}

void show_condition(section& to, const services_condition& x) {
  show_query(to, x.query);
  show_use(to, x.use_as_module_input);
}

void show_condition(section& to, const catalog_services_condition& x) {
  to.add("regexp", x.regexp);
  to.add("datacenter", x.datacenter);
  to.add("namespace", x.ns);
  to.add("node_meta", x.node_meta);
  show_use(to, x.use_as_module_input);
}

void show_condition(section& to, const consul_kv_condition& x) {
  show_query(to, x.query);
  show_use(to, x.use_as_module_input);
}

void show_condition(section& to, const schedule_condition& x) {
  to.add("cron", x.cron);
}

/// The blocks behind the inputs, in the order in which they became inputs.
std::vector<const block*> input_blocks(const block& from) {
  auto blocks = std::vector<const block*>{};
  for (auto name : {"module_input", "source_input"})
    for (const auto& each : from.children(name))
      blocks.push_back(&each);
  return blocks;
}

void show_inputs(section& to, const task& x) {
  static const auto nothing = block{};
  auto blocks = input_blocks(to.from());
  for (auto i = std::size_t{0}; i < x.module_inputs.size(); ++i) {
    auto inner
      = to.inside(to.path() + ".module_input[" + std::to_string(i) + "]",
                  i < blocks.size() ? *blocks[i] : nothing);
    std::visit([&](const auto& each) { show_query(inner, each); },
               x.module_inputs[i]);
    auto services = std::holds_alternative<services_query>(x.module_inputs[i]);
    to.add("module_input", {services ? "services" : "consul-kv"},
           std::move(inner));
  }
}

/// Source: spec configuration, 2.14.
void show_buffer(section& to, const task& x) {
  auto inner = to.inside("buffer_period");
  auto inherited = !x.buffer_block || *x.buffer_block == buffer_period_block{};
  auto scheduled = std::holds_alternative<schedule_condition>(x.condition);
  auto other = scheduled   ? derived_from("the condition")
               : inherited ? derived_from("buffer_period")
                           : origin{};
  auto own = !scheduled && !inherited;
  auto off = own && !x.buffer.enabled;
  auto min = own && x.buffer_block->min ? inner.origin_of("min")
             : own                      ? derived_from("buffer_period.min")
                                        : other;
  auto max = own && x.buffer_block->max == x.buffer.max ? inner.origin_of("max")
             : own ? derived_from("min of the block")
                   : other;
  inner.add("enabled", x.buffer.enabled,
            own ? inner.origin_of("enabled") : other);
  inner.add("min", x.buffer.min, off ? inner.origin_of("enabled") : min);
  inner.add("max", x.buffer.max, off ? inner.origin_of("enabled") : max);
  to.add("buffer_period", {}, std::move(inner));
}

void show_variables(section& to, const task& x) {
  to.add("variable_files", x.variable_files);
  if (x.variables.empty())
    return;
  auto inner = to.inside(to.path() + ".variables", to.from());
  auto where = to.origin_of(to.is_set("variable_files") ? "variable_files"
                                                        : "variables");
  for (const auto& each : x.variables)
    inner.add_masked_expression(each.first, where);
  to.add("variables", {}, std::move(inner));
}

void show_workspace(section& to, const task& x) {
  if (x.workspace == terraform_cloud_workspace{})
    return;
  auto inner = to.inside("terraform_cloud_workspace");
  inner.add("execution_mode", x.workspace.execution_mode);
  inner.add("agent_pool_id", x.workspace.agent_pool_id);
  inner.add("agent_pool_name", x.workspace.agent_pool_name);
  inner.add("terraform_version", x.workspace.terraform_version);
  to.add("terraform_cloud_workspace", {}, std::move(inner));
}

/// What falls back to the driver is shown only if the task has its own.
void show_additions(section& to, const task& x) {
  to.add("retry_failed", x.retry_failed);
  to.add("run_timeout", x.run_timeout);
  to.add("hold_empty", x.hold_empty);
  if (x.always_apply)
    to.add("always_apply", *x.always_apply);
  if (x.terraform_parallelism)
    to.add("terraform_parallelism", *x.terraform_parallelism);
  to.add("terraform_refresh", x.terraform_refresh);
  if (x.apply_timeout)
    to.add("apply_timeout", *x.apply_timeout);
  if (x.plan_timeout)
    to.add("plan_timeout", *x.plan_timeout);
  to.add_if_set("renamed_from", x.renamed_from);
  to.add_if_set("terraform_version", x.terraform_version);
  if (!x.services.empty())
    to.add("services", x.services);
}

void show_after_apply(section& to, const after_apply& x) {
  auto inner = to.inside("after_apply");
  inner.add("command", x.command);
  inner.add("timeout", x.timeout);
  to.add("after_apply", {}, std::move(inner));
}

} // namespace

void show_task(section& to, const task& x) {
  to.add("name", x.name);
  to.add("description", x.description);
  to.add("enabled", x.enabled);
  auto by_source = to.from().text("module").value_or("").empty();
  to.add("module", x.module, to.origin_of(by_source ? "source" : "module"));
  to.add("version", x.version);
  to.add("providers", x.providers);
  auto folder = to.is_set("working_dir") ? to.origin_of("working_dir")
                                         : derived_from("working_dir");
  to.add("working_dir", x.working_dir, folder);
  show_additions(to, x);
  show_variables(to, x);
  constexpr const char* types[]
    = {"no-condition", "services", "catalog-services", "consul-kv", "schedule"};
  if (!std::holds_alternative<no_condition>(x.condition)) {
    auto inner = to.inside("condition");
    std::visit([&](const auto& each) { show_condition(inner, each); },
               x.condition);
    to.add("condition", {types[x.condition.index()]}, std::move(inner));
  }
  show_inputs(to, x);
  show_buffer(to, x);
  show_workspace(to, x);
  if (x.after_apply)
    show_after_apply(to, *x.after_apply);
}

} // namespace cts::config

#include "core/config/decoder.hpp"
#include "core/config/finalize_parts.hpp"
#include "core/config/task_object.hpp"
#include "core/config/validate_parts.hpp"
#include "core/hcl/json.hpp"

#include <algorithm>
#include <utility>

namespace cts::config {

namespace {

using kind = hcl::node::kind;

// The API names the types of conditions with underscores.
void rename_types(hcl::node& from) {
  for (auto& type : from.members) {
    if (type.name == "consul_kv")
      type.name = "consul-kv";
    else if (type.name == "catalog_services")
      type.name = "catalog-services";
    for (auto& each : type.value.members)
      if (each.name == "cts_user_defined_meta")
        std::erase_if(each.value.members, [](const auto& member) {
          return member.value.what == kind::null;
        });
  }
  for (auto& each : from.elements)
    rename_types(each);
}

bool is_empty_condition(const hcl::member& x) {
  return x.name == "condition" && x.value.what == kind::object
         && x.value.members.empty();
}

hcl::node configuration_of(hcl::node one_task) {
  std::erase_if(one_task.members, is_empty_condition);
  for (auto& each : one_task.members)
    if (each.name == "condition" || each.name == "module_input")
      rename_types(each.value);
  auto tasks = hcl::node{.what = kind::list, .members = {}};
  tasks.elements.push_back(std::move(one_task));
  auto root = hcl::node{.what = kind::object, .members = {}};
  root.members.push_back({.name = "task", .value = std::move(tasks)});
  return root;
}

result<block> read(std::string_view json) {
  auto parsed = hcl::parse_json(json);
  if (!parsed)
    return parsed.error();
  if (parsed->what != kind::object)
    return fail(errc::configuration, "a task is written as a JSON object");
  auto reader = decoder{dialect::json, 0};
  auto root
    = reader.body(configuration_of(std::move(*parsed)), top_level(), "");
  if (!reader.problems.empty())
    return fail(errc::configuration, reader.problems.front().message);
  if (!reader.unknown_keys.empty())
    return fail(errc::configuration,
                "invalid key: ", reader.unknown_keys.front().path);
  return root;
}

void check_buffer_period(const candidate& x, report& to) {
  if (x.value.tasks.front().buffer.min.count() < 0)
    to.error(stage::validate, {.message = "buffer_period: cannot be negative"});
}

} // namespace

result<loaded_task> load_task(std::string_view json, const settings& known) {
  auto root = read(json);
  if (!root)
    return root.error();
  const auto no_files = std::vector<source>{};
  const auto alone = surroundings{};
  auto reports = report{no_files};
  const auto& from = root->children("task").front();
  auto inherited = settings{};
  inherited.working_dir = known.working_dir;
  inherited.buffer_period = known.buffer_period;
  inherited.cloud = known.cloud;
  inherited.vault = known.vault;
  inherited.dynamic_values = known.dynamic_values;
  inherited.tasks.push_back(finalize_task(from, inherited, reports));
  const auto x = candidate{.root = *root, .value = inherited, .around = alone};
  validate_tasks(x, reports);
  check_buffer_period(x, reports);
  validate_dynamic_values(x, reports);
  auto task = inherited.tasks.front();
  task.variables = finalize_variables(from, alone, reports);
  if (auto errors = reports.take_errors(); !errors.empty())
    return fail(errc::configuration, errors.front().message);
  return loaded_task{.value = std::move(task),
                     .warnings = reports.take_warnings()};
}

result<task> decode_task(std::string_view json, const settings& known) {
  auto loaded = load_task(json, known);
  if (!loaded)
    return loaded.error();
  return std::move(loaded->value);
}

} // namespace cts::config

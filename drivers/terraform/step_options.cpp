#include "drivers/terraform/step_options.hpp"

#include "drivers/terraform/command.hpp"
#include "drivers/terraform/state_lock.hpp"

namespace cts::terraform {

namespace {

milliseconds to_milliseconds(config::nanoseconds x) {
  return std::chrono::duration_cast<milliseconds>(x);
}

} // namespace

run_steps::options step_options(const terraform_driver_options& options,
                                const std::string& directory) {
  const auto& driver = options.settings->driver;
  return {
    .task = options.task->name,
    .version = options.program.version,
    .writes_selection
    = can_write_selection(driver, options.task->name, options.environment),
    .has_variables = !options.task->variables.empty(),
    .inspects_locks
    = options.consul
      && lock_key_of(*options.settings, options.task->name).has_value(),
    .errored_state_path = directory + "/errored.tfstate",
    .init_timeout = to_milliseconds(driver.init_timeout),
    .validate_timeout = to_milliseconds(driver.validate_timeout),
    .apply_timeout = to_milliseconds(driver.apply_timeout),
  };
}

milliseconds limit_of(command what, const run_steps::options& how) {
  switch (what) {
    case command::validate: return how.validate_timeout;
    case command::apply: return how.apply_timeout;
    default: return how.init_timeout;
  }
}

file_content selection_file(const task_name& task) {
  return {.name = ".terraform/environment", .bytes = task, .mode = 0644};
}

} // namespace cts::terraform

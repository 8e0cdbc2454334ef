#include "drivers/terraform/step_options.hpp"

#include "drivers/terraform/command.hpp"
#include "drivers/terraform/state_lock.hpp"

namespace cts::terraform {

namespace {

milliseconds to_milliseconds(config::nanoseconds x) {
  return std::chrono::duration_cast<milliseconds>(x);
}

/// Somebody else's lock is asked after more often where other instances are
/// waiting to be relieved.
constexpr auto cluster_lock_pause = duration{std::chrono::seconds{2}};
constexpr auto lone_lock_pause = duration{std::chrono::seconds{5}};

/// Relative data directories are meant from the task's.
std::string selection_path(const std::string& directory, std::string data) {
  if (data.empty())
    data = ".terraform";
  auto path = data.starts_with('/') ? data : directory + '/' + data;
  return path + "/environment";
}

} // namespace

run_steps::options step_options(const terraform_driver_options& options,
                                const std::string& directory) {
  const auto& driver = options.settings->driver;
  auto clustered = options.settings->high_availability.has_value();
  return {
    .task = options.task->name,
    .version = options.program.version,
    .writes_selection
    = can_write_selection(driver, options.task->name, options.environment),
    .has_variables = !options.task->variables.empty(),
    .clustered = clustered,
    .inspects_locks
    = options.consul
      && lock_key_of(*options.settings, options.task->name).has_value(),
    .lock_wait = driver.lock_wait,
    .lock_pause_max = clustered ? cluster_lock_pause : lone_lock_pause,
    .selection_path = selection_path(
      directory, variable_in(options.environment, "TF_DATA_DIR")),
    .errored_state_path = directory + "/errored.tfstate",
    .init_timeout = to_milliseconds(driver.init_timeout),
    .validate_timeout = to_milliseconds(driver.validate_timeout),
    .apply_timeout = to_milliseconds(driver.apply_timeout),
    .plan_timeout = to_milliseconds(driver.plan_timeout),
  };
}

root_module module_of(const terraform_driver_options& options,
                      bool relative_source) {
  return {.task = *options.task,
          .settings = *options.settings,
          .version = options.program.version,
          .process_directory = options.process_directory,
          .relative_source = relative_source};
}

// In a cluster a preparation must not touch any state, and it is the only one
// that could find another backend.
std::vector<std::string> argv_of(const terraform_driver_options& options,
                                 command what) {
  const auto& driver = options.settings->driver;
  auto out = arguments_of(
    what, {.version = options.program.version,
           .workspace = options.task->name,
           .parallelism = driver.parallelism,
           .lock_timeout = lock_timeout_of(driver),
           .migrates = !options.settings->high_availability.has_value()});
  out.insert(out.begin(), options.program.path);
  return out;
}

milliseconds limit_of(command what, const run_steps::options& how) {
  switch (what) {
    case command::validate: return how.validate_timeout;
    case command::apply: return how.apply_timeout;
    case command::plan: return how.plan_timeout;
    default: return how.init_timeout;
  }
}

file_content selection_file(const task_name& task) {
  return {.name = ".terraform/environment", .bytes = task, .mode = 0644};
}

} // namespace cts::terraform

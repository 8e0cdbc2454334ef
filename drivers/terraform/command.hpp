#pragma once

#include "core/config/config.hpp"
#include "drivers/terraform/version.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// How Terraform is started. Source: spec chapter terraform-driver, 2.4, 2.5.
namespace cts::terraform {

enum class command : std::uint8_t {
  init,
  workspace_new,
  workspace_select,
  validate,
  plan,
  apply,
  state_pull,
  /// Stores what an apply could not store.
  state_push,
};

/// As the operator would type it: `workspace new`.
const char* to_string(command x);

struct command_options {
  terraform::version version{};
  /// Name of the task.
  std::string workspace{};
  int parallelism = 10;
  /// Seconds that Terraform itself waits for a lock; 0: it does not.
  int lock_timeout = 0;
  /// Init takes the state along to another backend without asking.
  bool migrates = true;
};

/// What follows the program's name.
std::vector<std::string> arguments_of(command x, const command_options& how);

/// Seconds for `lock_timeout`: the Consul backend ignores them, and wrappers
/// that expect the reference's commands do not see them.
int lock_timeout_of(const config::terraform_driver& driver);

/// Whether the file `.terraform/environment` may be written in place of the two
/// workspace commands (8.1 item 1): a backend that is known to create the
/// workspace by itself, the usual data directory, a name that is allowed.
bool can_write_selection(const config::terraform_driver& driver,
                         const std::string& task,
                         const std::vector<std::string>& environment);

/// The environment of every command of a task.
struct command_environment {
  /// Our own environment, `NAME=value`.
  const std::vector<std::string>& inherited;
  const config::settings& settings;
  const config::task& task;
  /// Absolute directory of the task.
  const std::string& directory;
  /// Absolute; empty: the inherited one.
  std::string plugin_cache{};
};

/// Fails with `configuration` if a provider's `task_env` sets a variable that
/// is ours.
result<std::vector<std::string>>
environment_of(const command_environment& parts);

/// Names of inherited variables that change how Terraform runs and are
/// therefore not passed on; worth a warning.
std::vector<std::string>
suppressed_variables(const std::vector<std::string>& inherited);

/// What is left of `inherited` without them.
std::vector<std::string> passed_on(const std::vector<std::string>& inherited);

/// The value of `name` in `environment`, empty if it is not set.
std::string variable_in(const std::vector<std::string>& environment,
                        const std::string& name);

} // namespace cts::terraform

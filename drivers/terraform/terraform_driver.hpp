#pragma once

#include "actors/contract.hpp"
#include "drivers/terraform/program.hpp"

#include <caf/local_actor.hpp>

#include <memory>
#include <string>
#include <vector>

namespace cts {

/// What the driver of one task is made from.
struct terraform_driver_options {
  std::shared_ptr<const config::task> task{};
  std::shared_ptr<const config::settings> settings{};
  terraform::program program{};
  /// Absolute; relative paths of the configuration are meant from here.
  std::string process_directory{};
  /// Our own environment, `NAME=value`.
  std::vector<std::string> environment{};
  files_actor files{};
  process_actor processes{};
  /// For locks that a killed run of ours left behind; may be null.
  consul_actor consul{};
  /// What stands in place of templates: to be masked. Null: nothing.
  std::shared_ptr<const dynamic::values> secrets{};
  /// Names the states that were stored late; must be set.
  wall_clock clock{};
};

/// Starts the driver of a task. It ends with its parent's order; a Terraform
/// that runs then is stopped gently.
driver_actor make_terraform_driver(caf::local_actor* parent,
                                   terraform_driver_options options);

} // namespace cts

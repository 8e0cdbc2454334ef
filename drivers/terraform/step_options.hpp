#pragma once

#include "drivers/terraform/run_steps.hpp"
#include "drivers/terraform/terraform_driver.hpp"
#include "drivers/terraform/workspace.hpp"

#include <string>
#include <vector>

namespace cts::terraform {

/// What the machine needs of a driver's options; `directory` is the task's.
run_steps::options step_options(const terraform_driver_options& options,
                                const std::string& directory);

/// What the root module of the task is made from.
root_module module_of(const terraform_driver_options& options,
                      bool relative_source);

/// The program and its arguments.
std::vector<std::string> argv_of(const terraform_driver_options& options,
                                 command what);

/// How long the command may take; 0: no limit.
milliseconds limit_of(command what, const run_steps::options& how);

/// What has Terraform work in the workspace of `task`.
file_content selection_file(const task_name& task);

} // namespace cts::terraform

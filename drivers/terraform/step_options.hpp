#pragma once

#include "drivers/terraform/run_steps.hpp"
#include "drivers/terraform/terraform_driver.hpp"

#include <string>

namespace cts::terraform {

/// What the machine needs of a driver's options; `directory` is the task's.
run_steps::options step_options(const terraform_driver_options& options,
                                const std::string& directory);

/// How long the command may take; 0: no limit.
milliseconds limit_of(command what, const run_steps::options& how);

/// What has Terraform work in the workspace of `task`.
file_content selection_file(const task_name& task);

} // namespace cts::terraform

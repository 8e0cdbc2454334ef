#pragma once

#include "drivers/terraform/run_steps.hpp"
#include "drivers/terraform/terraform_driver.hpp"

#include <string>

namespace cts::terraform {

/// What the machine needs of a driver's options; `directory` is the task's.
run_steps::options step_options(const terraform_driver_options& options,
                                const std::string& directory);

} // namespace cts::terraform

#pragma once

#include "actors/contract.hpp"
#include "drivers/terraform/run_steps.hpp"

#include <string>
#include <vector>

/// What the driver says in the log. Source: spec chapter terraform-driver, 1.2,
/// 2.7, 2.12.
namespace cts::terraform {

void log_note(run_steps::note what, const std::string& task);

/// One line for each file that was written.
void log_written(const std::string& task, const files_written& done);

/// Where the output of Terraform goes; once for each driver.
void log_destination(const config::terraform_driver& driver,
                     const std::string& directory);

/// What is about to be run, with `log = true`.
void log_command(const std::vector<std::string>& argv);

/// Everything that `what` has printed, with `log = true`; but never a state,
/// which holds passwords, nor a plan, which is an answer, and without
/// `secrets`.
void log_output(command what, const process_finished& end,
                const std::vector<std::string>& secrets);

} // namespace cts::terraform

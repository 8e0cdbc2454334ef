#include "drivers/terraform/run_log.hpp"

#include "actors/log.hpp"
#include "drivers/terraform/secrets.hpp"

#include <algorithm>
#include <string_view>

namespace cts::terraform {

namespace {

constexpr auto client = std::string_view{"client.terraformcli"};
constexpr auto driver = std::string_view{"driver.terraform"};

void log_lines(std::string_view text) {
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    log::info(client, line);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

} // namespace

void log_note(run_steps::note what, const std::string& task) {
  using run_steps::note;
  switch (what) {
    case note::workspace_without_state:
      return log::info(client,
                       "workspace was detected without state, creating new "
                       "workspace and attempting Terraform init again");
    case note::workspace_exists:
      return log::debug(client, "workspace already exists",
                        {{"workspace", task}});
    case note::cannot_create_workspace:
      return log::error(client, "unable to create workspace",
                        {{"workspace", task}});
    case note::cannot_select_workspace:
      return log::error(client, "unable to change workspace",
                        {{"workspace", task}});
    case note::cannot_initialise:
      return log::error(driver, "error initializing workspace for task",
                        {{"task_name", task}});
    case note::initialising_again:
      return log::info(driver, "initializing the working directory again",
                       {{"task_name", task}});
    case note::waiting_for_lock:
      return log::info(driver, "waiting for the state lock",
                       {{"task_name", task}});
    case note::pushing_errored_state:
      return log::info(driver,
                       "storing the state that an earlier run could not store",
                       {{"task_name", task}});
    case note::relative_source:
      return log::info(driver, "naming the local module by a relative path",
                       {{"task_name", task}});
  }
}

void log_written(const std::string& task, const files_written& done) {
  for (const auto& file : done.changed) {
    auto existed
      = std::ranges::find(done.overwritten, file) != done.overwritten.end();
    auto sentence = existed ? "overwriting file in root module for task"
                            : "creating file in root module for task";
    log::info("templates.tftmpl", sentence,
              {{"file_name", file}, {"task_name", task}});
  }
}

void log_destination(const config::terraform_driver& driver,
                     const std::string& directory) {
  log::info(client, driver.log
                      ? "Terraform logging is set, Terraform logs will "
                        "output with Consul-Terraform-Sync logs"
                      : "Terraform output is muted");
  if (driver.persist_log)
    log::info(client, "persisting Terraform logs on disk",
              {{"logPath", directory + "/terraform.log"}});
}

void log_command(const std::vector<std::string>& argv) {
  auto text = std::string{"running Terraform command:"};
  for (const auto& argument : argv)
    text += ' ' + argument;
  log::info(client, text);
}

void log_output(command what, const process_finished& end,
                const std::vector<std::string>& secrets) {
  auto is_result = what == command::state_pull || what == command::plan;
  if (!is_result)
    log_lines(masked(end.output, secrets));
  log_lines(masked(end.error_output, secrets));
}

} // namespace cts::terraform

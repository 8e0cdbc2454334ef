#pragma once

#include "drivers/terraform/terraform_driver.hpp"
#include "runtime/file_store.hpp"
#include "runtime/process_runner.hpp"
#include "tests/runtime/service_fixture.hpp"

#include <caf/send.hpp>

#include <cstdlib>
#include <unistd.h>

namespace cts {

/// The absolute path of a program, empty if it is not installed. `variable` of
/// the environment names another one.
inline std::string program_in_path(const std::string& name,
                                   const char* variable) {
  if (const auto* named = std::getenv(variable))
    return named;
  auto path = std::string{std::getenv("PATH")} + ':';
  for (auto at = path.find(':'); at != std::string::npos;
       path.erase(0, at + 1), at = path.find(':')) {
    auto candidate = path.substr(0, at) + '/' + name;
    if (::access(candidate.c_str(), X_OK) == 0)
      return candidate;
  }
  return {};
}

inline std::vector<std::string> own_environment() {
  auto out = std::vector<std::string>{};
  for (auto entry = ::environ; *entry != nullptr; ++entry)
    out.emplace_back(*entry);
  return out;
}

/// One task with a module of its own and the services of the world.
class terraform_fixture : public service_fixture {
protected:
  terraform_fixture() {
    configuration.driver.backend = {.type = "local"};
    task.name = "web";
    task.module = "./module";
    task.working_dir = "sync-tasks/web";
    task.condition = config::services_condition{.query = {.names = {"api"}}};
  }

  ~terraform_fixture() override {
    for (const auto& driver : drivers)
      caf::anon_send_exit(driver, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(consul_client, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(files, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(runner, caf::exit_reason::user_shutdown);
  }

  void module(const std::string& text) {
    put(directory / "module" / "main.tf", text);
  }

  /// A module that runs `script` when its services change.
  void module_with_script(const std::string& script) {
    module("variable \"services\" { type = any }\n"
           "resource \"terraform_data\" \"x\" {\n"
           "  triggers_replace = [keys(var.services)]\n"
           "  provisioner \"local-exec\" { command = \""
           + script + "\" }\n}\n");
  }

  driver_actor driver() {
    drivers.push_back(make_terraform_driver(
      self.ptr(),
      {.task = std::make_shared<const config::task>(task),
       .settings = std::make_shared<const config::settings>(configuration),
       .program = program,
       .process_directory = directory,
       .environment = environment,
       .files = files,
       .processes = runner,
       .consul = consul_client,
       .clock = [] { return wall_time{std::chrono::seconds{1767323045}}; }}));
    return drivers.back();
  }

  static task_inputs services(const std::vector<std::string>& ids) {
    auto instances = service_instances{};
    for (const auto& id : ids)
      instances.push_back(
        {.id = id, .name = "api", .node = "n", .node_datacenter = "dc1"});
    auto all = std::make_shared<const snapshot>(snapshot{instances});
    return {{{.what = dependency::kind::service, .name = "api"}, all}};
  }

  result<void> prepare(const driver_actor& x) {
    return ask<void>(x, prepare_workspace{});
  }

  result<inputs_rendered> render(const driver_actor& x,
                                 const std::vector<std::string>& ids) {
    return ask<inputs_rendered>(x, render_inputs{services(ids)});
  }

  result<run_applied> apply(const driver_actor& x) {
    return ask<run_applied>(x, apply_workspace{});
  }

  result<run_inspected> inspect(const driver_actor& x) {
    return ask<run_inspected>(x, inspect_workspace{});
  }

  path state_file() const {
    return directory / task.working_dir / "terraform.tfstate.d/web"
           / "terraform.tfstate";
  }

  terraform::program program{.version = {1, 11, 4, ""}};
  std::vector<std::string> environment = own_environment();
  config::settings configuration;
  config::task task;
  process_runner_actor runner = make_process_runner(self.ptr(), io.context());
  files_actor files = make_file_store(self.ptr(), file_io.context());
  consul_actor consul_client;
  std::vector<driver_actor> drivers;
};

} // namespace cts

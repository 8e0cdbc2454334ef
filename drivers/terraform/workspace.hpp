#pragma once

#include "actors/contract.hpp"
#include "core/config/config.hpp"
#include "core/types.hpp"
#include "drivers/terraform/version.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The files that make a task's directory a Terraform root module. Source: spec
/// chapter terraform-driver, 1.
namespace cts::terraform {

/// What the root module of a task is made from.
struct root_module {
  const config::task& task;
  const config::settings& settings;
  terraform::version version{};
  /// Absolute; relative modules and directories are meant from here.
  std::string process_directory{};
  /// Names a local module by a path relative to the task's directory, which
  /// allows it to refer to its siblings (deviation T11).
  bool relative_source = false;
};

/// Absolute directory of the task.
std::string directory_of(const config::task& task,
                         const std::string& process_directory);

/// Absolute directory of the plugins that all tasks share; empty: none is
/// configured.
std::string plugin_cache_of(const config::settings& settings,
                            const std::string& process_directory);

/// The files of an initialised task in the order of writing: everything but
/// `terraform.tfvars`. Fails with `configuration` if a variable has a name that
/// Terraform keeps for itself.
result<std::vector<file_content>> root_module_files(const root_module& module);

/// `terraform.tfvars`. Inputs that have not arrived count as empty. Fails with
/// `malformed` if a key or value of Consul KV is not UTF-8.
result<file_content> input_file(const config::task& task,
                                const std::vector<config::service>& services,
                                const task_inputs& inputs);

/// The comment that every generated file begins with (1.3).
std::string file_header(const config::task& task);

/// Those of `paths` whose content begins like a file of ours.
std::vector<std::string>
generated_among(const std::vector<std::string>& paths,
                const std::vector<std::optional<std::string>>& contents);

/// The description as one line (deviation T4).
std::string one_line(std::string_view text);

/// `module` as Terraform's `source`: `./` and `../` become absolute.
std::string module_source(const root_module& module);

/// The arguments that the providers of a task get, by provider name.
std::map<std::string, object> provider_arguments(const root_module& module);

/// The single files, header included.
std::string main_file(const root_module& module);
std::string variables_file(const root_module& module);
std::string module_variables_file(const config::task& task);
std::string module_values_file(const config::task& task);
std::string provider_values_file(const root_module& module);
std::string template_file(const root_module& module);

} // namespace cts::terraform

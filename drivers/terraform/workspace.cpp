#include "drivers/terraform/workspace.hpp"

#include "core/config/provider.hpp"
#include "drivers/terraform/sections.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

namespace cts::terraform {

namespace {

namespace fs = std::filesystem;

/// Arguments of a module block that have a meaning of their own.
constexpr auto reserved_names = std::array<std::string_view, 10>{
  "services", "source",    "version",    "providers", "count",
  "for_each", "lifecycle", "depends_on", "locals",    "module"};

bool is_reserved(const std::string& name,
                 const std::vector<section>& sections) {
  if (std::ranges::find(reserved_names, name) != reserved_names.end())
    return true;
  return std::ranges::any_of(sections, [&name](const section& x) {
    if (const auto* catalog = std::get_if<catalog_section>(&x))
      return catalog->feeds && name == "catalog_services";
    if (const auto* kv = std::get_if<kv_section>(&x))
      return kv->feeds && name == "consul_kv";
    return false;
  });
}

/// Bytes of the line break at the start of `text`, 0 if there is none.
std::size_t line_break_at(std::string_view text) {
  for (auto separator :
       {"\n", "\r", "\v", "\f", "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"})
    if (text.starts_with(separator))
      return std::string_view{separator}.size();
  return 0;
}

std::string cleaned(const fs::path& path) {
  auto text = path.lexically_normal().string();
  if (text.size() > 1 && text.ends_with('/'))
    text.pop_back();
  return text;
}

bool is_relative_path(std::string_view module) {
  return module.starts_with("./") || module.starts_with("../");
}

} // namespace

std::string one_line(std::string_view text) {
  auto out = std::string{};
  for (auto in_break = false; !text.empty();) {
    auto length = line_break_at(text);
    if (length == 0)
      out += text.front();
    else if (!in_break)
      out += ' ';
    in_break = length > 0;
    text.remove_prefix(std::max(length, std::size_t{1}));
  }
  return out;
}

std::string directory_of(const config::task& task,
                         const std::string& process_directory) {
  return cleaned(fs::path{process_directory} / task.working_dir);
}

std::string plugin_cache_of(const config::settings& settings,
                            const std::string& process_directory) {
  const auto& path = settings.driver.plugin_cache_dir;
  return path.empty() ? path : cleaned(fs::path{process_directory} / path);
}

std::string module_source(const root_module& module) {
  const auto& source = module.task.module;
  auto local = is_relative_path(source);
  if (!local && !(module.relative_source && source.starts_with('/')))
    return source;
  auto absolute = cleaned(fs::path{module.process_directory} / source);
  if (!module.relative_source)
    return absolute;
  auto from = directory_of(module.task, module.process_directory);
  auto relative = fs::path{absolute}.lexically_relative(from).string();
  return is_relative_path(relative) ? relative : "./" + relative;
}

std::string file_header(const config::task& task) {
  return "# Generated for Consul-Terraform-Sync from its configuration and "
         "from Consul.\n"
         "# Do not edit: the file is rewritten, and edits are lost.\n"
         "#\n"
         "# Task: "
         + task.name + "\n# Description: " + one_line(task.description) + "\n";
}

std::vector<std::string>
generated_among(const std::vector<std::string>& paths,
                const std::vector<std::optional<std::string>>& contents) {
  auto header = file_header({});
  auto first_line = header.substr(0, header.find('\n') + 1);
  auto out = std::vector<std::string>{};
  for (auto i = std::size_t{0}; i < std::min(paths.size(), contents.size());
       ++i)
    if (contents[i] && contents[i]->starts_with(first_line))
      out.push_back(paths[i]);
  return out;
}

std::map<std::string, object> provider_arguments(const root_module& module) {
  auto out = std::map<std::string, object>{};
  for (const auto& id : module.task.providers) {
    const auto* configured = config::find_provider(module.settings, id);
    auto& arguments = out[id.substr(0, id.find('.'))];
    if (configured == nullptr)
      continue;
    arguments = configured->arguments;
    if (!configured->alias.empty())
      arguments["alias"] = value{configured->alias};
  }
  return out;
}

result<std::vector<file_content>> root_module_files(const root_module& module) {
  const auto& task = module.task;
  auto sections = sections_of(task, module.settings.services);
  for (const auto& [name, unused] : task.variables)
    if (is_reserved(name, sections))
      return fail(errc::configuration, "task \"", task.name, "\": variable \"",
                  name, "\" from variable_files is reserved");
  auto files = std::vector<file_content>{};
  auto add = [&files](std::string name, std::string bytes) {
    files.push_back({.name = std::move(name), .bytes = std::move(bytes)});
  };
  add("variables.tf", variables_file(module));
  if (!task.variables.empty()) {
    add("variables.module.tf", module_variables_file(task));
    add("variables.auto.tfvars", module_values_file(task));
  }
  add("providers.auto.tfvars", provider_values_file(module));
  add("terraform.tfvars.tmpl", template_file(module));
  add("main.tf", main_file(module));
  return files;
}

} // namespace cts::terraform

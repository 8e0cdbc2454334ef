#include "drivers/terraform/sections.hpp"
#include "drivers/terraform/value_text.hpp"
#include "drivers/terraform/workspace.hpp"

namespace cts::terraform {

namespace {

std::string block_header(std::string_view type, std::string_view label) {
  return std::string{type} + " \"" + std::string{label} + "\" {";
}

void write_assignment(document& out, const std::string& name, const value& x) {
  out.begin(key_text(name));
  write_value(out, x);
  out.end_line();
}

void write_terraform_block(document& out, const root_module& module) {
  const auto& driver = module.settings.driver;
  auto required = object{};
  for (const auto& [name, unused] : provider_arguments(module))
    if (auto found = driver.required_providers.find(name);
        found != driver.required_providers.end())
      required.insert(*found);
  out.line("terraform {");
  out.assign("required_version", string_text(version_constraint));
  if (!required.empty()) {
    out.line("required_providers {");
    for (const auto& [name, source] : required)
      write_assignment(out, name, source);
    out.line("}");
  }
  out.line(block_header("backend", driver.backend.type));
  for (const auto& [name, argument] : driver.backend.arguments)
    write_assignment(out, name, argument);
  out.line("}");
  out.line("}");
}

/// A block of a provider whose arguments are taken from the variable `from`.
void write_nested_block(document& out, const std::string& name,
                        const object& body, const std::string& from) {
  out.line(name + " {");
  for (const auto& [key, unused] : body)
    out.assign(key, from + '.' + key);
  out.line("}");
}

/// One argument of a provider, taken from the provider's variable.
struct provider_argument {
  document& out;
  const std::string& name;
  std::string from;

  void operator()(const object& body) const {
    write_nested_block(out, name, body, from);
  }

  void operator()(const repeated_block& blocks) const {
    for (auto i = std::size_t{0}; i < blocks.bodies.size(); ++i)
      write_nested_block(out, name, blocks.bodies[i],
                         from + '[' + std::to_string(i) + ']');
  }

  template <class T>
  void operator()(const T&) const {
    out.assign(name, from);
  }
};

void write_provider_block(document& out, const std::string& provider,
                          const object& arguments) {
  out.line(block_header("provider", provider));
  for (const auto& [name, argument] : arguments) {
    if (name == "alias" || name == "auto_commit")
      continue;
    auto from = "var." + provider + '.' + name;
    std::visit(provider_argument{out, name, from}, argument.data);
  }
  out.line("}");
}

/// The variable that a section feeds, `services` excepted.
struct extra_variable {
  std::string operator()(const services_section&) const { return {}; }
  std::string operator()(const catalog_section& x) const {
    return x.feeds ? "catalog_services" : "";
  }
  std::string operator()(const kv_section& x) const {
    return x.feeds ? "consul_kv" : "";
  }
};

void write_module_block(document& out, const root_module& module) {
  const auto& task = module.task;
  if (!task.description.empty())
    out.comment(one_line(task.description));
  out.line(block_header("module", task.name));
  out.assign("source", string_text(module_source(module)));
  if (!task.version.empty())
    out.assign("version", string_text(task.version));
  out.assign("services", "var.services");
  for (const auto& x : sections_of(task, module.settings.services))
    if (auto name = std::visit(extra_variable{}, x); !name.empty())
      out.assign(name, "var." + name);
  if (!task.variables.empty())
    out.blank();
  for (const auto& [name, unused] : task.variables)
    out.assign(name, "var." + name);
  out.line("}");
}

} // namespace

std::string main_file(const root_module& module) {
  auto out = document{};
  out.blank();
  write_terraform_block(out, module);
  out.blank();
  auto providers = provider_arguments(module);
  for (const auto& [name, arguments] : providers) {
    write_provider_block(out, name, arguments);
    out.blank();
  }
  if (providers.empty())
    out.blank();
  write_module_block(out, module);
  return file_header(module.task) + out.text();
}

} // namespace cts::terraform

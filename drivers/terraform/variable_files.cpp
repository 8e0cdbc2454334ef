#include "drivers/terraform/sections.hpp"
#include "drivers/terraform/value_text.hpp"
#include "drivers/terraform/workspace.hpp"

namespace cts::terraform {

namespace {

constexpr auto services_variable = R"(
# services, protocol v0
variable "services" {
  description = "Service instances of this task, by instance, node and datacenter"
  type = map(
    object({
      id        = string
      name      = string
      kind      = string
      address   = string
      port      = number
      meta      = map(string)
      tags      = list(string)
      namespace = string
      status    = string

      node                  = string
      node_id               = string
      node_address          = string
      node_datacenter       = string
      node_tagged_addresses = map(string)
      node_meta             = map(string)

      cts_user_defined_meta = map(string)
    })
  )
}
)";

constexpr auto catalog_services_variable = R"(
# catalog_services, protocol v0
variable "catalog_services" {
  description = "Tags of each catalog service, by service name"
  type        = map(list(string))
}
)";

constexpr auto consul_kv_variable = R"(
# consul_kv, protocol v0
variable "consul_kv" {
  description = "Consul keys of this task and their values"
  type        = map(string)
}
)";

struct declaration {
  const char* operator()(const services_section&) const { return ""; }
  const char* operator()(const catalog_section& x) const {
    return x.feeds ? catalog_services_variable : "";
  }
  const char* operator()(const kv_section& x) const {
    return x.feeds ? consul_kv_variable : "";
  }
};

void write_type_line(document& out, const value& x) {
  out.begin("type");
  write_type(out, x);
  out.end_line();
}

void write_value_line(document& out, const std::string& name, const value& x) {
  out.begin(key_text(name));
  write_value(out, x);
  out.end_line();
}

} // namespace

std::string variables_file(const root_module& module) {
  auto out = document{};
  for (const auto& [name, arguments] : provider_arguments(module)) {
    out.blank();
    out.line("variable \"" + name + "\" {");
    out.assign("default", "null");
    out.assign("description", string_text("Settings of provider " + name));
    if (at_least(module.version, 0, 14))
      out.assign("sensitive", "true");
    write_type_line(out, value{arguments});
    out.line("}");
  }
  auto text = file_header(module.task) + services_variable;
  for (const auto& x : sections_of(module.task, module.settings.services))
    text += std::visit(declaration{}, x);
  return text + out.text();
}

std::string module_variables_file(const config::task& task) {
  auto out = document{};
  for (const auto& [name, x] : task.variables) {
    out.blank();
    out.line("variable \"" + name + "\" {");
    out.assign("default", "null");
    write_type_line(out, x);
    out.line("}");
  }
  return file_header(task) + out.text();
}

std::string module_values_file(const config::task& task) {
  auto out = document{};
  out.blank();
  for (const auto& [name, x] : task.variables)
    write_value_line(out, name, x);
  out.blank();
  return file_header(task) + out.text();
}

std::string provider_values_file(const root_module& module) {
  auto out = document{};
  auto providers = provider_arguments(module);
  if (providers.empty())
    out.blank();
  for (const auto& [name, arguments] : providers) {
    out.blank();
    write_value_line(out, name, value{arguments});
  }
  return file_header(module.task) + out.text();
}

} // namespace cts::terraform

#include "drivers/terraform/command.hpp"

#include "core/config/provider.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace cts::terraform {

namespace {

using variables = std::map<std::string, std::string>;

/// Variables that `task_env` must not set, next to two prefixes.
constexpr auto forbidden = std::array<std::string_view, 10>{
  "TF_CLI_ARGS",           "TF_INPUT",
  "TF_IN_AUTOMATION",      "TF_LOG",
  "TF_LOG_PATH",           "TF_REATTACH_PROVIDERS",
  "TF_APPEND_USER_AGENT",  "TF_WORKSPACE",
  "TF_DISABLE_PLUGIN_TLS", "TF_SKIP_PROVIDER_VERIFY"};

bool is_forbidden(std::string_view name) {
  return name.starts_with("TF_CLI_ARGS_") || name.starts_with("TF_VAR_")
         || std::ranges::find(forbidden, name) != forbidden.end();
}

/// Inherited variables that would change what our arguments mean.
bool is_suppressed(std::string_view name) {
  return name == "TF_CLI_ARGS" || name.starts_with("TF_CLI_ARGS_")
         || name == "TF_INPUT" || name == "TF_REATTACH_PROVIDERS"
         || name == "TF_WORKSPACE" || name == "TF_IN_AUTOMATION"
         || name == "TF_LOG" || name == "TF_LOG_PATH";
}

variables to_map(const std::vector<std::string>& environment) {
  auto out = variables{};
  for (const auto& entry : environment)
    if (auto at = entry.find('='); at != std::string::npos)
      out[entry.substr(0, at)] = entry.substr(at + 1);
  return out;
}

void set_if_any(variables& out, const char* name, const std::string& text) {
  if (!text.empty())
    out[name] = text;
}

/// What Terraform's consul backend takes from the environment, secrets above
/// all: they never get into a file.
void add_consul(variables& out, const config::consul& consul) {
  set_if_any(out, "CONSUL_HTTP_ADDR", consul.address);
  set_if_any(out, "CONSUL_HTTP_TOKEN", consul.token);
  set_if_any(out, "CONSUL_NAMESPACE", consul.kv_namespace);
  if (consul.auth.enabled)
    out["CONSUL_HTTP_AUTH"] = consul.auth.username + ':' + consul.auth.password;
  if (!consul.tls.enabled)
    return;
  set_if_any(out, "CONSUL_CACERT", consul.tls.ca_cert);
  set_if_any(out, "CONSUL_CAPATH", consul.tls.ca_path);
  set_if_any(out, "CONSUL_CLIENT_CERT", consul.tls.cert);
  set_if_any(out, "CONSUL_CLIENT_KEY", consul.tls.key);
  set_if_any(out, "CONSUL_TLS_SERVER_NAME", consul.tls.server_name);
  if (!consul.tls.verify)
    out["CONSUL_HTTP_SSL_VERIFY"] = "false";
}

/// `task_env` of the task's providers, in their order.
variables task_variables(const command_environment& parts) {
  auto out = variables{};
  for (const auto& id : parts.task.providers)
    if (const auto* provider = config::find_provider(parts.settings, id))
      for (const auto& [name, text] : provider->task_env)
        out[name] = text;
  return out;
}

std::string with_user_agent(const std::string& inherited) {
  auto ours = std::string{"consul-terraform-sync/" CTS_VERSION};
  return inherited.empty() ? ours : inherited + ' ' + ours;
}

} // namespace

result<std::vector<std::string>>
environment_of(const command_environment& parts) {
  auto all = to_map(parts.inherited);
  std::erase_if(all, [](const auto& x) { return is_suppressed(x.first); });
  const auto& driver = parts.settings.driver;
  all["TF_IN_AUTOMATION"] = "1";
  all["TF_WORKSPACE"] = "";
  all["TF_LOG"] = driver.persist_log ? "TRACE" : "";
  all["TF_LOG_PATH"]
    = driver.persist_log ? parts.directory + "/terraform.log" : "";
  all["TF_APPEND_USER_AGENT"] = with_user_agent(all["TF_APPEND_USER_AGENT"]);
  all.try_emplace("CHECKPOINT_DISABLE");
  set_if_any(all, "TF_PLUGIN_CACHE_DIR", parts.plugin_cache);
  if (driver.backend.type == "consul")
    add_consul(all, parts.settings.consul);
  for (const auto& [name, text] : task_variables(parts)) {
    if (is_forbidden(name))
      return fail(errc::configuration, "manual setting of env var \"", name,
                  "\" detected");
    all[name] = text;
  }
  auto out = std::vector<std::string>{};
  for (const auto& [name, text] : all)
    out.push_back(name + '=' + text);
  return out;
}

std::vector<std::string>
suppressed_variables(const std::vector<std::string>& inherited) {
  auto out = std::vector<std::string>{};
  for (const auto& [name, text] : to_map(inherited))
    if (is_suppressed(name) && !text.empty())
      out.push_back(name);
  return out;
}

std::string variable_in(const std::vector<std::string>& environment,
                        const std::string& name) {
  auto all = to_map(environment);
  auto found = all.find(name);
  return found == all.end() ? std::string{} : found->second;
}

bool can_write_selection(const config::terraform_driver& driver,
                         const std::string& task,
                         const std::vector<std::string>& environment) {
  auto url_safe = std::ranges::all_of(task, [](char c) {
    auto letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  auto known
    = driver.backend.type == "consul" || driver.backend.type == "local";
  return known && url_safe && !driver.classic_commands
         && variable_in(environment, "TF_DATA_DIR").empty();
}

std::vector<std::string> passed_on(const std::vector<std::string>& inherited) {
  auto out = inherited;
  std::erase_if(out, [](const std::string& entry) {
    return is_suppressed(std::string_view{entry}.substr(0, entry.find('=')));
  });
  return out;
}

} // namespace cts::terraform

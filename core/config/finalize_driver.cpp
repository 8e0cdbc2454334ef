#include "core/config/finalize_parts.hpp"

namespace cts::config {

namespace {

/// Where the consul backend keeps the state. Source: spec configuration, 2.8.1.
std::string state_path(const std::string& kv_path) {
  constexpr auto name = "terraform";
  if (kv_path.empty())
    return std::string{"consul-terraform-sync/"} + name;
  if (kv_path.ends_with(std::string{"/"} + name))
    return kv_path;
  return clean_path(kv_path + "/" + name);
}

object consul_arguments(const consul& agent) {
  auto to = object{
    {"address", {agent.address}},
    {"path", {state_path(agent.kv_path)}},
    {"gzip", {true}},
  };
  if (!agent.tls.enabled)
    return to;
  to["scheme"] = {std::string{"https"}};
  auto add = [&](const char* name, const std::string& file) {
    if (!file.empty())
      to[name] = {file};
  };
  add("ca_file", agent.tls.ca_cert);
  add("cert_file", agent.tls.cert);
  add("key_file", agent.tls.key);
  return to;
}

backend finalize_backend(const block& from, const consul& agent) {
  const auto* written = from.any("backend");
  auto to = backend{};
  if (written == nullptr || written->members.empty()) {
    to.arguments = consul_arguments(agent);
    return to;
  }
  const auto& chosen = written->members.front();
  to.type = chosen.name;
  if (to.type == "consul")
    to.arguments = consul_arguments(agent);
  for (auto& [name, argument] : object_of(chosen.value))
    to.arguments.insert_or_assign(name, argument);
  return to;
}

std::string absolute(const std::string& path, const std::string& working_dir) {
  if (path.empty())
    return working_dir;
  return path.starts_with('/') ? path : clean_path(working_dir + "/" + path);
}

object required_providers(const block& from) {
  const auto* written = from.any("required_providers");
  return written == nullptr ? object{} : object_of(*written);
}

/// The file wins over the variable, and says so if they differ.
void assign_cloud(std::string& to, const block& from, std::string_view name,
                  const surroundings& around, const char* variable_name,
                  report& reports) {
  auto other = variable(around, {variable_name});
  auto written = from.text(name);
  to = written.value_or(other.value_or(to));
  if (written && other && *written != *other)
    reports.warn(stage::finalize,
                 {.message = "driver \"terraform-cloud\": '" + std::string{name}
                             + "' is set in the file, " + variable_name
                             + " is ignored",
                  .where = from.place_of(name)});
}

} // namespace

terraform_driver finalize_terraform(const block& root, const consul& agent,
                                    const surroundings& around) {
  const auto& from = nested(nested(root, "driver"), "terraform");
  auto to = terraform_driver{};
  auto path = from.text("path").value_or("");
  to.path_configured = !path.empty();
  to.path = absolute(path, around.working_dir);
  assign(to.version, from, "version");
  assign(to.log, from, "log");
  assign(to.persist_log, from, "persist_log");
  to.backend = finalize_backend(from, agent);
  to.required_providers = required_providers(from);
  assign(to.parallelism, from, "parallelism");
  assign(to.classic_commands, from, "classic_commands");
  assign(to.init_timeout, from, "init_timeout");
  assign(to.validate_timeout, from, "validate_timeout");
  assign(to.apply_timeout, from, "apply_timeout");
  assign(to.plan_timeout, from, "plan_timeout");
  assign(to.version_constraint, from, "version_constraint");
  assign(to.install, from, "install");
  assign(to.releases_url, from, "releases_url");
  assign(to.binary, from, "binary");
  assign(to.plugin_cache_dir, from, "plugin_cache_dir");
  assign(to.log_level, from, "log_level");
  assign(to.lock_wait, from, "lock_wait");
  assign(to.steal_locks_after, from, "steal_locks_after");
  assign(to.cancel_grace, from, "cancel_grace");
  assign(to.detach, from, "detach");
  assign(to.migrate, from, "migrate");
  assign(to.progress, from, "progress");
  return to;
}

terraform_cloud_driver finalize_cloud(const block& from,
                                      const surroundings& around, report& to) {
  auto result = terraform_cloud_driver{};
  assign_cloud(result.hostname, from, "hostname", around, "TFC_HOSTNAME", to);
  assign_cloud(result.organization, from, "organization", around,
               "TFC_ORGANIZATION", to);
  assign_cloud(result.token, from, "token", around, "TFC_TOKEN", to);
  if (!result.hostname.empty()
      && result.hostname.find("://") == std::string::npos)
    result.hostname = "https://" + result.hostname;
  assign(result.workspace_prefix, from, "workspace_prefix");
  const auto& workspaces = nested(from, "workspaces");
  assign(result.prefix, workspaces, "prefix");
  result.tags = workspaces.texts("tags");
  result.tags_allowlist = workspaces.texts("tags_allowlist");
  result.tags_denylist = workspaces.texts("tags_denylist");
  result.required_providers = required_providers(from);
  result.tls = finalize_tls(nested(from, "tls"), around, {});
  if (!result.workspace_prefix.empty())
    to.warn(stage::finalize,
            {.message = "the 'workspace_prefix' field is deprecated in v0.5.0, "
                        "use 'workspaces.prefix' instead (without the "
                        "automatic dash)",
             .where = from.place_of("workspace_prefix"),
             .component = "config.task"});
  if (!result.workspace_prefix.empty() && !result.prefix.empty())
    to.warn(stage::finalize,
            {.message = "driver \"terraform-cloud\": workspace_prefix and "
                        "workspaces.prefix are both set, workspaces.prefix is "
                        "used",
             .where = workspaces.place_of("prefix")});
  return result;
}

} // namespace cts::config

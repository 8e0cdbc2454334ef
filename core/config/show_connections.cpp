#include "core/config/show_section.hpp"

// How Consul, Vault and Terraform Cloud are reached.

namespace cts::config {

namespace {

void show_transport(section& to, const transport& x) {
  to.add("dial_keep_alive", x.dial_keep_alive);
  to.add("dial_timeout", x.dial_timeout);
  to.add("disable_keep_alives", x.disable_keep_alives);
  to.add("idle_conn_timeout", x.idle_conn_timeout);
  to.add("max_idle_conns", x.max_idle_conns);
  to.add("max_idle_conns_per_host", x.max_idle_conns_per_host);
  to.add("tls_handshake_timeout", x.tls_handshake_timeout);
}

void show_registration(section& to, const service_registration& x) {
  to.add("enabled", x.enabled);
  to.add("service_name", x.service_name);
  to.add("address", x.address);
  to.add("namespace", x.ns);
  auto check = to.inside("default_check");
  check.add("enabled", x.default_check.enabled);
  check.add("address", x.default_check.address);
  to.add("default_check", {}, std::move(check));
}

/// Source: spec configuration, 2.7.
origin origin_of_vault_token(const section& to, const vault& x) {
  if (!x.vault_agent_token_file.empty())
    return derived_from("the file " + x.vault_agent_token_file);
  auto written = to.from().text("token");
  auto at_home
    = !x.token.empty()
      && (written ? written->empty()
                  : variable_behind("vault.token", to.around()).empty());
  return at_home ? derived_from("the file ~/.vault-token")
                 : to.origin_of("token");
}

} // namespace

void show_client_tls(section& to, const client_tls& x, bool by_default) {
  if (by_default)
    to.add("enabled", x.enabled);
  else
    to.add_enabled(x.enabled, "other fields of the block");
  to.add("ca_cert", x.ca_cert);
  to.add("ca_path", x.ca_path);
  to.add("cert", x.cert);
  to.add("key", x.key);
  to.add("server_name", x.server_name);
  to.add("verify", x.verify);
}

void show_consul(section& to, const consul& x) {
  to.add("address", x.address);
  to.add("token", x.token);
  to.add("kv_path", x.kv_path);
  to.add("kv_namespace", x.kv_namespace);
  to.add("startup_wait", x.startup_wait);
  to.add("block_wait", x.block_wait);
  to.add("max_blocking_conns", x.max_blocking_conns);
  to.add("use_cache", x.use_cache);
  to.add("on_acl_filtered", x.on_acl_filtered);
  auto login = to.inside("auth");
  login.add_enabled(x.auth.enabled, "other fields of the block");
  login.add("username", x.auth.username);
  login.add("password", x.auth.password);
  to.add("auth", {}, std::move(login));
  auto tls = to.inside("tls");
  show_client_tls(tls, x.tls, false);
  to.add("tls", {}, std::move(tls));
  auto transport = to.inside("transport");
  show_transport(transport, x.transport);
  to.add("transport", {}, std::move(transport));
  auto registration = to.inside("service_registration");
  show_registration(registration, x.service_registration);
  to.add("service_registration", {}, std::move(registration));
}

void show_vault(section& to, const vault& x) {
  to.add_enabled(x.enabled, "vault.address");
  to.add("address", x.address);
  to.add("namespace", x.ns);
  to.add("token", x.token, origin_of_vault_token(to, x));
  to.add_if_set("vault_agent_token_file", x.vault_agent_token_file);
  auto renewal = to.origin_of("renew_token");
  if (x.renew_token && renewal.what == origin::kind::built_in)
    renewal = derived_from("vault.token");
  to.add("renew_token", x.renew_token, renewal);
  to.add("unwrap_token", x.unwrap_token);
  auto tls = to.inside("tls");
  show_client_tls(tls, x.tls, true);
  to.add("tls", {}, std::move(tls));
  auto transport = to.inside("transport");
  show_transport(transport, x.transport);
  to.add("transport", {}, std::move(transport));
}

void show_cloud(section& to, const terraform_cloud_driver& x) {
  to.add("hostname", x.hostname);
  to.add("organization", x.organization);
  to.add("token", x.token);
  to.add_if_set("workspace_prefix", x.workspace_prefix);
  auto workspaces = to.inside("workspaces");
  workspaces.add("prefix", x.prefix);
  workspaces.add("tags", x.tags);
  workspaces.add("tags_allowlist", x.tags_allowlist);
  workspaces.add("tags_denylist", x.tags_denylist);
  to.add("workspaces", {}, std::move(workspaces));
  to.add_values("required_providers", x.required_providers, false);
  auto tls = to.inside("tls");
  show_client_tls(tls, x.tls, false);
  to.add("tls", {}, std::move(tls));
}

} // namespace cts::config

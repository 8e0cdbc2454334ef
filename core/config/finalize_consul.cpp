#include "core/config/finalize_parts.hpp"

namespace cts::config {

namespace {

transport finalize_transport(const block& from) {
  auto to = transport{};
  assign(to.dial_keep_alive, from, "dial_keep_alive");
  assign(to.dial_timeout, from, "dial_timeout");
  assign(to.disable_keep_alives, from, "disable_keep_alives");
  assign(to.idle_conn_timeout, from, "idle_conn_timeout");
  assign(to.max_idle_conns, from, "max_idle_conns");
  assign(to.max_idle_conns_per_host, from, "max_idle_conns_per_host");
  assign(to.tls_handshake_timeout, from, "tls_handshake_timeout");
  return to;
}

service_registration finalize_registration(const block& from) {
  auto to = service_registration{};
  assign(to.enabled, from, "enabled");
  assign(to.service_name, from, "service_name");
  assign(to.address, from, "address");
  assign(to.ns, from, "namespace");
  const auto& check = nested(from, "default_check");
  assign(to.default_check.enabled, check, "enabled");
  assign(to.default_check.address, check, "address");
  return to;
}

auth finalize_auth(const block& from) {
  auto to = auth{};
  assign(to.username, from, "username");
  assign(to.password, from, "password");
  to.enabled = !to.username.empty() || !to.password.empty();
  assign(to.enabled, from, "enabled");
  return to;
}

/// Overwrites `to` by the setting, or else by the first variable.
void assign_or(std::string& to, const block& from, std::string_view name,
               const std::optional<std::string>& otherwise) {
  to = from.text(name).value_or(otherwise.value_or(to));
}

// CONSUL_HTTP_TOKEN_FILE stands between the two variables, as it does in the
// client library of the reference.
std::string consul_token(const surroundings& around, const block& from,
                         report& to) {
  if (auto token = variable(around, {"CONSUL_TOKEN"}))
    return *token;
  auto path = variable(around, {"CONSUL_HTTP_TOKEN_FILE"});
  if (!path || !around.read_file)
    return variable(around, {"CONSUL_HTTP_TOKEN"}).value_or("");
  auto read = around.read_file(*path);
  if (read)
    return trimmed(*read);
  to.error(stage::finalize,
           {.message = "Error loading token file " + *path + " : "
                       + read.error().message,
            .where = from.where,
            .hint = "correct or unset CONSUL_HTTP_TOKEN_FILE"});
  return {};
}

std::string vault_token_of_home(const surroundings& around) {
  auto home = variable(around, {"HOME"});
  if (!home || !around.read_file)
    return {};
  auto read = around.read_file(*home + "/.vault-token");
  return read ? trimmed(*read) : std::string{};
}

/// The token that Vault's agent left in a file.
std::string vault_agent_token(const std::string& path, const block& from,
                              const surroundings& around, report& to) {
  if (!around.read_file)
    return {};
  auto read = around.read_file(path);
  if (read)
    return trimmed(*read);
  to.warn(stage::finalize,
          {.message = "vault_agent_token_file cannot be read, the Vault token "
                      "is empty: "
                      + read.error().message,
           .where = from.place_of("vault_agent_token_file")});
  return {};
}

} // namespace

client_tls finalize_tls(const block& from, const surroundings& around,
                        const tls_variables& names) {
  auto to = client_tls{};
  assign(to.ca_cert, from, "ca_cert");
  assign(to.ca_path, from, "ca_path");
  assign(to.cert, from, "cert");
  assign(to.key, from, "key");
  assign(to.server_name, from, "server_name");
  assign(to.verify, from, "verify");
  to.enabled = from.boolean("enabled").value_or(
    from.boolean("verify") || !to.ca_cert.empty() || !to.ca_path.empty()
    || !to.cert.empty() || !to.key.empty() || !to.server_name.empty());
  assign_or(to.ca_cert, from, "ca_cert", variable(around, {names.ca_cert}));
  assign_or(to.ca_path, from, "ca_path", variable(around, {names.ca_path}));
  assign_or(to.cert, from, "cert", variable(around, {names.cert}));
  assign_or(to.key, from, "key", variable(around, {names.key}));
  assign_or(to.server_name, from, "server_name",
            variable(around, {names.server_name}));
  return to;
}

consul finalize_consul(const block& from, const surroundings& around,
                       report& to) {
  auto result = consul{};
  assign_or(result.address, from, "address",
            variable(around, {"CONSUL_HTTP_ADDR"}));
  result.token = from.find("token") != nullptr ? *from.text("token")
                                               : consul_token(around, from, to);
  assign(result.kv_path, from, "kv_path");
  assign(result.kv_namespace, from, "kv_namespace");
  result.auth = finalize_auth(nested(from, "auth"));
  result.tls = finalize_tls(nested(from, "tls"), around,
                            {.ca_cert = "CONSUL_CACERT",
                             .ca_path = "CONSUL_CAPATH",
                             .cert = "CONSUL_CLIENT_CERT",
                             .key = "CONSUL_CLIENT_KEY",
                             .server_name = "CONSUL_TLS_SERVER_NAME"});
  result.transport = finalize_transport(nested(from, "transport"));
  result.service_registration
    = finalize_registration(nested(from, "service_registration"));
  assign(result.startup_wait, from, "startup_wait");
  assign(result.block_wait, from, "block_wait");
  assign(result.max_blocking_conns, from, "max_blocking_conns");
  assign(result.use_cache, from, "use_cache");
  assign(result.on_acl_filtered, from, "on_acl_filtered");
  return result;
}

vault finalize_vault(const block& from, const surroundings& around,
                     report& to) {
  auto result = vault{};
  assign_or(result.address, from, "address", variable(around, {"VAULT_ADDR"}));
  assign_or(result.ns, from, "namespace",
            variable(around, {"VAULT_NAMESPACE"}));
  result.enabled = from.boolean("enabled").value_or(!result.address.empty());
  assign(result.vault_agent_token_file, from, "vault_agent_token_file");
  auto by_agent = !result.vault_agent_token_file.empty();
  if (by_agent) {
    result.token
      = vault_agent_token(result.vault_agent_token_file, from, around, to);
  } else {
    assign_or(result.token, from, "token", variable(around, {"VAULT_TOKEN"}));
    if (result.token.empty())
      result.token = vault_token_of_home(around);
  }
  result.renew_token
    = from.boolean("renew_token")
        .value_or(boolean_variable(around, "VAULT_RENEW_TOKEN")
                    .value_or(!by_agent && !result.token.empty()));
  result.unwrap_token
    = from.boolean("unwrap_token")
        .value_or(
          boolean_variable(around, "VAULT_UNWRAP_TOKEN").value_or(false));
  const auto& tls = nested(from, "tls");
  result.tls = finalize_tls(tls, around,
                            {.ca_cert = "VAULT_CACERT",
                             .ca_path = "VAULT_CAPATH",
                             .cert = "VAULT_CLIENT_CERT",
                             .key = "VAULT_CLIENT_KEY",
                             .server_name = "VAULT_TLS_SERVER_NAME"});
  result.tls.enabled = tls.boolean("enabled").value_or(true);
  if (!tls.boolean("verify"))
    result.tls.verify
      = !boolean_variable(around, "VAULT_SKIP_VERIFY").value_or(false);
  result.transport = finalize_transport(nested(from, "transport"));
  return result;
}

} // namespace cts::config

#include "core/config/origin.hpp"

#include "core/config/finalize_parts.hpp"

#include <algorithm>

namespace cts::config {

namespace {

constexpr environment_setting settings_of_environment[] = {
  {"consul.address", "CONSUL_HTTP_ADDR"},
  {"consul.token", "CONSUL_TOKEN CONSUL_HTTP_TOKEN_FILE CONSUL_HTTP_TOKEN"},
  {"consul.tls.ca_cert", "CONSUL_CACERT"},
  {"consul.tls.ca_path", "CONSUL_CAPATH"},
  {"consul.tls.cert", "CONSUL_CLIENT_CERT"},
  {"consul.tls.key", "CONSUL_CLIENT_KEY"},
  {"consul.tls.server_name", "CONSUL_TLS_SERVER_NAME"},
  {"vault.address", "VAULT_ADDR"},
  {"vault.namespace", "VAULT_NAMESPACE"},
  {"vault.token", "VAULT_TOKEN"},
  {"vault.renew_token", "VAULT_RENEW_TOKEN", true},
  {"vault.unwrap_token", "VAULT_UNWRAP_TOKEN", true},
  {"vault.tls.ca_cert", "VAULT_CACERT"},
  {"vault.tls.ca_path", "VAULT_CAPATH"},
  {"vault.tls.cert", "VAULT_CLIENT_CERT"},
  {"vault.tls.key", "VAULT_CLIENT_KEY"},
  {"vault.tls.server_name", "VAULT_TLS_SERVER_NAME"},
  {"vault.tls.verify", "VAULT_SKIP_VERIFY", true},
  {"driver.terraform-cloud.hostname", "TFC_HOSTNAME"},
  {"driver.terraform-cloud.organization", "TFC_ORGANIZATION"},
  {"driver.terraform-cloud.token", "TFC_TOKEN"},
};

bool is_set(const std::string& name, bool boolean, const surroundings& around) {
  return boolean ? boolean_variable(around, name.c_str()).has_value()
                 : variable(around, {name.c_str()}).has_value();
}

} // namespace

std::string to_string(const origin& x) {
  switch (x.what) {
    case origin::kind::built_in: return "default";
    case origin::kind::file:
      return x.where.file + ":" + std::to_string(x.where.line);
    case origin::kind::environment: return "environment " + x.from;
    case origin::kind::derived: return "derived from " + x.from;
  }
  return {};
}

std::span<const environment_setting> environment_settings() {
  return settings_of_environment;
}

std::string variable_behind(std::string_view path, const surroundings& around) {
  const auto all = environment_settings();
  auto found = std::find_if(all.begin(), all.end(),
                            [&](const auto& x) { return x.path == path; });
  if (found == all.end())
    return {};
  for (auto rest = found->names; !rest.empty();) {
    auto length = std::min(rest.find(' '), rest.size());
    auto name = std::string{rest.substr(0, length)};
    rest.remove_prefix(std::min(length + 1, rest.size()));
    if (is_set(name, found->boolean, around))
      return name;
  }
  return {};
}

} // namespace cts::config

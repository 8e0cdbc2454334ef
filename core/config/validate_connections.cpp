#include "core/config/finalize_parts.hpp"
#include "core/config/suggest.hpp"
#include "core/config/validate_parts.hpp"
#include "core/go_duration.hpp"
#include "core/go_text.hpp"

#include <algorithm>

namespace cts::config {

namespace {

std::string upper_case(std::string_view text) {
  auto upper = std::string{text};
  for (auto& c : upper)
    if (c >= 'a' && c <= 'z')
      c = static_cast<char>(c & ~0x20);
  return upper;
}

/// Reads both files and compares them. Errors: in Go's words.
result<void> check_pair(const server_tls& tls, const surroundings& around) {
  if (!around.read_file)
    return {};
  auto cert = around.read_file(tls.cert);
  if (!cert)
    return cert.error();
  auto key = around.read_file(tls.key);
  if (!key)
    return key.error();
  return around.check_key_pair ? around.check_key_pair(*cert, *key)
                               : result<void>{};
}

/// A host with a port, as Go checks it.
result<void> check_authority(std::string_view text) {
  text.remove_prefix(std::min(text.rfind('@') + 1, text.size()));
  auto bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == text.npos)
    return fail(errc::configuration, "missing ']' in host");
  for (auto c : text.substr(bracket))
    if (c == ' ' || c == '<' || c == '>' || c == '"' || c == '\\' || c == '^'
        || c == '`' || c == '{' || c == '|' || c == '}')
      return fail(errc::configuration, "invalid character ", go_quote({&c, 1}),
                  " in host name");
  auto colon = text.substr(bracket).find(':');
  if (colon == text.npos)
    return {};
  auto port = text.substr(bracket + colon);
  if (port.find_first_not_of("0123456789", 1) != port.npos)
    return fail(errc::configuration, "invalid port ", go_quote(port),
                " after host");
  return {};
}

constexpr std::string_view facilities[]
  = {"KERN",   "USER",   "MAIL",   "DAEMON",   "AUTH",   "SYSLOG", "LPR",
     "NEWS",   "UUCP",   "CRON",   "AUTHPRIV", "FTP",    "LOCAL0", "LOCAL1",
     "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5",   "LOCAL6", "LOCAL7"};

void validate_syslog(const candidate& x, report& to) {
  const auto& syslog = x.value.syslog;
  if (!syslog.enabled)
    return;
  const auto prefix = std::string{"error setting up syslog logger: "};
  auto facility = upper_case(syslog.facility);
  auto known
    = std::find(std::begin(facilities), std::end(facilities), facility);
  const auto& from = nested(x.root, "syslog");
  if (known == std::end(facilities))
    to.error(stage::logging,
             {.message = prefix + "invalid syslog facility: " + facility,
              .where = from.place_of("facility"),
              .hint = did_you_mean(
                facility, {std::begin(facilities), std::end(facilities)})});
  else if (syslog.network.empty() && x.around.syslog_available
           && !x.around.syslog_available())
    to.error(stage::logging,
             {.message = prefix + "Unix syslog delivery error",
              .where = from.where,
              .hint = "set syslog.network and syslog.address to reach a "
                      "remote daemon"});
}

void validate_failover(const failover& x, const block& from, report& to) {
  auto refuse = [&](const char* field, const std::string& message,
                    std::string hint = {}) {
    to.error(stage::validate,
             {.message = "high_availability: failover: " + message,
              .where = from.place_of(field),
              .hint = std::move(hint)});
  };
  if (x.exclusive != "task" && x.exclusive != "instance")
    refuse("exclusive",
           "exclusive must be \"task\" or \"instance\": "
             + go_quote(x.exclusive),
           did_you_mean(x.exclusive, {"task", "instance"}));
  if (x.lease < std::chrono::seconds{20} || x.lease > std::chrono::seconds{60})
    refuse("lease", "lease must be between 20s and 1m0s: "
                      + go_duration::to_string(x.lease));
  // The elector is heard twice a second; less than this is no silence.
  if (x.stall_timeout < std::chrono::seconds{2})
    refuse("stall_timeout", "stall_timeout must be at least 2s: "
                              + go_duration::to_string(x.stall_timeout));
  if (x.drain_timeout < nanoseconds{0})
    refuse("drain_timeout", "drain_timeout must not be negative: "
                              + go_duration::to_string(x.drain_timeout));
}

} // namespace

result<void> check_url(std::string_view text) {
  auto colon = text.find(':');
  auto slash = text.find('/');
  if (colon == text.npos || colon > slash || colon == 0)
    return fail(errc::configuration, "invalid URI for request");
  for (auto c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      return fail(errc::configuration,
                  "net/url: invalid control character in URL");
  auto rest = text.substr(colon + 1);
  if (!rest.starts_with("//"))
    return {};
  rest.remove_prefix(2);
  return check_authority(rest.substr(0, rest.find_first_of("/?")));
}

void validate_server_tls(const candidate& x, report& to) {
  const auto& tls = x.value.tls;
  const auto& from = nested(x.root, "tls");
  if (from.broken)
    return;
  auto refuse = [&](std::string message, std::string_view field) {
    to.error(stage::validate,
             {.message = std::move(message), .where = from.place_of(field)});
  };
  if (tls.enabled && (tls.key.empty() || tls.cert.empty()))
    return refuse("key and cert are required if TLS is enabled on the CTS API",
                  "enabled");
  if (!tls.cert.empty() && tls.key.empty())
    return refuse("key is required if cert is configured for TLS on the CTS "
                  "API",
                  "cert");
  if (!tls.cert.empty() && !tls.key.empty())
    if (auto checked = check_pair(tls, x.around); !checked)
      return refuse(checked.error().message, "cert");
  if (tls.verify_incoming && tls.ca_cert.empty() && tls.ca_path.empty())
    return refuse("either ca_cert or ca_path is required if verify_incoming is "
                  "enabled on the CTS API",
                  "verify_incoming");
  if (tls.verify_incoming && !tls.ca_cert.empty() && !tls.ca_path.empty())
    to.warn(stage::validate,
            {.message = "ca_cert and ca_path are both configured, but only "
                        "ca_cert will be used for TLS on the CTS API",
             .where = from.place_of("ca_path")});
}

void validate_consul(const candidate& x, report& to) {
  const auto& check = x.value.consul.service_registration.default_check;
  const auto& from = nested(
    nested(nested(x.root, "consul"), "service_registration"), "default_check");
  auto refuse = [&](std::string message) {
    to.error(stage::validate, {.message = std::move(message),
                               .where = from.place_of("address")});
  };
  if (!check.address.empty()) {
    if (!upper_case(check.address).starts_with("HTTP"))
      refuse("default check address must include scheme (http or https)");
    else if (auto parsed = check_url(check.address); !parsed)
      refuse("error with address for default check: parse "
             + go_quote(check.address) + ": " + parsed.error().message);
  }
  auto wait = x.value.consul.block_wait;
  const auto& block_from = nested(x.root, "consul");
  if (wait < std::chrono::seconds{10} || wait > std::chrono::minutes{10})
    to.error(stage::validate,
             {.message = "consul: block_wait must be between 10s and 10m0s: "
                         + go_duration::to_string(wait),
              .where = block_from.place_of("block_wait")});
  const auto& hold = x.value.consul.on_acl_filtered;
  if (hold != "warn" && hold != "hold")
    to.error(stage::validate,
             {.message = "consul: on_acl_filtered must be \"warn\" or "
                         "\"hold\": "
                         + go_quote(hold),
              .where = block_from.place_of("on_acl_filtered"),
              .hint = did_you_mean(hold, {"warn", "hold"})});
}

void validate_high_availability(const candidate& x, report& to) {
  const auto* from = x.root.child("high_availability");
  if (from == nullptr || from->broken)
    return;
  const auto& ha = *x.value.high_availability;
  const auto prefix = std::string{"high_availability: "};
  auto refuse = [&](const std::string& message, const place& where,
                    std::string hint = {}) {
    to.error(
      stage::validate,
      {.message = prefix + message, .where = where, .hint = std::move(hint)});
  };
  const auto& cluster = nested(*from, "cluster");
  if (from->child("cluster") == nullptr)
    refuse("cluster block is required", from->where);
  else if (ha.cluster_name.empty())
    refuse("cluster name is required", cluster.place_of("name"));
  if (ha.cluster_name.find('/') != std::string::npos)
    to.warn(stage::validate,
            {.message = prefix + "the cluster name contains a slash",
             .where = cluster.place_of("name")});
  for (const auto& storage : cluster.children("storage"))
    if (storage.label != "consul")
      refuse("unsupported storage type \"" + storage.label
               + "\", supported types: consul",
             storage.where, did_you_mean(storage.label, {"consul"}));
  auto ttl = go_duration::to_string(ha.session_ttl);
  auto ttl_place = nested(cluster, "storage").place_of("session_ttl");
  if (ha.session_ttl <= nanoseconds{0})
    refuse("session_ttl must be positive: " + ttl, ttl_place);
  // The lower bound is the servers' session_ttl_min, which only they know.
  else if (ha.session_ttl < std::chrono::seconds{10}
           || ha.session_ttl > std::chrono::hours{24})
    to.warn(stage::validate,
            {.message = "high_availability: Consul's servers refuse a "
                        "session_ttl outside of 10s to 24h0m0s unless they "
                        "are configured otherwise: "
                        + ttl,
             .where = ttl_place,
             .hint = "set session_ttl_min on the servers"});
  validate_failover(ha.failover, nested(cluster, "failover"), to);
  if (!x.value.cloud && x.value.driver.backend.type == "local")
    refuse("the \"local\" Terraform backend is not supported with high "
           "availability",
           nested(nested(x.root, "driver"), "terraform").place_of("backend"));
  // A run that nobody can stop would outlive the lease.
  if (!x.value.cloud && x.value.driver.detach)
    refuse("driver.terraform.detach is not supported with high availability",
           nested(nested(x.root, "driver"), "terraform").place_of("detach"));
}

void validate_logging(const candidate& x, report& to) {
  constexpr std::string_view levels[]
    = {"TRACE", "DEBUG", "INFO", "WARN", "ERR"};
  auto level = upper_case(x.value.log_level);
  if (std::find(std::begin(levels), std::end(levels), level)
      == std::end(levels))
    to.error(
      stage::logging,
      {.message = "Invalid log level: " + x.value.log_level
                  + ". Valid log levels are: [TRACE DEBUG INFO WARN "
                    "ERR]",
       .where = x.root.place_of("log_level"),
       .hint = did_you_mean(level, {std::begin(levels), std::end(levels)})});
  validate_syslog(x, to);
}

} // namespace cts::config

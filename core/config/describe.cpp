#include "core/config/load.hpp"
#include "core/config/redact.hpp"
#include "core/consul/address.hpp"
#include "core/go_duration.hpp"
#include "core/go_text.hpp"

namespace cts::config {

namespace {

/// Writes `Name:value` pairs inside of braces, as the reference's dump does.
class writer {
public:
  writer& add(std::string_view name, const std::string& x) {
    return raw(name, go_quote(x));
  }

  writer& add(std::string_view name, const char* x) { return raw(name, x); }

  writer& add(std::string_view name, bool x) {
    return raw(name, x ? "true" : "false");
  }

  writer& add(std::string_view name, int x) {
    return raw(name, std::to_string(x));
  }

  writer& add(std::string_view name, nanoseconds x) {
    return raw(name, go_duration::to_string(x));
  }

  writer& add(std::string_view name, const std::vector<std::string>& x) {
    auto list = std::string{};
    for (const auto& each : x)
      list += (list.empty() ? "" : ", ") + go_quote(each);
    return raw(name, "[" + list + "]");
  }

  writer& add(std::string_view name, const writer& x) {
    return raw(name, x.text());
  }

  writer& secret(std::string_view name, const std::string& x) {
    return raw(name, x.empty() ? "\"\"" : redacted);
  }

  writer& raw(std::string_view name, const std::string& x) {
    text_ += (text_.empty() ? "" : ", ") + std::string{name} + ":" + x;
    return *this;
  }

  std::string text() const { return "{" + text_ + "}"; }

private:
  std::string text_{};
};

template <class T, class Describe>
std::string list_of(const std::vector<T>& all, Describe one) {
  auto text = std::string{};
  for (const auto& each : all)
    text += (text.empty() ? "" : ", ") + one(each);
  return "[" + text + "]";
}

std::string names_of(const object& x) {
  auto names = std::vector<std::string>{};
  for (const auto& each : x)
    names.push_back(each.first);
  return list_of(names, [](const auto& name) { return name; });
}

writer describe_tls(const client_tls& x) {
  auto to = writer{};
  to.add("Enabled", x.enabled).add("CACert", x.ca_cert);
  to.add("CAPath", x.ca_path).add("Cert", x.cert).add("Key", x.key);
  to.add("ServerName", x.server_name).add("Verify", x.verify);
  return to;
}

writer describe_buffer(const buffer_period& x) {
  auto to = writer{};
  return to.add("Enabled", x.enabled).add("Min", x.min).add("Max", x.max);
}

writer describe_consul(const consul& x) {
  auto login = writer{};
  login.add("Enabled", x.auth.enabled).add("Username", x.auth.username);
  login.secret("Password", x.auth.password);
  const auto& service = x.service_registration;
  auto registration = writer{};
  registration.add("Enabled", service.enabled);
  registration.add("ServiceName", service.service_name);
  registration.add("Address", service.address).add("Namespace", service.ns);
  auto to = writer{};
  to.add("Address", ::cts::consul::without_password(x.address))
    .secret("Token", x.token);
  to.add("KVPath", x.kv_path).add("KVNamespace", x.kv_namespace);
  to.add("Auth", login).add("TLS", describe_tls(x.tls));
  return to.add("ServiceRegistration", registration);
}

writer describe_vault(const vault& x) {
  auto to = writer{};
  to.add("Enabled", x.enabled).add("Address", without_logins(x.address));
  to.add("Namespace", x.ns).secret("Token", x.token);
  return to.add("RenewToken", x.renew_token).add("TLS", describe_tls(x.tls));
}

// Arguments of backends may hold credentials, so only their names are shown.
writer describe_driver(const settings& x) {
  auto to = writer{};
  if (x.cloud) {
    to.add("Type", "terraform-cloud").add("Hostname", x.cloud->hostname);
    to.add("Organization", x.cloud->organization);
    return to.secret("Token", x.cloud->token);
  }
  const auto& driver = x.driver;
  to.add("Type", "terraform").add("Path", driver.path);
  to.add("Version", driver.version).add("Log", driver.log);
  to.add("PersistLog", driver.persist_log);
  to.add("Backend", driver.backend.type);
  to.raw("BackendArguments", names_of(driver.backend.arguments));
  return to.raw("RequiredProviders", names_of(driver.required_providers));
}

const char* kind_of(const condition& x) {
  constexpr const char* names[]
    = {"no-condition", "services", "catalog-services", "consul-kv", "schedule"};
  return names[x.index()];
}

std::string describe_task(const task& x) {
  auto to = writer{};
  to.add("Name", x.name).add("Description", x.description);
  to.add("Module", without_logins(x.module)).add("Version", x.version);
  to.add("Providers", x.providers).add("Enabled", x.enabled);
  to.add("Condition", kind_of(x.condition));
  to.add("ModuleInputs", static_cast<int>(x.module_inputs.size()));
  to.add("VariableFiles", x.variable_files);
  to.add("BufferPeriod", describe_buffer(x.buffer));
  return to.add("WorkingDir", x.working_dir).text();
}

writer describe_failover(const failover& x) {
  auto to = writer{};
  to.add("Exclusive", x.exclusive);
  to.add("ProcessCheck", x.process_check).add("NodeCheck", x.node_check);
  to.add("PeerLink", x.peer_link).add("StallTimeout", x.stall_timeout);
  return to.add("DrainTimeout", x.drain_timeout).add("Lease", x.lease);
}

} // namespace

std::string describe(const settings& x) {
  auto to = writer{};
  to.add("LogLevel", x.log_level).add("Port", x.port).add("ID", x.id);
  to.add("WorkingDir", x.working_dir);
  to.add("BufferPeriod", describe_buffer(x.buffer_period));
  to.add("TLS", x.tls.enabled).add("Syslog", x.syslog.enabled);
  to.add("Consul", describe_consul(x.consul));
  to.add("Vault", describe_vault(x.vault)).add("Driver", describe_driver(x));
  to.raw("TerraformProviders", list_of(x.providers, [](const auto& each) {
           return each.id() + ":" + redacted;
         }));
  to.raw("Tasks", list_of(x.tasks, describe_task));
  to.raw("Services",
         list_of(x.services, [](const auto& each) { return each.id; }));
  if (x.high_availability) {
    to.add("Cluster", x.high_availability->cluster_name);
    to.add("Failover", describe_failover(x.high_availability->failover));
  }
  to.add("MaxParallelRuns", x.max_parallel_runs);
  return to.text();
}

} // namespace cts::config

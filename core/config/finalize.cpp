#include "core/config/finalize.hpp"

#include "core/config/finalize_parts.hpp"

#include <algorithm>
#include <unordered_map>

namespace cts::config {

namespace {

int int_of(const block& from, std::string_view name, int otherwise) {
  assign(otherwise, from, name);
  return otherwise;
}

std::string finalize_id(const block& root, const surroundings& around,
                        report& to) {
  auto written = root.text("id");
  if (written && !written->empty())
    return *written;
  if (written)
    to.warn(stage::finalize, {.message = "'id' is empty and counts as not set",
                              .where = root.place_of("id")});
  if (around.host_name)
    return "cts-" + *around.host_name;
  to.error(stage::finalize, {.message = around.host_name.error().message,
                             .hint = "set 'id' in the configuration"});
  return {};
}

syslog finalize_syslog(const block& from) {
  auto to = syslog{};
  auto facility = from.text("facility").value_or("");
  auto name = from.text("name").value_or("");
  assign(to.facility, from, "facility");
  assign(to.name, from, "name");
  assign(to.network, from, "network");
  assign(to.address, from, "address");
  to.enabled
    = from.boolean("enabled").value_or(!facility.empty() || !name.empty());
  return to;
}

buffer_period finalize_buffer_period(const block& from, report& to) {
  auto period = buffer_period{};
  assign(period.enabled, from, "enabled");
  assign(period.min, from, "min");
  assign(period.max, from, "max");
  if (period.enabled && from.time("max") && period.max < period.min)
    to.warn(stage::finalize,
            {.message = "buffer_period: max is less than min and is raised to "
                        "min",
             .where = from.place_of("max")});
  return resolved(period);
}

server_tls finalize_server_tls(const block& from) {
  auto to = server_tls{};
  assign(to.cert, from, "cert");
  assign(to.key, from, "key");
  assign(to.ca_cert, from, "ca_cert");
  assign(to.ca_path, from, "ca_path");
  assign(to.verify_incoming, from, "verify_incoming");
  to.enabled = from.boolean("enabled").value_or(
    from.boolean("verify_incoming") || !to.cert.empty() || !to.key.empty()
    || !to.ca_cert.empty() || !to.ca_path.empty());
  return to;
}

std::vector<service> finalize_services(const block& root, report& to) {
  auto services = std::vector<service>{};
  for (const auto& each : root.children("service")) {
    auto x = service{};
    assign(x.name, each, "name");
    x.id = each.text("id").value_or(x.name);
    assign(x.description, each, "description");
    assign(x.datacenter, each, "datacenter");
    assign(x.ns, each, "namespace");
    assign(x.filter, each, "filter");
    x.cts_user_defined_meta = each.text_map("cts_user_defined_meta");
    services.push_back(std::move(x));
  }
  if (!services.empty())
    to.warn(stage::finalize,
            {.message = "the 'service' block is deprecated in v0.5.0 and will "
                        "be removed in a future major version after v0.8.0.",
             .where = root.children("service").front().where,
             .hint = "move its fields to the condition or module_input "
                     "\"services\" of the task",
             .component = "config.task"});
  return services;
}

bool finalize_license(const block& root, const surroundings& around,
                      report& to) {
  if (root.find("license_path") != nullptr)
    to.warn(stage::finalize,
            {.message = "the 'license_path' field is deprecated in v0.6.0, use "
                        "'license.path' instead",
             .where = root.place_of("license_path"),
             .component = "config.task"});
  return root.find("license") != nullptr || root.find("license_path") != nullptr
         || variable(around, {"CONSUL_LICENSE", "CONSUL_LICENSE_PATH"});
}

failover finalize_failover(const block& from, nanoseconds session_ttl) {
  auto to = failover{};
  assign(to.exclusive, from, "exclusive");
  assign(to.process_check, from, "process_check");
  assign(to.node_check, from, "node_check");
  assign(to.peer_link, from, "peer_link");
  assign(to.stall_timeout, from, "stall_timeout");
  assign(to.drain_timeout, from, "drain_timeout");
  to.lease = std::clamp<nanoseconds>(2 * session_ttl, std::chrono::seconds{20},
                                     std::chrono::seconds{60});
  assign(to.lease, from, "lease");
  return to;
}

std::optional<high_availability> finalize_high_availability(const block& root) {
  const auto* from = root.child("high_availability");
  if (from == nullptr)
    return std::nullopt;
  auto to = high_availability{};
  const auto& cluster = nested(*from, "cluster");
  assign(to.cluster_name, cluster, "name");
  const auto& storage = nested(cluster, "storage");
  assign(to.parent_path, storage, "parent_path");
  assign(to.ns, storage, "namespace");
  assign(to.session_ttl, storage, "session_ttl");
  assign(to.address, nested(*from, "instance"), "address");
  to.path = clean_path(to.parent_path + "/" + to.cluster_name);
  to.failover = finalize_failover(nested(cluster, "failover"), to.session_ttl);
  return to;
}

/// Tasks find their provider by name, silently even if they should not.
void warn_of_lookups(const block& root, const settings& known, report& to) {
  // The first block with a name answers to it, whatever its alias.
  auto ids = std::unordered_map<std::string, std::string>{};
  for (const auto& each : known.providers) {
    ids.emplace(each.name, each.id());
    ids.emplace(each.id(), each.id());
  }
  const auto& blocks = root.children("task");
  for (auto i = std::size_t{0}; i < known.tasks.size(); ++i)
    for (const auto& wanted : known.tasks[i].providers) {
      auto found = ids.find(wanted);
      if (found != ids.end() && found->second == wanted)
        continue;
      auto message = found == ids.end()
                       ? "no terraform_provider block for \"" + wanted
                           + "\", an empty one is used"
                       : "provider \"" + wanted
                           + "\" resolves to the aliased block \""
                           + found->second + "\"";
      to.warn(stage::finalize,
              {.message = message + ": task_name=" + known.tasks[i].name,
               .where = blocks[i].place_of("providers"),
               .component = "config.task"});
    }
}

void finalize_tasks(const block& root, const surroundings& around,
                    settings& known, report& to) {
  for (const auto& each : root.children("task")) {
    auto x = finalize_task(each, known, to);
    x.variables = finalize_variables(each, around, to);
    known.tasks.push_back(std::move(x));
  }
}

} // namespace

settings finalize(const block& root, const surroundings& around, report& to) {
  auto result = settings{};
  assign(result.log_level, root, "log_level");
  assign(result.port, root, "port");
  result.id = finalize_id(root, around, to);
  result.syslog = finalize_syslog(nested(root, "syslog"));
  result.consul = finalize_consul(nested(root, "consul"), around, to);
  result.vault = finalize_vault(nested(root, "vault"), around, to);
  result.driver = finalize_terraform(root, result.consul, around);
  if (const auto* cloud = nested(root, "driver").child("terraform-cloud"))
    result.cloud = finalize_cloud(*cloud, around, to);
  assign(result.working_dir, root, "working_dir");
  result.buffer_period
    = finalize_buffer_period(nested(root, "buffer_period"), to);
  finalize_tasks(root, around, result, to);
  result.services = finalize_services(root, to);
  for (const auto& each : root.children("terraform_provider"))
    if (auto provider = provider_of(each.content))
      result.providers.push_back(std::move(*provider));
  warn_of_lookups(root, result, to);
  result.tls = finalize_server_tls(nested(root, "tls"));
  result.license_configured = finalize_license(root, around, to);
  result.high_availability = finalize_high_availability(root);
  constexpr auto runs_min = 4;
  auto cores = static_cast<int>(std::min(around.cpu_count, 1024u));
  result.max_parallel_runs
    = int_of(root, "max_parallel_runs", std::max(runs_min, 2 * cores));
  result.once_parallelism = int_of(root, "once_parallelism", 1);
  assign(result.shutdown_grace, root, "shutdown_grace");
  assign(result.health_strict, nested(root, "health"), "strict");
  assign(result.dynamic_values, root, "dynamic_values");
  return result;
}

} // namespace cts::config

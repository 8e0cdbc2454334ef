#include "core/config/show.hpp"

#include "core/config/schema.hpp"
#include "core/config/show_section.hpp"
#include "core/config/understand.hpp"
#include "core/hcl/print.hpp"

#include <algorithm>

namespace cts::config {

namespace {

void show_basics(section& to, const settings& x) {
  to.add("log_level", x.log_level);
  to.add("port", x.port);
  to.add("working_dir", x.working_dir);
  auto named = !to.from().text("id").value_or("").empty();
  to.add("id", x.id,
         named ? to.origin_of("id") : derived_from("the host name"));
  auto runs = to.is_set("max_parallel_runs")
                ? to.origin_of("max_parallel_runs")
                : derived_from("the number of processors");
  to.add("max_parallel_runs", x.max_parallel_runs, runs);
  to.add("once_parallelism", x.once_parallelism);
  to.add("shutdown_grace", x.shutdown_grace);
  to.add("dynamic_values", x.dynamic_values);
}

void show_syslog(section& to, const syslog& x) {
  to.add_enabled(x.enabled, "other fields of the block");
  to.add("facility", x.facility);
  to.add("name", x.name);
  to.add("network", x.network);
  to.add("address", x.address);
}

void show_buffer_period(section& to, const buffer_period& x) {
  to.add("enabled", x.enabled);
  if (!x.enabled) {
    to.add("min", x.min, to.origin_of("enabled"));
    to.add("max", x.max, to.origin_of("enabled"));
    return;
  }
  to.add("min", x.min);
  auto raised = x.max != to.from().time("max").value_or(buffer_period{}.max);
  to.add("max", x.max,
         raised ? derived_from("buffer_period.min") : to.origin_of("max"));
}

void show_server_tls(section& to, const server_tls& x) {
  to.add_enabled(x.enabled, "other fields of the block");
  to.add("cert", x.cert);
  to.add("key", x.key);
  to.add("verify_incoming", x.verify_incoming);
  to.add("ca_cert", x.ca_cert);
  to.add("ca_path", x.ca_path);
}

void show_blocks(section& to, const settings& x) {
  auto one = [&](const char* name, const auto& value, auto write) {
    auto inner = to.inside(name);
    write(inner, value);
    to.add(name, {}, std::move(inner));
  };
  one("health", x.health_strict,
      [](section& inner, bool strict) { inner.add("strict", strict); });
  one("syslog", x.syslog, show_syslog);
  one("buffer_period", x.buffer_period, show_buffer_period);
  one("tls", x.tls, show_server_tls);
  one("consul", x.consul, show_consul);
  one("vault", x.vault, show_vault);
}

void show_driver(section& to, const settings& x) {
  auto drivers = to.inside("driver");
  auto type = x.cloud ? "terraform-cloud" : "terraform";
  auto inner = drivers.inside(type);
  if (x.cloud)
    show_cloud(inner, *x.cloud);
  else
    show_terraform(inner, x.driver);
  to.add("driver", {type}, std::move(inner));
}

void show_failover(section& to, const failover& x) {
  to.add("exclusive", x.exclusive);
  to.add("process_check", x.process_check);
  to.add("node_check", x.node_check);
  to.add("peer_link", x.peer_link);
  to.add("stall_timeout", x.stall_timeout);
  to.add("drain_timeout", x.drain_timeout);
  to.add("lease", x.lease,
         to.is_set("lease") ? to.origin_of("lease")
                            : derived_from("session_ttl of the storage"));
}

void show_cluster(section& to, const high_availability& x) {
  auto outer = to.inside("high_availability");
  auto cluster = outer.inside("cluster");
  cluster.add("name", x.cluster_name);
  auto storage = cluster.inside("storage");
  storage.add("parent_path", x.parent_path);
  storage.add("namespace", x.ns);
  storage.add("session_ttl", x.session_ttl);
  cluster.add("storage", {"consul"}, std::move(storage));
  auto failover = cluster.inside("failover");
  show_failover(failover, x.failover);
  cluster.add("failover", {}, std::move(failover));
  outer.add("cluster", {}, std::move(cluster));
  auto instance = outer.inside("instance");
  instance.add("address", x.address);
  outer.add("instance", {}, std::move(instance));
  to.add("high_availability", {}, std::move(outer));
}

std::string indexed(const char* name, std::size_t i) {
  return std::string{name} + "[" + std::to_string(i) + "]";
}

// Whatever a provider is given may be a credential.
void show_providers(section& to, const settings& x) {
  const auto& blocks = to.from().children("terraform_provider");
  for (auto i = std::size_t{0}; i < x.providers.size(); ++i) {
    const auto& provider = x.providers[i];
    auto where = to.origin_at(blocks[i].where);
    auto inner = to.inside(indexed("terraform_provider", i), blocks[i]);
    if (!provider.alias.empty())
      inner.add("alias", provider.alias, where);
    for (const auto& [name, argument] : provider.arguments) {
      const auto* truth = std::get_if<bool>(&argument.data);
      if (name == "auto_commit" && truth != nullptr)
        inner.add(name, *truth, where);
      else
        inner.add_masked(name, where);
    }
    if (!provider.task_env.empty()) {
      auto variables = inner.inside("task_env");
      for (const auto& each : provider.task_env)
        variables.add_masked(each.first, where);
      inner.add("task_env", {}, std::move(variables));
    }
    to.add("terraform_provider", {provider.name}, std::move(inner));
  }
}

void show_services(section& to, const settings& x) {
  const auto& blocks = to.from().children("service");
  for (auto i = std::size_t{0}; i < x.services.size(); ++i) {
    const auto& service = x.services[i];
    auto inner = to.inside(indexed("service", i), blocks[i]);
    inner.add("name", service.name);
    inner.add("id", service.id,
              inner.is_set("id") ? inner.origin_of("id")
                                 : derived_from("the name"));
    inner.add("description", service.description);
    inner.add("datacenter", service.datacenter);
    inner.add("namespace", service.ns);
    inner.add("filter", service.filter);
    inner.add("cts_user_defined_meta", service.cts_user_defined_meta);
    to.add("service", {}, std::move(inner));
  }
}

void show_all(section& to, const settings& x) {
  show_basics(to, x);
  show_blocks(to, x);
  if (x.high_availability)
    show_cluster(to, *x.high_availability);
  show_driver(to, x);
  show_providers(to, x);
  const auto& blocks = to.from().children("task");
  for (auto i = std::size_t{0}; i < x.tasks.size(); ++i) {
    auto inner = to.inside(indexed("task", i), blocks[i]);
    show_task(inner, x.tasks[i]);
    to.add("task", {}, std::move(inner));
  }
  show_services(to, x);
}

// -- JSON ---------------------------------------------------------------------

using node = hcl::node;

node json_of(const hcl::expression& x);

node json_of(const hcl::body& items) {
  auto to = node{.what = node::kind::object, .members = {}};
  auto lists = std::map<std::string, std::size_t>{};
  for (const auto& each : items) {
    auto x = json_of(each.value);
    for (auto i = each.keys.size(); --i > 0;) {
      auto labelled = node{};
      hcl::add_member(labelled, each.keys[i].text, std::move(x));
      x = std::move(labelled);
    }
    const auto& name = each.keys.front().text;
    if (each.assigned || !is_list_of_blocks(name)) {
      hcl::add_member(to, name, std::move(x));
      continue;
    }
    auto [list, added] = lists.emplace(name, to.members.size());
    if (added)
      hcl::add_member(to, name, {.what = node::kind::list, .members = {}});
    to.members[list->second].value.elements.push_back(std::move(x));
  }
  return to;
}

node json_of(const hcl::expression& x) {
  if (x.what == hcl::expression::kind::object)
    return json_of(x.items);
  auto to = node{.what = hcl::kind_of(x.what), .text = x.text, .members = {}};
  for (const auto& each : x.elements)
    to.elements.push_back(json_of(each));
  return to;
}

node json_of(const origin& x) {
  constexpr const char* kinds[] = {"default", "file", "environment", "derived"};
  auto to = node{};
  hcl::add_member(to, "kind",
                  hcl::text_node(kinds[static_cast<std::size_t>(x.what)]));
  if (x.what == origin::kind::file) {
    hcl::add_member(to, "file", hcl::text_node(x.where.file));
    hcl::add_member(to, "line", hcl::integer_node(x.where.line));
    hcl::add_member(to, "column", hcl::integer_node(x.where.column));
  } else if (!x.from.empty()) {
    hcl::add_member(to, "from", hcl::text_node(x.from));
  }
  return to;
}

} // namespace

std::variant<shown, failure> show(const std::vector<source>& files,
                                  const surroundings& around) {
  auto reports = report{files};
  auto found = understand(files, around, reports);
  if (!found)
    return reports.take_failure();
  auto result = shown{.warnings = reports.take_warnings()};
  auto all
    = explanation{.files = files, .around = around, .origins = result.origins};
  auto top = section{all, "", found->root};
  show_all(top, found->value);
  result.items = top.take();
  return result;
}

std::string to_hcl(const shown& x) {
  return hcl::print(x.items);
}

std::string to_json(const shown& x) {
  auto origins = node{.what = node::kind::object, .members = {}};
  for (const auto& [path, from] : x.origins)
    hcl::add_member(origins, path, json_of(from));
  auto root = node{};
  hcl::add_member(root, "configuration", json_of(x.items));
  hcl::add_member(root, "origins", std::move(origins));
  return hcl::print_json(root);
}

} // namespace cts::config

#include "core/config/finalize_parts.hpp"
#include "core/config/validate_parts.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace cts::config {

namespace {

/// "The first one is in line 3", for things that must not be repeated.
std::string first_one(const place& where) {
  return "the first one is in line " + std::to_string(where.at.line);
}

void validate_services(const candidate& x, report& to) {
  const auto& blocks = x.root.children("service");
  auto seen = std::map<std::string, place>{};
  for (auto i = std::size_t{0}; i < x.value.services.size(); ++i) {
    const auto& service = x.value.services[i];
    if (service.name.empty()) {
      to.error(stage::validate,
               {.message = "logical name for the Consul service is required",
                .where = blocks[i].where,
                .hint = "add name = \"...\""});
      continue;
    }
    auto [first, added] = seen.emplace(service.id, blocks[i].where);
    if (!added)
      to.error(stage::validate,
               {.message = "unique service IDs are required: " + service.id,
                .where = blocks[i].where,
                .hint = first_one(first->second)});
  }
}

void validate_providers(const candidate& x, report& to) {
  auto seen = std::map<std::string, place>{};
  for (const auto& each : x.root.children("terraform_provider")) {
    auto provider = provider_of(each.content);
    if (!provider) {
      to.error(stage::validate,
               {.message = provider.error().message, .where = each.where});
      continue;
    }
    auto [first, added] = seen.emplace(provider->id(), each.where);
    if (!added)
      to.error(
        stage::validate,
        {.message = "duplicate provider configuration: " + provider->id(),
         .where = each.where,
         .hint = first_one(first->second) + "; give one of them an alias"});
  }
}

void validate_buffer_period(const candidate& x, report& to) {
  const auto& period = x.value.buffer_period;
  if (period.min.count() < 0 || period.max.count() < 0)
    to.error(stage::validate,
             {.message = "buffer_period: cannot be negative",
              .where = nested(x.root, "buffer_period").place_of("min")});
}

// The reference finds this only when it creates the task.
void validate_task_buffer_periods(const candidate& x, report& to) {
  const auto& blocks = x.root.children("task");
  for (auto i = std::size_t{0}; i < x.value.tasks.size(); ++i) {
    const auto& period = x.value.tasks[i].buffer;
    const auto* written = blocks[i].child("buffer_period");
    if (written != nullptr && period.min.count() < 0)
      to.error(stage::validate, {.message = "buffer_period: cannot be negative",
                                 .where = written->place_of("min")});
  }
}

/// Source: spec configuration, 3.7.
void validate_auto_commit(const candidate& x, report& to) {
  auto committing = std::set<std::string>{};
  for (const auto& each : x.value.providers) {
    auto found = each.arguments.find("auto_commit");
    if (found != each.arguments.end() && found->second == value{true})
      committing.insert(each.id());
  }
  const auto& blocks = x.root.children("task");
  auto used = std::set<std::string>{};
  for (auto i = std::size_t{0}; i < x.value.tasks.size(); ++i)
    for (const auto& id : x.value.tasks[i].providers)
      if (committing.count(id) > 0 && !used.insert(id).second)
        to.error(stage::validate,
                 {.message = "provider with autocommit (" + id
                             + ") cannot be used by more than one task",
                  .where = blocks[i].place_of("providers"),
                  .hint = "give each task an instance with its own alias"});
}

void validate_port(const candidate& x, report& to) {
  constexpr auto port_max = 65535;
  auto port = x.root.integer("port").value_or(x.value.port);
  if (port < 0 || port > port_max)
    to.error(stage::validate, {.message = "port: must be between 0 and 65535: "
                                          + std::to_string(port),
                               .where = x.root.place_of("port")});
}

/// Limits that this product adds; the reference knows none of them.
void validate_limits(const candidate& x, report& to) {
  struct limit {
    const char* name;
    std::int64_t value;
    std::int64_t min;
    place where;
  };
  const auto& agent = nested(x.root, "consul");
  const auto& terraform = nested(nested(x.root, "driver"), "terraform");
  for (const auto& [name, value, min, where] : {
         limit{"max_parallel_runs", x.value.max_parallel_runs, 0,
               x.root.place_of("max_parallel_runs")},
         limit{"once_parallelism", x.value.once_parallelism, 1,
               x.root.place_of("once_parallelism")},
         limit{"shutdown_grace", x.value.shutdown_grace.count(), 0,
               x.root.place_of("shutdown_grace")},
         limit{"consul.startup_wait", x.value.consul.startup_wait.count(), 0,
               agent.place_of("startup_wait")},
         limit{"consul.max_blocking_conns", x.value.consul.max_blocking_conns,
               1, agent.place_of("max_blocking_conns")},
         limit{"driver.terraform.parallelism", x.value.driver.parallelism, 1,
               terraform.place_of("parallelism")},
       })
    if (value < min)
      to.error(stage::validate,
               {.message = std::string{name} + ": must be at least "
                           + std::to_string(min),
                .where = where});
}

} // namespace

void validate(const candidate& x, report& to) {
  validate_driver(x, to);
  validate_tasks(x, to);
  validate_services(x, to);
  validate_providers(x, to);
  validate_buffer_period(x, to);
  validate_auto_commit(x, to);
  validate_dynamic_values(x, to);
  validate_server_tls(x, to);
  validate_consul(x, to);
  validate_high_availability(x, to);
  validate_port(x, to);
  validate_limits(x, to);
  validate_task_buffer_periods(x, to);
  validate_logging(x, to);
}

} // namespace cts::config

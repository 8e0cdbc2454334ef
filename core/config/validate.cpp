#include "core/config/finalize_parts.hpp"
#include "core/config/validate_parts.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace cts::config {

namespace {

void validate_services(const candidate& x, report& to) {
  const auto& blocks = x.root.children("service");
  auto seen = std::map<std::string, place>{};
  for (auto i = std::size_t{0}; i < x.value.services.size(); ++i) {
    const auto& service = x.value.services[i];
    if (blocks[i].broken)
      continue;
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
                .hint = to.first_one(first->second)});
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
         .hint = to.first_one(first->second) + "; give one of them an alias"});
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

/// A number that must not be too small.
struct limited {
  std::string name{};
  std::int64_t value = 0;
  std::int64_t min = 0;
  place where{};
};

void refuse_below_min(const limited& x, report& to) {
  if (x.value < x.min)
    to.error(stage::validate,
             {.message = x.name + ": must be at least " + std::to_string(x.min),
              .where = x.where});
}

// The reference knows none of these limits.
void validate_driver_limits(const candidate& x, report& to) {
  const auto& driver = x.value.driver;
  const auto& from = nested(nested(x.root, "driver"), "terraform");
  auto check = [&](const char* name, std::int64_t value, std::int64_t min) {
    refuse_below_min({.name = std::string{"driver.terraform."} + name,
                      .value = value,
                      .min = min,
                      .where = from.place_of(name)},
                     to);
  };
  check("parallelism", driver.parallelism, 1);
  check("init_timeout", driver.init_timeout.count(), 0);
  check("validate_timeout", driver.validate_timeout.count(), 0);
  check("plan_timeout", driver.plan_timeout.count(), 0);
  check("apply_timeout", driver.apply_timeout.count(), 0);
  check("lock_wait", driver.lock_wait.count(), 0);
  check("steal_locks_after", driver.steal_locks_after.count(), 0);
  check("cancel_grace", driver.cancel_grace.count(), 0);
}

void validate_limits(const candidate& x, report& to) {
  const auto& agent = nested(x.root, "consul");
  for (const auto& each : {
         limited{"max_parallel_runs", x.value.max_parallel_runs, 0,
                 x.root.place_of("max_parallel_runs")},
         limited{"once_parallelism", x.value.once_parallelism, 1,
                 x.root.place_of("once_parallelism")},
         limited{"shutdown_grace", x.value.shutdown_grace.count(), 0,
                 x.root.place_of("shutdown_grace")},
         limited{"consul.startup_wait", x.value.consul.startup_wait.count(), 0,
                 agent.place_of("startup_wait")},
         limited{"consul.max_blocking_conns", x.value.consul.max_blocking_conns,
                 1, agent.place_of("max_blocking_conns")},
       })
    refuse_below_min(each, to);
  validate_driver_limits(x, to);
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

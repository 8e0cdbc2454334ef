#include "core/reload.hpp"

#include "core/config/buffer.hpp"
#include "core/config/provider.hpp"

#include <algorithm>
#include <utility>

namespace cts::reload {

namespace {

using config::settings;

/// Compares one setting, and puts the former value back if it cannot change.
class comparison {
public:
  explicit comparison(plan& to) : to_(to) {}

  template <class T>
  void keep(const char* path, const T& before, T& after) {
    if (before == after)
      return;
    to_.refused.emplace_back(path);
    after = before;
  }

  /// The same for what is kept in Consul.
  template <class T>
  void leave_to_store(const char* path, const T& before, T& after) {
    if (before == after)
      return;
    to_.stored.emplace_back(path);
    after = before;
  }

  template <class T>
  void note(const char* path, const T& before, const T& after) {
    if (!(before == after))
      to_.changed.emplace_back(path);
  }

private:
  plan& to_;
};

void keep_driver(comparison& compare, const settings& before, settings& after) {
  compare.keep("driver.terraform-cloud", before.cloud, after.cloud);
  const auto& old = before.driver;
  auto& now = after.driver;
  compare.keep("driver.terraform.path", old.path, now.path);
  now.path_configured = old.path_configured;
  compare.keep("driver.terraform.version", old.version, now.version);
  compare.keep("driver.terraform.version_constraint", old.version_constraint,
               now.version_constraint);
  compare.keep("driver.terraform.install", old.install, now.install);
  compare.keep("driver.terraform.releases_url", old.releases_url,
               now.releases_url);
  compare.keep("driver.terraform.binary", old.binary, now.binary);
}

// Where the folders of tasks lie is known to more than the tasks.
void keep_working_dir(comparison& compare, const settings& before,
                      settings& after) {
  if (before.working_dir == after.working_dir)
    return;
  for (auto& task : after.tasks)
    if (task.working_dir
        == config::default_working_dir(after.working_dir, task.name))
      task.working_dir
        = config::default_working_dir(before.working_dir, task.name);
  compare.keep("working_dir", before.working_dir, after.working_dir);
}

void keep_what_needs_a_restart(comparison& compare, const settings& before,
                               settings& after) {
  compare.keep("port", before.port, after.port);
  compare.keep("id", before.id, after.id);
  compare.keep("syslog", before.syslog, after.syslog);
  compare.keep("tls", before.tls, after.tls);
  // The backend's address and certificates come from there.
  if (before.consul != after.consul)
    compare.keep("driver.terraform.backend", before.driver.backend,
                 after.driver.backend);
  compare.keep("consul", before.consul, after.consul);
  compare.keep("vault", before.vault, after.vault);
  keep_driver(compare, before, after);
  keep_working_dir(compare, before, after);
  compare.keep("high_availability", before.high_availability,
               after.high_availability);
  compare.keep("max_parallel_runs", before.max_parallel_runs,
               after.max_parallel_runs);
  compare.keep("shutdown_grace", before.shutdown_grace, after.shutdown_grace);
  compare.keep("once_parallelism", before.once_parallelism,
               after.once_parallelism);
  compare.keep("health.strict", before.health_strict, after.health_strict);
  compare.keep("dynamic_values", before.dynamic_values, after.dynamic_values);
}

bool is_same(const config::terraform_provider* a,
             const config::terraform_provider* b) {
  return a == b || (a != nullptr && b != nullptr && *a == *b);
}

} // namespace

plan make(const settings& running, settings wanted, bool clustered) {
  auto out = plan{};
  auto compare = comparison{out};
  keep_what_needs_a_restart(compare, running, wanted);
  compare.note("log_level", running.log_level, wanted.log_level);
  if (clustered) {
    // Each task of a cluster has its own since it was stored.
    compare.leave_to_store("buffer_period", running.buffer_period,
                           wanted.buffer_period);
    compare.leave_to_store("task", running.tasks, wanted.tasks);
  }
  compare.note("buffer_period", running.buffer_period, wanted.buffer_period);
  compare.note("driver.terraform", running.driver, wanted.driver);
  compare.note("terraform_provider", running.providers, wanted.providers);
  compare.note("service", running.services, wanted.services);
  compare.note("task", running.tasks, wanted.tasks);
  out.settings = std::move(wanted);
  return out;
}

bool concerns(const config::task& task, const settings& before,
              const settings& after) {
  if (before.driver != after.driver)
    return true;
  if (!task.services.empty() && before.services != after.services)
    return true;
  return std::any_of(task.providers.begin(), task.providers.end(),
                     [&](const auto& id) {
                       return !is_same(config::find_provider(before, id),
                                       config::find_provider(after, id));
                     });
}

config::task inheriting(config::task x, const settings& known) {
  x.buffer = config::buffer_of(x, known.buffer_period);
  return x;
}

} // namespace cts::reload

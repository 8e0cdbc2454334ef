#pragma once

#include "actors/contract.hpp"

namespace cts {

/// What a task actor needs.
struct task_options {
  std::shared_ptr<const config::task> task{};
  /// The deprecated `service` blocks.
  std::vector<config::service> services{};
  /// Position in the configuration.
  std::size_t order = 0;
  /// Serve triggers from the start: the task is restarted while the others
  /// are being monitored.
  bool monitoring = false;
  /// The module as events show it: absolute if it is local.
  std::string module_source{};
  driver_factory make_driver{};
  driver_program program{};
  watch_registry_actor registry{};
  run_queue_actor queue{};
  event_recorder_actor recorder{};
  /// Is told of each change of phase; may be empty.
  task_observer_actor observer{};
  wall_clock clock{};
  random_source random{};
};

/// Leads one task through its life; supervised by the task manager. Spawns the
/// task's driver and condition and ends with either. A restart forgets what
/// was triggered: the manager has a restarted task run once.
task_actor make_task_runner(caf::local_actor* parent, task_options options);

} // namespace cts

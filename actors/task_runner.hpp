#pragma once

#include "actors/leadership.hpp"
#include "actors/meter.hpp"

namespace cts {

/// What a task actor needs.
struct task_options {
  std::shared_ptr<const config::task> task{};
  /// Overrules the configuration.
  bool enabled = true;
  /// The deprecated `service` blocks.
  std::vector<config::service> services{};
  /// Position in the configuration.
  std::size_t order = 0;
  /// Serve triggers from the start: the task is restarted while the others
  /// are being monitored.
  bool monitoring = false;
  /// Run as soon as possible: what the task missed is not known.
  bool triggered = false;
  /// The module as events show it: absolute if it is local.
  std::string module_source{};
  driver_factory make_driver{};
  driver_program program{};
  consul_actor consul{};
  watch_registry_actor registry{};
  run_queue_actor queue{};
  state_store_actor store{};
  /// Gives turns and permits; null without high availability.
  elector_actor elector{};
  /// The leadership under which it may run; 0 until `run_once` names one.
  ha::epoch epoch = 0;
  /// Is told of each change of phase; may be empty.
  task_observer_actor observer{};
  wall_clock clock{};
  /// For schedules; empty: UTC.
  zone_offset zone{};
  random_source random{};
  /// Is told of renders and runs; may be empty.
  meter_actor meter{};
};

/// Leads one task through its life; supervised by the task manager. Spawns the
/// task's driver and condition and ends with either. A restart forgets what
/// was triggered, so a restarted task begins as triggered. The run whose permit
/// it had is closed by the elector.
task_actor make_task_runner(caf::local_actor* parent, task_options options);

} // namespace cts

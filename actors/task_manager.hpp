#pragma once

#include "actors/leadership.hpp"
#include "actors/meter.hpp"

namespace cts {

/// What the task manager needs.
struct task_manager_options {
  std::shared_ptr<const config::settings> settings{};
  /// Absolute; local modules are relative to it.
  std::string process_directory{};
  driver_factory make_driver{};
  consul_actor consul{};
  watch_registry_actor registry{};
  run_queue_actor queue{};
  state_store_actor store{};
  /// Null without high availability; with it, no task exists before it is told.
  elector_actor elector{};
  wall_clock clock{};
  /// For schedules; empty: UTC.
  zone_offset zone{};
  random_source random{};
  /// Inspect mode: shows a plan where the log does not; may be empty.
  std::function<void(const task_name&, const std::string& plan)> show_plan{};
  /// Is told of renders and runs; may be empty.
  meter_actor meter{};
};

/// The task supervisor: spawns one actor a task, has all of them run once,
/// changes them as the API wants, and restarts one that fails, alone and with
/// growing pauses, without ever giving up on it. A restarted task runs, since
/// what it missed is not known.
task_manager_actor make_task_manager(caf::local_actor* parent,
                                     task_manager_options options);

/// The module as events show it: `./` and `../` joined with `directory`.
std::string absolute_module(const std::string& module,
                            const std::string& directory);

} // namespace cts

#pragma once

#include "actors/contract.hpp"

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
  event_recorder_actor recorder{};
  wall_clock clock{};
  /// For schedules; empty: UTC.
  zone_offset zone{};
  random_source random{};
};

/// The task supervisor: spawns one actor a task, has all of them run once, and
/// restarts one that fails, alone and with growing pauses, without ever giving
/// up on it. A restarted task runs, since what it missed is not known.
task_manager_actor make_task_manager(caf::local_actor* parent,
                                     task_manager_options options);

/// The module as events show it: `./` and `../` joined with `directory`.
std::string absolute_module(const std::string& module,
                            const std::string& directory);

} // namespace cts

#pragma once

#include "actors/contract.hpp"

namespace cts {

/// What a condition needs.
struct condition_options {
  std::shared_ptr<const config::task> task{};
  /// The deprecated `service` blocks.
  std::vector<config::service> services{};
  watch_registry_actor registry{};
  /// Who is triggered.
  task_actor target{};
  /// For schedules.
  wall_clock clock{};
  /// Empty: UTC.
  zone_offset zone{};
};

/// The condition that the task's configuration names. Subscribes to the inputs
/// of the task and gathers the newest snapshots. Linked to its task, which
/// ends with it; a restart fetches everything anew.
condition_actor make_condition(caf::local_actor* parent,
                               condition_options options);

} // namespace cts

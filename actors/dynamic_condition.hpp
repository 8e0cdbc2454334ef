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
};

/// Subscribes to the inputs of a task, gathers the newest snapshots and tells
/// the task when its buffer period is over after a change that matters. Linked
/// to its task, which ends with it; a restart fetches everything anew.
condition_actor make_dynamic_condition(caf::local_actor* parent,
                                       condition_options options);

} // namespace cts

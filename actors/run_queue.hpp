#pragma once

#include "actors/contract.hpp"
#include "core/machine.hpp"

namespace cts {

/// See `run_queue::state`.
struct run_queue_limits {
  /// 0: every wish is granted at once.
  std::size_t slots_max = 4;
  duration hung_after{0};
  std::size_t preparations_max = 0;
};

/// What the configuration says. `clustered`: a new leader must not wait for
/// runs that hang.
run_queue_limits run_limits_of(const config::settings& settings,
                               bool clustered);

/// Grants slots to tasks that want to start a process. A restart forgets who
/// holds a slot: until those runs have ended, more than `slots_max` may go on.
run_queue_actor make_run_queue(caf::local_actor* parent,
                               const run_queue_limits& limits);

} // namespace cts

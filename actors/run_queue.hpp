#pragma once

#include "actors/contract.hpp"
#include "core/machine.hpp"

namespace cts {

/// Grants slots to tasks that want to start a process; `slots_max` of 0 grants
/// every wish at once. A slot that is held for `hung_after` no longer counts;
/// 0: it always counts. A restart forgets who holds a slot: until those runs
/// have ended, more than `slots_max` may go on.
run_queue_actor make_run_queue(caf::local_actor* parent, std::size_t slots_max,
                               duration hung_after = duration{0});

} // namespace cts

#pragma once

#include "actors/leadership.hpp"

namespace cts {

/// Keeps the newest events of each task, in memory. A restart loses them. An
/// event under a permit goes to `elector`, too, whose record it ends: nobody
/// else writes it.
state_store_actor make_memory_store(caf::local_actor* parent,
                                    elector_actor elector = {});

} // namespace cts

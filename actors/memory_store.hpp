#pragma once

#include "actors/contract.hpp"

namespace cts {

/// Keeps the newest events of each task, in memory. A restart loses them.
state_store_actor make_memory_store(caf::local_actor* parent);

} // namespace cts

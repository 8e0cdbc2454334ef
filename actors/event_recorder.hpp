#pragma once

#include "actors/contract.hpp"

namespace cts {

/// Keeps the newest events of each task, in memory. A restart loses them.
event_recorder_actor make_event_recorder(caf::local_actor* parent);

} // namespace cts

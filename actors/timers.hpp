#pragma once

#include "actors/caf/inspect.hpp"

#include <caf/type_id.hpp>

/// Messages that actors send to themselves. They carry nothing: a machine
/// knows what is due, and ignores a timer that elapses early.
namespace cts {

struct timer_elapsed {};

/// A guardian's pause before a restart is over.
struct restart_due {};

/// A guardian's child was asked to stop and has had its time.
struct stop_overdue {};

CAFX_FIELDS(timer_elapsed)
CAFX_FIELDS(restart_due)
CAFX_FIELDS(stop_overdue)

} // namespace cts

CAF_BEGIN_TYPE_ID_BLOCK(cts_timers, caf::first_custom_type_id + 120)

CAF_ADD_TYPE_ID(cts_timers, (cts::timer_elapsed))
CAF_ADD_TYPE_ID(cts_timers, (cts::restart_due))
CAF_ADD_TYPE_ID(cts_timers, (cts::stop_overdue))

CAF_END_TYPE_ID_BLOCK(cts_timers)

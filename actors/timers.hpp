#pragma once

#include "actors/caf/inspect.hpp"

#include <caf/type_id.hpp>

#include <string>

/// Messages inside one actor or one guardian's family. Timers carry nothing: a
/// machine knows what is due, and ignores one that elapses early.
namespace cts {

struct timer_elapsed {};

/// A guardian's pause before a restart is over.
struct restart_due {};

/// A guardian's child was asked to stop and has had its time.
struct stop_overdue {};

/// A guardian of the controller has restarted its child.
struct part_restarted {
  std::string name{};
};

/// To a guardian: a new child takes the place of the one that is there. This is
/// no failure.
struct renew_part {};

/// A fault for simulations, to the controller or a guardian: the child behind
/// this name ends as if by an error.
struct fail_part {
  std::string name{};
};

/// The Consul client reaches its agent again: what it knew may be lost.
struct agent_recovered {};

CAFX_FIELDS(agent_recovered)
CAFX_FIELDS(fail_part, name)
CAFX_FIELDS(renew_part)
CAFX_FIELDS(part_restarted, name)
CAFX_FIELDS(timer_elapsed)
CAFX_FIELDS(restart_due)
CAFX_FIELDS(stop_overdue)

} // namespace cts

CAF_BEGIN_TYPE_ID_BLOCK(cts_timers, caf::first_custom_type_id + 120)

CAF_ADD_TYPE_ID(cts_timers, (cts::timer_elapsed))
CAF_ADD_TYPE_ID(cts_timers, (cts::restart_due))
CAF_ADD_TYPE_ID(cts_timers, (cts::stop_overdue))
CAF_ADD_TYPE_ID(cts_timers, (cts::part_restarted))
CAF_ADD_TYPE_ID(cts_timers, (cts::fail_part))
CAF_ADD_TYPE_ID(cts_timers, (cts::agent_recovered))
CAF_ADD_TYPE_ID(cts_timers, (cts::renew_part))

CAF_END_TYPE_ID_BLOCK(cts_timers)

#pragma once

#include "actors/condition.hpp"

namespace cts {

/// Triggers the task at the ticks of its cron expression, and by no change of
/// its inputs. Needs `condition_options::clock`.
condition_actor make_schedule_condition(caf::local_actor* parent,
                                        condition_options options);

} // namespace cts

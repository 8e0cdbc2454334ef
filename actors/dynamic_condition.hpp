#pragma once

#include "actors/condition.hpp"

namespace cts {

/// Triggers the task when its buffer period is over after a change that
/// matters.
condition_actor make_dynamic_condition(caf::local_actor* parent,
                                       condition_options options);

} // namespace cts

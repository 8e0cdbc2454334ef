#include "actors/condition.hpp"

#include "actors/dynamic_condition.hpp"
#include "actors/schedule_condition.hpp"

#include <utility>

namespace cts {

condition_actor make_condition(caf::local_actor* parent,
                               condition_options options) {
  const auto& configured = options.task->condition;
  if (std::holds_alternative<config::schedule_condition>(configured))
    return make_schedule_condition(parent, std::move(options));
  return make_dynamic_condition(parent, std::move(options));
}

} // namespace cts

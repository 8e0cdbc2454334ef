#pragma once

#include "core/machine.hpp"

#include <algorithm>
#include <optional>

/// Groups a burst of Consul changes into one run of the task.
namespace cts::buffer_period {

/// The period ends `min` after the latest change, but no later than `max` after
/// the first one. A `max` of zero turns buffering off.
struct state {
  struct window {
    time_point due;
    time_point deadline;
  };

  duration min{0};
  duration max{0};
  std::optional<window> open{};
};

struct change_arrived {};
struct timer_elapsed {};

/// Asks for a `timer_elapsed` at `due`. No effect cancels a timer: one that
/// elapses before the window is due changes nothing.
struct arm_timer {
  time_point due;
  bool operator==(const arm_timer&) const = default;
};

struct request_run {
  bool operator==(const request_run&) const = default;
};

using effect = std::variant<arm_timer, request_run>;

inline transition<state, effect> step(state s, change_arrived, time_point now) {
  if (s.max == duration::zero())
    return {s, {request_run{}}};
  if (!s.open)
    s.open = {.due = now, .deadline = now + s.max};
  s.open->due = std::min(now + s.min, s.open->deadline);
  return {s, {arm_timer{s.open->due}}};
}

inline transition<state, effect> step(state s, timer_elapsed, time_point now) {
  if (!s.open || now < s.open->due)
    return {s, {}};
  s.open.reset();
  return {s, {request_run{}}};
}

} // namespace cts::buffer_period

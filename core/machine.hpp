#pragma once

#include <chrono>
#include <utility>
#include <variant>
#include <vector>

namespace cts {

using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

/// A machine's answer to an event: its next state and the effects that the
/// shell carries out, in this order.
template <class State, class Effect>
struct transition {
  State state;
  std::vector<Effect> effects;
};

/// Feeds `event` to the machine and hands each effect to `perform`. `now` is of
/// the clock that the machine goes by.
template <class State, class Event, class Time, class Performer>
void feed(State& state, const Event& event, Time now, Performer&& perform) {
  auto [next, effects] = step(std::move(state), event, now);
  state = std::move(next);
  for (const auto& effect : effects)
    std::visit(perform, effect);
}

} // namespace cts

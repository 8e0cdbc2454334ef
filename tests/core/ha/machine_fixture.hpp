#pragma once

#include "core/types.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <utility>
#include <variant>
#include <vector>

namespace cts::test {

/// A machine at a time that the test moves, and what it wanted done last.
template <class State, class Effect>
class machine_fixture : public ::testing::Test {
protected:
  template <class Event>
  void on(const Event& event) {
    auto [next, out] = step(std::move(s), event, now);
    s = std::move(next);
    effects = std::move(out);
  }

  /// The first such effect of the last event; null if there is none.
  template <class Wanted>
  const Wanted* find() const {
    for (const auto& each : effects)
      if (const auto* found = std::get_if<Wanted>(&each))
        return found;
    return nullptr;
  }

  State s{};
  time_point now{std::chrono::hours{1}};
  std::vector<Effect> effects{};
};

} // namespace cts::test

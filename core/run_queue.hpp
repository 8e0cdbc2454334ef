#pragma once

#include "core/machine.hpp"
#include "core/types.hpp"

#include <cstdint>
#include <set>
#include <variant>
#include <vector>

/// Bounds how many Terraform processes run at once: first come, first served,
/// ties by configuration order; runs go before preparations. Source: spec
/// chapter monitoring, 3.6.
namespace cts::run_queue {

struct entry {
  std::uint64_t ticket = 0;
  /// Smaller goes first.
  int priority = 0;
  time_point arrived{};
  /// Position in the configuration; decides between equal arrivals.
  std::size_t order = 0;
};

struct state {
  /// 0: no limit.
  std::size_t slots_max = 4;
  std::set<std::uint64_t> granted{};
  std::vector<entry> waiting{};
};

// -- events -------------------------------------------------------------------

struct slot_wanted {
  std::uint64_t ticket = 0;
  int priority = 0;
  std::size_t order = 0;
};

/// Also withdraws a request that still waits. Unknown tickets are ignored.
struct slot_released {
  std::uint64_t ticket = 0;
};

// -- effects ------------------------------------------------------------------

struct grant {
  std::uint64_t ticket = 0;
  bool operator==(const grant&) const = default;
};

using effect = std::variant<grant>;

transition<state, effect> step(state s, const slot_wanted& event,
                               time_point now);
transition<state, effect> step(state s, const slot_released& event,
                               time_point now);

} // namespace cts::run_queue

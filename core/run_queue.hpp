#pragma once

#include "core/machine.hpp"
#include "core/types.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

/// Bounds how many Terraform processes run at once: first come, first served,
/// ties by configuration order; runs go before preparations. A machine that is
/// too exhausted to start one gets half as many until a start succeeds.
/// Source: spec chapter monitoring, 3.6 and F44; high-availability, 5.2.
namespace cts::run_queue {

struct entry {
  std::uint64_t ticket = 0;
  /// Smaller goes first; above 0: a preparation.
  int priority = 0;
  time_point arrived{};
  /// Position in the configuration; decides between equal arrivals.
  std::size_t order = 0;
};

struct state {
  /// 0: no limit.
  std::size_t slots_max = 4;
  /// A slot that is held for longer no longer counts, so that runs that hang
  /// do not use up the slots. 0: it always counts.
  duration hung_after{0};
  /// As many preparations at once; 0: no limit of their own.
  std::size_t preparations_max = 0;
  /// Since when each slot is held.
  std::map<std::uint64_t, time_point> granted{};
  /// Those of them that are for preparations.
  std::set<std::uint64_t> preparing{};
  std::vector<entry> waiting{};
  /// The limit while the machine is exhausted; at least 1.
  std::optional<std::size_t> lowered_max{};
  /// When it was lowered; a slot that is granted later shows whether a start
  /// succeeds.
  time_point lowered_at{};
  /// When a slot will count no longer; a timer that elapses earlier is an old
  /// one.
  std::optional<time_point> look_at{};
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
  /// The machine could start no process.
  bool starved = false;
};

struct timer_elapsed {};

// -- effects ------------------------------------------------------------------

struct grant {
  std::uint64_t ticket = 0;
  bool operator==(const grant&) const = default;
};

/// For the log: at most so many slots from now on. 0: no limit.
struct report_limit {
  std::size_t slots_max = 0;
  bool lowered = false;
  bool operator==(const report_limit&) const = default;
};

struct arm_timer {
  time_point due{};
  bool operator==(const arm_timer&) const = default;
};

using effect = std::variant<grant, report_limit, arm_timer>;

transition<state, effect> step(state s, const slot_wanted& event,
                               time_point now);
transition<state, effect> step(state s, const slot_released& event,
                               time_point now);
transition<state, effect> step(state s, const timer_elapsed& event,
                               time_point now);

/// How many of the granted slots count against the limit.
std::size_t counting(const state& s, time_point now);

} // namespace cts::run_queue

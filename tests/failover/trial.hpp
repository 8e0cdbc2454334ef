#pragma once

#include "tests/failover/faults.hpp"

#include <optional>
#include <string>
#include <vector>

namespace cts::failover {

/// What one trial showed. Spans count from the fault.
struct measurement {
  using span = std::optional<std::chrono::microseconds>;
  std::string fault{};
  int trial = 0;
  int tasks = 0;
  /// How the new leader learnt that the lock was free.
  std::string detector{};
  /// The lock has moved; without a move nothing.
  span lock{};
  /// The new leader has loaded the state and begins to run all tasks.
  span loaded{};
  /// It has begun the first command of a run.
  span first_run{};
  /// The first provider is at work, and has ended its work.
  span first_work{};
  span first_applied{};
  /// Each task was applied once.
  span all_applied{};
  /// The task that was at work at the fault was applied again.
  span again{};
  /// Consul took writes again.
  span consul_back{};
  /// A change that was made at the fault was applied.
  span change_applied{};
  /// Elections beyond the expected ones.
  int needless = 0;
  std::vector<std::string> overlaps{};
  /// What was expected and did not come.
  std::vector<std::string> missing{};
};

/// Brings a fault about, watches, and heals. The fleet has to be at rest.
measurement run_trial(fleet& all, const fault& what, int trial);

} // namespace cts::failover

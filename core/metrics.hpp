#pragma once

#include "core/ha/types.hpp"
#include "core/machine.hpp"
#include "core/types.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>

/// What an instance counts and measures of itself. Pure: who measures, and how
/// it is shown, is decided elsewhere (docs/metrics.md).
namespace cts::metrics {

/// How many values are at most as large as each bound, and their sum.
struct histogram {
  /// Upper bounds in seconds, ascending.
  static constexpr auto bounds = std::array{
    0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0};
  /// Of each bound alone; the last one is beyond all of them.
  std::array<std::uint64_t, bounds.size() + 1> counts{};
  double sum = 0;

  std::uint64_t count() const;
  bool operator==(const histogram&) const = default;
};

/// Counts a value. A negative one counts as none at all.
void add(histogram& to, duration value);

/// Of one task since the start of the process.
struct task_tally {
  std::uint64_t runs = 0;
  std::uint64_t failures = 0;
  bool operator==(const task_tally&) const = default;
};

/// Of the election, by the elector.
struct election_tally {
  ha::role role = ha::role::joining;
  ha::epoch epoch = 0;
  /// When Consul took our session last.
  std::optional<time_point> renewed_at{};
  std::uint64_t renewals_failed = 0;
  /// Elections won, by how the vacancy was noticed.
  std::map<std::string, std::uint64_t> failovers{};
  std::uint64_t losses = 0;
  bool operator==(const election_tally&) const = default;
};

struct state {
  /// Bounded by the number of tasks that there may be.
  std::map<task_name, task_tally> tasks{};
  histogram run_time{};
  histogram request_time{};
  std::uint64_t renders = 0;
  /// When each watched dependency was answered last, or began to be watched.
  std::map<std::string, time_point> watches{};
  /// Absent without high availability.
  std::optional<election_tally> election{};
  /// How long the phases of the newest promotion took.
  std::map<std::string, duration> promotion{};
};

/// A run of a task has ended. Beyond `tasks_max` tasks a new one is counted in
/// `run_time` only.
struct run_ended {
  task_name task{};
  bool failed = false;
  duration took{};
};

void note(state& s, const run_ended& x);

/// For as long the watch that was not answered for the longest time was not
/// answered; absent: there is none.
std::optional<duration> oldest_answer(const state& s, time_point now);

} // namespace cts::metrics

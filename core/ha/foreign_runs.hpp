#pragma once

#include "core/ha/run_records.hpp"

#include <map>
#include <set>
#include <utility>
#include <variant>

/// Tells when the runs that a former leader left are over (R4).
///
/// A run whose record says `stopped` is over: its result is kept and the record
/// removed. Any other is over when its owner's lease is, by our own clock,
/// counted from when we first saw the newest extension; then the owner's record
/// is read once more, and a newer extension starts the wait again. So all
/// instances watch the records of all, leading or not. Invariants: no task is
/// free before its run is over by these rules; what cannot be read is not over;
/// with `exclusive` no task is free before all are. Source: spec chapter
/// high-availability, 4.4 R4 and R6, 4.9.
namespace cts::ha::foreign_runs {

/// A process that ever had an id.
using process = std::pair<std::string, std::string>;

/// The newest extension of a lease, and when we saw it first.
struct sight {
  std::uint64_t seq = 0;
  time_point first{};
  /// When its record was last seen.
  time_point last{};
  duration lease{};
};

/// How far the proof has come that a process has no run any more.
struct proof {
  enum class step_at : std::uint8_t {
    /// The record is to be read for the first time.
    looking,
    /// Until `due`.
    waiting,
    /// The record is being read once more.
    proving,
    over,
  };
  step_at at = step_at::looking;
  std::uint64_t ticket = 0;
  bool asking = false;
  std::optional<time_point> due{};
  /// The extension that the wait is for; absent: none was ever seen.
  std::optional<std::uint64_t> seq{};
  duration lease{};
  /// Over: what must not change meanwhile; see `clearance`.
  bool guarded = false;
  std::uint64_t index = 0;
};

struct foreign_run {
  run_record record{};
  /// Its settlement by the store is under way, or due again.
  bool settling = false;
  std::optional<time_point> due{};
};

struct state {
  std::string id{};
  std::string boot{};
  /// R6.
  bool exclusive = false;
  /// Somebody keeps the results of runs that have stopped. Otherwise, as in
  /// once-mode, such a record is replaced as it is.
  bool keeps_results = true;
  std::map<process, sight> seen{};
  // -- while leading
  ha::epoch epoch = 0;
  /// The store is loaded.
  bool ready = false;
  std::map<task_name, foreign_run> open{};
  std::map<process, proof> proofs{};
  /// Former owners of tasks that have not run since.
  std::map<task_name, former_owner> former{};
  /// Tasks that wait for their turn.
  std::set<task_name> waiting{};
  std::uint64_t ticket = 0;
  std::uint64_t watch = 0;
  bool watching = false;
  std::uint64_t watch_index = 0;
  std::optional<time_point> watch_due{};
};

// -- events -------------------------------------------------------------------

/// All instances, as they are now.
struct members_seen {
  member_records members{};
};

/// The lock is ours: what the former leaders left.
struct term_began {
  ha::epoch epoch = 0;
  run_records runs{};
};

struct term_ready {};

struct term_over {};

/// A task asks for its turn.
struct turn_awaited {
  task_name task{};
};

struct member_read {
  std::uint64_t ticket = 0;
  std::optional<member_record> found{};
};

struct member_unreadable {
  std::uint64_t ticket = 0;
};

/// All records of runs, as they are now.
struct runs_seen {
  std::uint64_t watch = 0;
  /// To wait past.
  std::uint64_t index = 0;
  run_records runs{};
};

struct runs_unreadable {
  std::uint64_t watch = 0;
};

/// The store has kept the result and removed the record, or could not.
struct settled {
  task_name task{};
  ha::epoch epoch = 0;
  bool succeeded = true;
};

/// An intent took the place of the task's record.
struct replaced {
  task_name task{};
};

/// An intent was refused: what we know of the task's former run has changed.
struct doubted {
  task_name task{};
  /// The record that was found in place of the one that we know.
  std::optional<run_record> found{};
};

struct timer_elapsed {};

// -- effects ------------------------------------------------------------------

/// Read `instances/<owner>`, consistently.
struct read_member {
  std::uint64_t ticket = 0;
  std::string owner{};
  bool operator==(const read_member&) const = default;
};

/// Wait for a change of `inflight/` after `index`.
struct watch_runs {
  std::uint64_t watch = 0;
  std::uint64_t index = 0;
  bool operator==(const watch_runs&) const = default;
};

struct settle {
  run_record record{};
  ha::epoch epoch = 0;
  bool operator==(const settle&) const = default;
};

/// The task's turn has come.
struct give_turn {
  task_name task{};
  bool operator==(const give_turn&) const = default;
};

/// The term is over before the task's turn came.
struct refuse_turn {
  task_name task{};
  bool operator==(const refuse_turn&) const = default;
};

/// `remaining`: at least so long.
struct report_wait {
  task_name task{};
  std::string owner{};
  duration remaining{};
  bool operator==(const report_wait&) const = default;
};

struct arm_timer {
  time_point due{};
  bool operator==(const arm_timer&) const = default;
};

using effect = std::variant<read_member, watch_runs, settle, give_turn,
                            refuse_turn, report_wait, arm_timer>;

using answer = transition<state, effect>;

/// What a run of the task has to respect; absent: its turn has not come.
std::optional<clearance> clearance_of(const state& s, const task_name& task);

answer step(state s, const members_seen& event, time_point now);
answer step(state s, const term_began& event, time_point now);
answer step(state s, const term_ready& event, time_point now);
answer step(state s, const term_over& event, time_point now);
answer step(state s, const turn_awaited& event, time_point now);
answer step(state s, const member_read& event, time_point now);
answer step(state s, const member_unreadable& event, time_point now);
answer step(state s, const runs_seen& event, time_point now);
answer step(state s, const runs_unreadable& event, time_point now);
answer step(state s, const settled& event, time_point now);
answer step(state s, const replaced& event, time_point now);
answer step(state s, const doubted& event, time_point now);
answer step(state s, const timer_elapsed& event, time_point now);

} // namespace cts::ha::foreign_runs

#pragma once

#include "core/ha/types.hpp"
#include "core/machine.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What an instance does with leadership: stand by, load the state, have all
/// tasks run once, end the runs when the lock is gone, and leave in order.
/// Source: spec chapter high-availability, 4.3, 4.5 D1 and 5.1.
///
/// Gaining and losing mirror each other: load, start - end the runs, close the
/// state, report it over. Invariants: tasks run only between `start` and
/// `end_runs`; an epoch is reported over only when its runs have ended and the
/// store has settled what they wrote.
namespace cts::ha::tenure {

enum class step_at : std::uint8_t {
  idle,
  following,
  loading,
  leading,
  /// The lock is gone, runs are being ended.
  ending,
  /// The instance ends.
  leaving,
  left,
};

struct state {
  /// Once-mode: no stored state, and the end when all tasks have run.
  bool once = false;
  step_at at = step_at::idle;
  leadership term{};
  /// While leaving: what is still open.
  bool runs_open = false;
  bool lock_open = false;
  bool leave_asked = false;
};

// -- events -------------------------------------------------------------------

/// The instance is ready to compete.
struct started {};

/// The follower's copy of the state changed.
struct copied {};

struct promoted {
  leadership term{};
};

struct loaded {
  ha::epoch epoch = 0;
};

struct load_failed {
  ha::epoch epoch = 0;
  std::string reason{};
};

/// `graceful`: given back on purpose, so that runs may go on.
struct revoked {
  ha::epoch epoch = 0;
  bool graceful = false;
};

/// Once-mode of the command line is over.
struct once_over {
  std::optional<std::string> error{};
};

/// No process of a task is left.
struct runs_ended {};

/// The store has settled what was written.
struct state_closed {};

/// The task supervisor was restarted and knows nothing of its tasks.
struct tasks_lost {};

/// The state store was restarted and knows nothing.
struct store_lost {};

/// The instance is to end. The second one means: now.
struct stop_requested {};

/// The lock is released, or was not ours.
struct lock_released {};

/// The session is given back.
struct session_ended {};

// -- effects ------------------------------------------------------------------

/// Compete for the lock.
struct join {
  bool operator==(const join&) const = default;
};

/// Keep a copy of the state.
struct follow_state {
  bool operator==(const follow_state&) const = default;
};

/// Have the tasks of the copy prepared.
struct stand_by {
  bool operator==(const stand_by&) const = default;
};

struct load {
  leadership term{};
  bool operator==(const load&) const = default;
};

/// Tell the elector that permits may be given.
struct report_ready {
  ha::epoch epoch = 0;
  bool operator==(const report_ready&) const = default;
};

struct report_failed {
  ha::epoch epoch = 0;
  std::string reason{};
  bool operator==(const report_failed&) const = default;
};

/// Have all tasks run once, at the same time; `resume`: they have, before.
struct start {
  ha::epoch epoch = 0;
  bool resume = false;
  bool operator==(const start&) const = default;
};

enum class ending : std::uint8_t {
  /// Running ones may finish.
  drain,
  /// Interrupt; the lease is the limit.
  interrupt,
  /// Little time is left.
  hurry,
};

struct end_runs {
  ending how = ending::interrupt;
  bool operator==(const end_runs&) const = default;
};

struct close_state {
  ha::epoch epoch = 0;
  bool operator==(const close_state&) const = default;
};

struct report_over {
  ha::epoch epoch = 0;
  bool operator==(const report_over&) const = default;
};

/// A fresh task supervisor takes the place of the one whose tasks ended.
struct renew_tasks {
  bool operator==(const renew_tasks&) const = default;
};

struct release_lock {
  bool operator==(const release_lock&) const = default;
};

struct leave {
  bool operator==(const leave&) const = default;
};

/// Answer the command line's once-mode.
struct answer_once {
  std::optional<std::string> error{};
  bool operator==(const answer_once&) const = default;
};

struct report_stopped {
  bool operator==(const report_stopped&) const = default;
};

using effect
  = std::variant<join, follow_state, stand_by, load, report_ready,
                 report_failed, start, end_runs, close_state, report_over,
                 renew_tasks, release_lock, leave, answer_once, report_stopped>;

using answer = transition<state, effect>;

answer step(state s, const started& event, time_point now);
answer step(state s, const copied& event, time_point now);
answer step(state s, const promoted& event, time_point now);
answer step(state s, const loaded& event, time_point now);
answer step(state s, const load_failed& event, time_point now);
answer step(state s, const revoked& event, time_point now);
answer step(state s, const once_over& event, time_point now);
answer step(state s, const runs_ended& event, time_point now);
answer step(state s, const state_closed& event, time_point now);
answer step(state s, const tasks_lost& event, time_point now);
answer step(state s, const store_lost& event, time_point now);
answer step(state s, const stop_requested& event, time_point now);
answer step(state s, const lock_released& event, time_point now);
answer step(state s, const session_ended& event, time_point now);

} // namespace cts::ha::tenure

#pragma once

#include "core/machine.hpp"
#include "core/schedule.hpp"
#include "core/types.hpp"

#include <optional>
#include <variant>

/// Asks for the runs of a scheduled task at the ticks of its cron expression.
///
/// The wall clock says when a tick is due, and nobody can say when it will:
/// it may be stepped, or the machine may sleep. So it is looked at again every
/// half minute and at the next tick as far as that is known.
///
/// Invariants: a tick asks for one run at most; a clock that is set back by no
/// more than `same_time` meets no tick twice; ticks that were missed, by a long
/// run or by a clock that was set forward, ask for one run together. Source:
/// spec monitoring, 3.5 and 3.7.
namespace cts::ticks {

/// The longest pause between two looks at the wall clock.
constexpr auto look_pause = std::chrono::seconds{30};

/// A wall clock that is set back by more tells a new time, in which each tick
/// counts again.
constexpr auto same_time = std::chrono::minutes{10};

struct state {
  schedule::cron expression{};
  zone_offset zone{};
  /// Triggers are served.
  bool serving = false;
  /// The task is switched off.
  bool disabled = false;
  /// The task runs, or waits for a slot.
  bool busy = false;
  /// Our tick is what made the task busy, or is about to.
  bool ours = false;
  /// The tick that is waited for.
  std::optional<wall_time> next{};
  /// The tick that was met last.
  std::optional<wall_time> last{};
  /// When the wall clock is looked at next; a timer that elapses earlier is an
  /// old one.
  time_point look_at{};
};

// -- events: each carries what the wall clock shows ---------------------------

/// Where the task stands.
struct task_followed {
  wall_time wall{};
  bool serving = false;
  bool disabled = false;
  bool busy = false;
};

struct timer_elapsed {
  wall_time wall{};
};

// -- effects ------------------------------------------------------------------

struct request_run {
  bool operator==(const request_run&) const = default;
};

/// For the log: what is waited for from now on. Absent: it never comes.
struct report_next {
  std::optional<wall_time> next{};
  wall_time now{};
  bool operator==(const report_next&) const = default;
};

/// The tick is lost: something else has the task run.
struct report_busy {
  bool operator==(const report_busy&) const = default;
};

/// The tick is lost: the task is disabled.
struct report_disabled {
  bool operator==(const report_disabled&) const = default;
};

/// Asks for a `timer_elapsed` at `due`.
struct arm_timer {
  time_point due{};
  bool operator==(const arm_timer&) const = default;
};

using effect = std::variant<request_run, report_next, report_busy,
                            report_disabled, arm_timer>;

transition<state, effect> step(state s, const task_followed& event,
                               time_point now);
transition<state, effect> step(state s, const timer_elapsed& event,
                               time_point now);

} // namespace cts::ticks

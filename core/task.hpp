#pragma once

#include "core/ha/types.hpp"
#include "core/machine.hpp"
#include "core/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The life of one task: prepare its workspace, wait for its data, run it when
/// it is told to, remember what arrives meanwhile. Source: spec chapters
/// monitoring, 3.8 to 3.12, and high-availability, 4.4.
///
/// The idea: the task is always in exactly one phase; what must not be lost (a
/// trigger, a failed run, a request) is a flag beside the phase and is looked
/// at whenever the phase becomes idle.
///
/// Invariants: the driver is asked for one thing at a time; a run holds a slot;
/// at most one run is remembered; after `stop_requested` nothing is started. A
/// fenced task applies with a permit only, holds no slot while it waits for its
/// turn, and names each permit that it got in exactly one `finish_run`.
namespace cts::task {

/// What a run is for.
enum class purpose : std::uint8_t {
  /// A change of its inputs: skipped if nothing is new.
  trigger,
  /// Somebody asked for it: once-mode or the API. No second try.
  once,
  /// A look at what would change. Leaves no event.
  inspect,
};

/// The workspace is being prepared and the data awaited.
struct creating {
  /// When waiting for data ends; absent until the workspace is prepared.
  std::optional<time_point> deadline{};
};

/// Prepared; nothing to do.
struct idle {};

/// Waits for its turn, then for a slot.
struct queued {
  purpose what = purpose::trigger;
  /// The turn has come, or is not needed.
  bool turn = false;
  /// After a refusal: when to ask for the turn again.
  std::optional<time_point> next_attempt{};
  /// From then on somebody should know that we wait for our turn.
  std::optional<time_point> patience{};
  /// That time has come: a run of a former leader stands in the way.
  bool waits = false;
};

/// Terraform works, or rests between two tries.
struct running {
  purpose what = purpose::trigger;
  bool stopping = false;
  /// Told to stop, but left alone until then.
  std::optional<time_point> drain_end{};
  /// Rendered; the permit is asked for.
  bool awaits_permit = false;
  std::optional<ha::run_permit> permit{};
  /// One text a failed try, oldest first.
  std::vector<std::string> failures{};
  std::optional<time_point> next_try{};
};

/// Prepared, but switched off.
struct disabled {};

/// Could not be created; another attempt follows.
struct failed {
  time_point next_attempt{};
};

/// Told to stop; `waiting` for the driver.
struct stopped {
  bool waiting = false;
};

using phase
  = std::variant<creating, idle, queued, running, disabled, failed, stopped>;

/// Event: Consul does not deliver an input. `permanent`: its answer cannot heal
/// by itself.
struct input_failed {
  std::string message{};
  bool permanent = false;
};

struct state {
  task_name name{};
  bool enabled = true;
  /// Each run needs a turn and a permit: with high availability.
  bool fenced = false;
  /// Tries after the first one, of a triggered run.
  unsigned retries_max = 2;
  phase at{};
  /// Triggers are served; before, they are remembered.
  bool monitoring = false;
  /// Requests that are not answered yet.
  bool once_wanted = false;
  bool inspect_wanted = false;
  bool ready_wanted = false;
  /// Being enabled; if that fails, the task is disabled again.
  bool enabling = false;
  /// A trigger is remembered.
  bool triggered = false;
  /// The last run failed: its input is not applied.
  bool due = false;
  /// The number of the newest run.
  run_id run{};
  /// The slot that we hold.
  std::optional<std::uint64_t> slot{};
  /// Questions that are not answered yet.
  bool slot_asked = false;
  bool turn_asked = false;
  bool permit_asked = false;
  /// Runs with a permit whose end is not recorded yet.
  unsigned recording = 0;
  /// The inputs are being watched.
  bool watching = false;
  bool inputs_ready = false;
  /// Why data is missing, if Consul said so.
  std::optional<input_failed> input_failure{};
  /// Creations that failed in a row.
  unsigned attempts_failed = 0;
};

/// How long complete data is awaited, counted from the prepared workspace.
constexpr auto data_wait_max = std::chrono::seconds{60};

/// The pause after a failed creation, doubled each time (high-availability,
/// 5.2).
constexpr auto attempt_pause_min = std::chrono::seconds{1};
constexpr auto attempt_pause_max = std::chrono::seconds{60};

/// The pause after a turn or a permit was refused.
constexpr auto turn_pause = std::chrono::seconds{1};

/// A turn that has not come by then is worth mentioning.
constexpr auto turn_patience = std::chrono::seconds{1};

// -- events -------------------------------------------------------------------

/// The first event.
struct started {};

struct slot_granted {
  std::uint64_t ticket = 0;
};

/// No run of a former leader stands in the way.
struct turn_came {};

/// Nobody knows; ask again later.
struct turn_refused {};

struct permit_given {
  ha::run_permit permit{};
};

struct permit_refused {};

/// The event of a run with a permit is stored, or can never be.
struct run_recorded {};

struct prepared {};

struct prepare_failed {
  std::string message{};
};

/// Every input has been delivered at least once.
struct inputs_complete {};

/// A trigger of the condition.
struct run_requested {};

/// Once-mode, or the API, wants this task to run.
struct once_requested {};

/// The API wants to know what a run would change.
struct inspect_requested {};

/// Somebody waits until the task could run, or for the reason why it cannot.
struct ready_requested {};

/// Is followed by `monitoring_started` when it shall be triggered.
struct enable_requested {};

struct disable_requested {};

struct monitoring_started {};

/// The input file is written. `unchanged`: its bytes and what triggers the task
/// are what the last successful run had.
struct rendered {
  bool unchanged = false;
};

/// There is nothing to render that the task should be run with.
struct held {};

struct render_failed {
  std::string message{};
};

struct applied {};

/// `jitter` is a random number in [0, 1).
struct apply_failed {
  std::string message{};
  double jitter = 0;
};

struct inspected {};

struct inspect_failed {
  std::string message{};
};

struct timer_elapsed {};

/// A run that goes on is left alone for `drain`.
struct stop_requested {
  duration drain{0};
};

/// No process of the driver is left.
struct driver_stopped {};

// -- effects ------------------------------------------------------------------

/// Ask the run queue; answered by `slot_granted`.
struct want_slot {
  bool for_run = true;
  bool operator==(const want_slot&) const = default;
};

struct give_slot {
  std::uint64_t ticket = 0;
  bool operator==(const give_slot&) const = default;
};

/// Answered by `turn_came` or `turn_refused`.
struct want_turn {
  bool operator==(const want_turn&) const = default;
};

/// Answered by `permit_given` or `permit_refused`.
struct want_permit {
  bool operator==(const want_permit&) const = default;
};

/// Answered by `inputs_complete` or `input_failed`.
struct watch_inputs {
  bool operator==(const watch_inputs&) const = default;
};

struct unwatch_inputs {
  bool operator==(const unwatch_inputs&) const = default;
};

/// Answered by `prepared` or `prepare_failed`.
struct prepare {
  bool operator==(const prepare&) const = default;
};

/// Answered by `rendered` or `render_failed`.
struct render {
  bool operator==(const render&) const = default;
};

/// Answered by `applied` or `apply_failed`. `attempt` counts from 1.
struct apply {
  run_id run{};
  unsigned attempt = 1;
  std::optional<ha::run_permit> permit{};
  bool operator==(const apply&) const = default;
};

/// Answered by `inspected` or `inspect_failed`.
struct inspect {
  bool operator==(const inspect&) const = default;
};

/// A run is over: an event for the event store. With a permit it is answered
/// by `run_recorded`.
struct finish_run {
  run_id run{};
  std::optional<std::string> error{};
  std::optional<ha::run_permit> permit{};
  bool operator==(const finish_run&) const = default;
};

/// A run found nothing to do and leaves no event.
struct skip_run {
  bool operator==(const skip_run&) const = default;
};

/// Answer the once-mode request.
struct answer_once {
  bool ran = false;
  std::optional<std::string> error{};
  bool operator==(const answer_once&) const = default;
};

/// Answer with what was found out, or with the error.
struct answer_inspect {
  std::optional<std::string> error{};
  bool operator==(const answer_inspect&) const = default;
};

struct answer_ready {
  std::optional<std::string> error{};
  bool operator==(const answer_ready&) const = default;
};

/// The task could not be created; it stays and is tried again.
struct report_failure {
  std::string error{};
  bool operator==(const report_failure&) const = default;
};

struct arm_timer {
  time_point due{};
  bool operator==(const arm_timer&) const = default;
};

/// Answered by `driver_stopped`.
struct stop_driver {
  bool operator==(const stop_driver&) const = default;
};

/// Everything is over.
struct report_stopped {
  bool operator==(const report_stopped&) const = default;
};

using effect
  = std::variant<want_slot, give_slot, want_turn, want_permit, watch_inputs,
                 unwatch_inputs, prepare, render, apply, inspect, finish_run,
                 skip_run, answer_once, answer_inspect, answer_ready,
                 report_failure, arm_timer, stop_driver, report_stopped>;

using answer = transition<state, effect>;

answer step(state s, const started& event, time_point now);
answer step(state s, const slot_granted& event, time_point now);
answer step(state s, const turn_came& event, time_point now);
answer step(state s, const turn_refused& event, time_point now);
answer step(state s, const permit_given& event, time_point now);
answer step(state s, const permit_refused& event, time_point now);
answer step(state s, const run_recorded& event, time_point now);
answer step(state s, const prepared& event, time_point now);
answer step(state s, const prepare_failed& event, time_point now);
answer step(state s, const inputs_complete& event, time_point now);
answer step(state s, const input_failed& event, time_point now);
answer step(state s, const run_requested& event, time_point now);
answer step(state s, const once_requested& event, time_point now);
answer step(state s, const inspect_requested& event, time_point now);
answer step(state s, const ready_requested& event, time_point now);
answer step(state s, const enable_requested& event, time_point now);
answer step(state s, const disable_requested& event, time_point now);
answer step(state s, const monitoring_started& event, time_point now);
answer step(state s, const rendered& event, time_point now);
answer step(state s, const held& event, time_point now);
answer step(state s, const render_failed& event, time_point now);
answer step(state s, const applied& event, time_point now);
answer step(state s, const apply_failed& event, time_point now);
answer step(state s, const inspected& event, time_point now);
answer step(state s, const inspect_failed& event, time_point now);
answer step(state s, const timer_elapsed& event, time_point now);
answer step(state s, const stop_requested& event, time_point now);
answer step(state s, const driver_stopped& event, time_point now);

/// `idle`, `running`, ...: the phase as logs and the API name it.
const char* name_of(const phase& at);

} // namespace cts::task

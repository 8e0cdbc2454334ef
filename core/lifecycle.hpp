#pragma once

#include "core/machine.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The life of an instance: reach Consul, find the driver's program, open the
/// API, join Consul's catalog, run all tasks once, monitor them, and stop in
/// order. Source: spec chapters monitoring 4 and cli 7.4, 14.
///
/// Invariants: the API's port is bound before any task runs; each way out ends
/// in exactly one `end`; once stopping has begun nothing is started.
namespace cts::lifecycle {

enum class step_at : std::uint8_t {
  reaching_consul,
  finding_program,
  rendering_values,
  opening_api,
  running_once,
  monitoring,
  stopping,
  ended,
};

/// The numbers are part of the command line's contract (chapter cli 2).
enum class exit_code : int {
  success = 0,
  runtime_error = 11,
  stop_timed_out = 12,
  configuration_error = 15,
  driver_error = 16,
};

struct state {
  /// Once mode: no API, no monitoring, and the end when all tasks ran.
  bool once = false;
  /// How long running Terraform processes may take to end.
  duration shutdown_grace = std::chrono::seconds{10};
  /// How long running ones may first go on undisturbed, with high availability
  /// (chapter high-availability, 4.5 D1).
  duration drain{0};
  /// What the second signal leaves them.
  duration hurry_grace{0};
  /// What giving back lock and session may take beyond.
  duration leave_margin{0};
  /// How long an unreachable agent is waited for at start.
  duration startup_wait{0};
  /// Templates of the configuration must be rendered before tasks are created.
  bool dynamic = false;

  step_at at = step_at::reaching_consul;
  exit_code result = exit_code::success;
  time_point started_at{};
  /// Empty answers to the leader probe so far.
  unsigned probes_empty = 0;
  std::optional<time_point> next_probe{};
  /// While stopping: when the tasks' time is over.
  std::optional<time_point> tasks_deadline{};
  /// It was over, and their processes are being killed.
  bool killing = false;
  /// Signals seen while stopping.
  unsigned signals = 0;
  bool tasks_running = false;
  bool api_open = false;
  /// In the agent's catalog, or on the way into it.
  bool registered = false;
};

/// The pause after the first empty answer; it doubles with each (1.2).
constexpr auto probe_pause = std::chrono::seconds{2};
constexpr auto probes_max = 6u;

/// How often an unreachable agent is tried within `startup_wait`.
constexpr auto reconnect_pause = std::chrono::seconds{1};

/// What a killed process may take to be gone, beyond the grace.
constexpr auto kill_margin = std::chrono::seconds{2};

/// What open API requests are given at the end.
constexpr auto api_grace = std::chrono::seconds{5};

// -- events -------------------------------------------------------------------

struct started {};

/// The agent answered the probe; an empty or missing leader is none.
struct consul_probed {
  bool has_leader = false;
};

struct consul_unreachable {
  std::string message{};
};

struct program_found {};

struct program_missing {
  std::string message{};
};

struct values_rendered {};

struct values_refused {
  std::string message{};
};

struct api_opened {};

struct api_failed {
  std::string message{};
};

/// The task supervisor was restarted and knows nothing of its tasks.
struct tasks_lost {};

struct once_over {
  std::optional<std::string> error{};
};

/// A signal. The second one leaves `hurry_grace`, a third one nothing.
struct stop_requested {};

struct tasks_stopped {};

struct api_closed {};

/// The instance has left the catalog, or could not.
struct deregistered {};

/// A part of the instance failed for good.
struct part_lost {
  std::string message{};
};

struct timer_elapsed {};

// -- effects ------------------------------------------------------------------

struct probe_consul {
  bool operator==(const probe_consul&) const = default;
};

struct find_program {
  bool operator==(const find_program&) const = default;
};

/// Find out what the templates of the configuration stand for.
struct render_values {
  bool operator==(const render_values&) const = default;
};

struct open_api {
  bool operator==(const open_api&) const = default;
};

/// In the background; never fails.
struct register_instance {
  bool operator==(const register_instance&) const = default;
};

struct deregister_instance {
  bool operator==(const deregister_instance&) const = default;
};

/// Create all tasks and run them once, one after the other. `resume`: they have
/// all run before; monitor at once, and let each run when it can.
struct start_tasks {
  bool resume = false;
  bool operator==(const start_tasks&) const = default;
};

struct stop_tasks {
  duration grace{};
  duration drain{};
  bool operator==(const stop_tasks&) const = default;
};

struct close_api {
  bool operator==(const close_api&) const = default;
};

/// Tell the operator why the instance ends with an error. `stage` is the
/// sentence that scripts match, for example `error setting up controller`.
struct report_error {
  std::string stage{};
  std::string message{};
  bool operator==(const report_error&) const = default;
};

/// A running instance stops although nobody asked for it.
struct report_unexpected_end {
  bool operator==(const report_unexpected_end&) const = default;
};

struct arm_timer {
  time_point due{};
  bool operator==(const arm_timer&) const = default;
};

/// Everything is over.
struct end {
  exit_code result{};
  bool operator==(const end&) const = default;
};

using effect = std::variant<probe_consul, find_program, render_values, open_api,
                            register_instance, start_tasks, stop_tasks,
                            close_api, deregister_instance, report_error,
                            report_unexpected_end, arm_timer, end>;

using answer = transition<state, effect>;

answer step(state s, const started& event, time_point now);
answer step(state s, const consul_probed& event, time_point now);
answer step(state s, const consul_unreachable& event, time_point now);
answer step(state s, const program_found& event, time_point now);
answer step(state s, const program_missing& event, time_point now);
answer step(state s, const values_rendered& event, time_point now);
answer step(state s, const values_refused& event, time_point now);
answer step(state s, const api_opened& event, time_point now);
answer step(state s, const api_failed& event, time_point now);
answer step(state s, const tasks_lost& event, time_point now);
answer step(state s, const once_over& event, time_point now);
answer step(state s, const stop_requested& event, time_point now);
answer step(state s, const tasks_stopped& event, time_point now);
answer step(state s, const api_closed& event, time_point now);
answer step(state s, const deregistered& event, time_point now);
answer step(state s, const part_lost& event, time_point now);
answer step(state s, const timer_elapsed& event, time_point now);

} // namespace cts::lifecycle

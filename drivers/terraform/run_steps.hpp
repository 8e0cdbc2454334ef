#pragma once

#include "core/machine.hpp"
#include "drivers/terraform/command.hpp"
#include "drivers/terraform/output.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The order in which a task's directory is written, initialised, validated
/// and applied, one step at a time. Invariants: at most one step goes on; each
/// request is finished exactly once; nothing starts after a stop. In a cluster,
/// a preparation never has the task's workspace selected, and every command of
/// a run needs the lease. Source: spec chapters terraform-driver, 2.6 to 2.9
/// and 8.1, and high-availability, 4.8 and 5.5.
namespace cts::terraform::run_steps {

enum class step_name : std::uint8_t {
  idle,
  checking_leftovers,
  removing_leftovers,
  writing_module,
  initialising,
  repairing_workspace,
  creating_workspace,
  selecting_workspace,
  writing_selection,
  validating,
  rendering,
  checking_errored_state,
  pulling_state,
  pushing_state,
  archiving_errored_state,
  applying,
  planning,
  /// The lock that a former owner of the task has left behind.
  freeing_lock,
  /// Back to the default workspace, which locks nothing.
  deselecting,
  inspecting_lock,
  /// Somebody else holds the lock that the command to repeat needs.
  waiting_for_lock,
};

struct options {
  std::string task{};
  terraform::version version{};
  /// Write the selected workspace ourselves instead of having two commands do
  /// it (8.1 item 1).
  bool writes_selection = true;
  /// Without variables, files of earlier ones are removed.
  bool has_variables = false;
  /// Other instances may run the task, too.
  bool clustered = false;
  /// A held lock may be one that we left behind; then it can be released.
  bool inspects_locks = false;
  /// How long a lock of somebody else is waited for.
  duration lock_wait = std::chrono::seconds{60};
  /// Between two tries meanwhile, at most.
  duration lock_pause_max = std::chrono::seconds{5};
  /// Where Terraform remembers which workspace is selected.
  std::string selection_path{};
  /// Where Terraform leaves a state that it could not store.
  std::string errored_state_path{};
  /// Time limits, for the error's text.
  milliseconds init_timeout{};
  milliseconds validate_timeout{};
  milliseconds apply_timeout{};
  milliseconds plan_timeout{};
};

/// What was asked for.
enum class goal : std::uint8_t { none, prepare, render, apply, inspect };

struct state {
  run_steps::options options{};
  step_name at = step_name::idle;
  run_steps::goal goal = run_steps::goal::none;
  /// The module is named by a relative path, found to be necessary (T11).
  bool relative_source = false;
  /// Each is done at most once for a request.
  bool repaired = false;
  bool initialised_again = false;
  bool stopping = false;
  /// When waiting for a lock is given up, and what is repeated until then.
  std::optional<time_point> lock_deadline{};
  step_name repeated = step_name::idle;
  duration lock_pause{};
  time_point retry_at{};
  /// What an earlier apply could not store.
  std::string errored_state{};
  /// Of the commands of this request.
  milliseconds wall_time{0};
};

// -- events -------------------------------------------------------------------

struct prepare_requested {};
struct render_requested {};
struct apply_requested {
  /// The task's last run was left behind by another instance.
  bool has_former_owner = false;
};
struct inspect_requested {};
struct stop_requested {};
/// Files that an earlier configuration of the task left behind.
struct leftovers_found {
  std::vector<std::string> paths{};
};
/// What an earlier apply could not store, if there is such a file.
struct errored_state_read {
  std::optional<std::string> text{};
};
struct files_removed {};
struct files_written {
  /// At least one file's bytes differed.
  bool changed = false;
};
struct files_failed {
  error reason{};
};
struct command_ended {
  process_finished end{};
};
/// It could not be started, or nothing is known about its end.
struct command_failed {
  error reason{};
};
/// Whose lock it is has been found out.
struct lock_inspected {
  /// It was ours and is free now.
  bool released = false;
};
struct timer_elapsed {};

// -- effects ------------------------------------------------------------------

struct check_leftovers {};
struct remove_leftovers {
  std::vector<std::string> paths{};
};
struct write_module {
  bool relative_source = false;
};
struct write_selection {};
struct write_inputs {};
struct check_errored_state {};
/// Keep what has been stored now under another name.
struct archive_errored_state {
  std::string text{};
};
struct start_command {
  command what = command::init;
  /// It needs the lease.
  bool fenced = false;
};
struct stop_command {};
struct inspect_lock {};
struct free_former_lock {};
struct arm_timer {
  time_point due{};
};
struct finish_prepare {};
struct finish_render {
  bool changed = false;
};
struct finish_apply {
  milliseconds wall_time{0};
};
struct finish_inspect {
  bool changes = false;
  std::string output{};
  milliseconds wall_time{0};
};
/// The request fails with this.
struct finish_failed {
  error reason{};
};
/// Nothing goes on any more.
struct finish_stop {};

/// Something for the log.
enum class note : std::uint8_t {
  workspace_without_state,
  workspace_exists,
  cannot_create_workspace,
  cannot_select_workspace,
  cannot_initialise,
  initialising_again,
  waiting_for_lock,
  relative_source,
  pushing_errored_state,
};
struct report {
  note what{};
};
struct report_warnings {
  std::string text{};
};

using effect
  = std::variant<check_leftovers, remove_leftovers, write_module,
                 write_selection, write_inputs, check_errored_state,
                 archive_errored_state, start_command, stop_command,
                 inspect_lock, free_former_lock, arm_timer, finish_prepare,
                 finish_render, finish_apply, finish_inspect, finish_failed,
                 finish_stop, report, report_warnings>;

using transition = cts::transition<state, effect>;

/// Requests while another goes on are ignored: ask `is_idle` first.
transition step(state s, prepare_requested, time_point now);
transition step(state s, render_requested, time_point now);
transition step(state s, apply_requested event, time_point now);
transition step(state s, inspect_requested, time_point now);
transition step(state s, stop_requested, time_point now);
transition step(state s, const leftovers_found& event, time_point now);
transition step(state s, const errored_state_read& event, time_point now);
transition step(state s, files_removed, time_point now);
transition step(state s, files_written event, time_point now);
transition step(state s, const files_failed& event, time_point now);
transition step(state s, const command_ended& event, time_point now);
transition step(state s, const command_failed& event, time_point now);
transition step(state s, lock_inspected event, time_point now);
transition step(state s, timer_elapsed, time_point now);

inline bool is_idle(const state& s) {
  return s.at == step_name::idle;
}

/// The command that goes on, if one does.
std::optional<command> running_command(const state& s);

} // namespace cts::terraform::run_steps

#include "drivers/terraform/run_steps.hpp"

#include "drivers/terraform/run_moves.hpp"
#include "drivers/terraform/state_file.hpp"

#include <utility>

namespace cts::terraform::run_steps {

namespace {

/// Nothing else goes on; what is said now is forgotten with the next request.
state begun(state s, goal what) {
  s.goal = what;
  s.repaired = false;
  s.initialised_again = false;
  s.lock_deadline.reset();
  s.wall_time = milliseconds{0};
  return s;
}

transition begin_run(state s) {
  return s.options.clustered ? select_workspace(std::move(s))
                             : check_state(std::move(s));
}

bool is_last(step_name at) {
  return at == step_name::applying || at == step_name::planning;
}

/// Removes `paths`; in a cluster the selection of a workspace goes with them,
/// because an initialisation would lock the state of the selected one.
transition without_leftovers(state s, std::vector<std::string> paths) {
  if (s.options.clustered)
    paths.push_back(s.options.selection_path);
  if (paths.empty())
    return write_module_files(std::move(s));
  return go_on(std::move(s), step_name::removing_leftovers,
               {remove_leftovers{std::move(paths)}});
}

/// The directory is initialised, for a preparation in a cluster with no
/// workspace but the default one.
transition initialised(state s) {
  if (s.options.clustered && !is_run(s.goal))
    return run_command(std::move(s), step_name::validating, command::validate);
  return select_workspace(std::move(s));
}

transition init_ended(state s, const process_finished& end) {
  if (succeeded(s.at, end))
    return initialised(std::move(s));
  // In a cluster only the default workspace is selected now.
  if (misses_workspace(end) && !s.repaired && !s.options.clustered) {
    s.repaired = true;
    auto start = command_of(s, command::workspace_new);
    return go_on(std::move(s), step_name::repairing_workspace,
                 {report{note::workspace_without_state}, start});
  }
  if (escapes_package(end) && !s.relative_source) {
    s.relative_source = true;
    auto out = write_module_files(std::move(s));
    out.effects.insert(out.effects.begin(), report{note::relative_source});
    return out;
  }
  return finish_with_end(std::move(s), end);
}

transition workspace_new_ended(state s, const process_finished& end) {
  auto repairing = s.at == step_name::repairing_workspace;
  if (!succeeded(s.at, end) && !has_workspace_already(end)) {
    auto out = finish_with_end(std::move(s), end);
    out.effects.insert(out.effects.begin(),
                       report{note::cannot_create_workspace});
    return out;
  }
  if (repairing)
    return run_command(std::move(s), step_name::initialising, command::init);
  auto exists = !succeeded(s.at, end);
  auto out = run_command(std::move(s), step_name::selecting_workspace,
                         command::workspace_select);
  if (exists)
    out.effects.insert(out.effects.begin(), report{note::workspace_exists});
  return out;
}

transition workspace_select_ended(state s, const process_finished& end) {
  if (succeeded(s.at, end))
    return workspace_selected(std::move(s));
  auto out = finish_with_end(std::move(s), end);
  out.effects.insert(out.effects.begin(),
                     report{note::cannot_select_workspace});
  return out;
}

transition validate_ended(state s, const process_finished& end) {
  auto judgement = parse_validation(end.output, s.options.task);
  if (!judgement)
    return finish_with_end(std::move(s), end);
  if (!judgement->valid)
    return finish_with_cause(std::move(s), judgement->text);
  auto out = finish(std::move(s), finish_prepare{});
  if (!judgement->text.empty())
    out.effects.insert(out.effects.begin(), report_warnings{judgement->text});
  return out;
}

transition archive_state(state s) {
  auto text = std::exchange(s.errored_state, {});
  return go_on(std::move(s), step_name::archiving_errored_state,
               {archive_errored_state{std::move(text)}});
}

transition pull_ended(state s, const process_finished& end) {
  if (!succeeded(s.at, end))
    return finish_with_end(std::move(s), end);
  auto verdict = judge_errored_state(s.errored_state, end.output);
  if (!verdict) {
    auto reason = fail(errc::driver, "task \"", s.options.task,
                       "\": errored.tfstate ", verdict.error().message,
                       ", resolve it manually: ", s.options.errored_state_path);
    return finish(std::move(s), finish_failed{std::move(reason)});
  }
  if (*verdict == errored_state::archive)
    return archive_state(std::move(s));
  auto start = command_of(s, command::state_push);
  return go_on(std::move(s), step_name::pushing_state,
               {report{note::pushing_errored_state}, start});
}

transition push_ended(state s, const process_finished& end) {
  if (!succeeded(s.at, end))
    return finish_with_end(std::move(s), end);
  return archive_state(std::move(s));
}

/// The command that the request is about has ended.
transition goal_ended(state s, const process_finished& end) {
  if (!succeeded(s.at, end))
    return finish_with_end(std::move(s), end);
  auto wall_time = s.wall_time;
  if (s.at == step_name::applying)
    return finish(std::move(s), finish_apply{wall_time});
  return finish(std::move(s),
                finish_inspect{end.exit_code != 0, end.output, wall_time});
}

/// What is tried before a failure counts.
std::optional<transition> try_again(const state& s, const process_finished& end,
                                    time_point now) {
  if (auto waiting = wait_for_lock(s, end, now))
    return waiting;
  return initialise_again(s, end);
}

} // namespace

transition step(state s, prepare_requested, time_point) {
  if (!is_idle(s))
    return {std::move(s), {}};
  s = begun(std::move(s), goal::prepare);
  if (!s.options.has_variables)
    return go_on(std::move(s), step_name::checking_leftovers,
                 {check_leftovers{}});
  return without_leftovers(std::move(s), {});
}

transition step(state s, render_requested, time_point) {
  if (!is_idle(s))
    return {std::move(s), {}};
  return go_on(begun(std::move(s), goal::render), step_name::rendering,
               {write_inputs{}});
}

transition step(state s, apply_requested event, time_point) {
  if (!is_idle(s))
    return {std::move(s), {}};
  s = begun(std::move(s), goal::apply);
  if (event.has_former_owner && s.options.inspects_locks)
    return go_on(std::move(s), step_name::freeing_lock, {free_former_lock{}});
  return begin_run(std::move(s));
}

transition step(state s, inspect_requested, time_point) {
  if (!is_idle(s))
    return {std::move(s), {}};
  return begin_run(begun(std::move(s), goal::inspect));
}

transition step(state s, stop_requested, time_point) {
  if (is_idle(s))
    return {std::move(s), {finish_stop{}}};
  s.stopping = true;
  if (s.at == step_name::waiting_for_lock)
    return finish_cancelled(std::move(s));
  if (running_command(s))
    return {std::move(s), {stop_command{}}};
  return {std::move(s), {}};
}

transition step(state s, const leftovers_found& event, time_point) {
  if (s.at != step_name::checking_leftovers)
    return {std::move(s), {}};
  return without_leftovers(std::move(s), event.paths);
}

transition step(state s, const errored_state_read& event, time_point) {
  if (s.at != step_name::checking_errored_state)
    return {std::move(s), {}};
  if (!event.text)
    return run_goal(std::move(s));
  s.errored_state = *event.text;
  return run_command(std::move(s), step_name::pulling_state,
                     command::state_pull);
}

transition step(state s, files_removed, time_point) {
  switch (s.at) {
    case step_name::removing_leftovers: return write_module_files(std::move(s));
    case step_name::archiving_errored_state: return run_goal(std::move(s));
    case step_name::deselecting:
      return run_command(std::move(s), step_name::initialising, command::init);
    default: return {std::move(s), {}};
  }
}

transition step(state s, files_written event, time_point) {
  switch (s.at) {
    case step_name::writing_module:
      return run_command(std::move(s), step_name::initialising, command::init);
    case step_name::writing_selection: return workspace_selected(std::move(s));
    case step_name::rendering:
      return finish(std::move(s), finish_render{event.changed});
    default: return {std::move(s), {}};
  }
}

transition step(state s, const files_failed& event, time_point) {
  if (is_idle(s) || running_command(s))
    return {std::move(s), {}};
  auto reason = fail(errc::driver, event.reason.message);
  return finish(std::move(s), finish_failed{std::move(reason)});
}

transition step(state s, const command_ended& event, time_point now) {
  if (!running_command(s))
    return {std::move(s), {}};
  const auto& end = event.end;
  s.wall_time += end.wall_time;
  auto reached = is_last(s.at) && succeeded(s.at, end);
  if (end.timed_out && !reached)
    return finish_timed_out(std::move(s));
  if (end.stopped && !reached)
    return finish_cancelled(std::move(s), end.lease_over);
  if (!succeeded(s.at, end))
    if (auto again = try_again(s, end, now))
      return *std::move(again);
  switch (s.at) {
    case step_name::initialising: return init_ended(std::move(s), end);
    case step_name::repairing_workspace:
    case step_name::creating_workspace:
      return workspace_new_ended(std::move(s), end);
    case step_name::selecting_workspace:
      return workspace_select_ended(std::move(s), end);
    case step_name::validating: return validate_ended(std::move(s), end);
    case step_name::pulling_state: return pull_ended(std::move(s), end);
    case step_name::pushing_state: return push_ended(std::move(s), end);
    default: return goal_ended(std::move(s), end);
  }
}

transition step(state s, const command_failed& event, time_point) {
  if (!running_command(s))
    return {std::move(s), {}};
  if (event.reason.code == errc::cancelled)
    return finish_cancelled(std::move(s));
  if (event.reason.code == errc::conflict)
    return finish(std::move(s), finish_failed{event.reason});
  // That the machine is exhausted concerns more than this task.
  auto code = event.reason.code == errc::limit ? errc::limit : errc::driver;
  return finish_with_cause(std::move(s), event.reason.message, code);
}

transition step(state s, lock_inspected event, time_point) {
  if (s.at == step_name::freeing_lock)
    return begin_run(std::move(s));
  if (s.at != step_name::inspecting_lock)
    return {std::move(s), {}};
  return event.released ? repeat_command(std::move(s))
                        : wait_for_holder(std::move(s));
}

transition step(state s, timer_elapsed, time_point now) {
  if (s.at != step_name::waiting_for_lock || now < s.retry_at)
    return {std::move(s), {}};
  return repeat_command(std::move(s));
}

std::optional<command> running_command(const state& s) {
  switch (s.at) {
    case step_name::initialising: return command::init;
    case step_name::repairing_workspace:
    case step_name::creating_workspace: return command::workspace_new;
    case step_name::selecting_workspace: return command::workspace_select;
    case step_name::validating: return command::validate;
    case step_name::pulling_state: return command::state_pull;
    case step_name::pushing_state: return command::state_push;
    case step_name::applying: return command::apply;
    case step_name::planning: return command::plan;
    default: return std::nullopt;
  }
}

} // namespace cts::terraform::run_steps

#include "drivers/terraform/run_steps.hpp"

#include "core/go_duration.hpp"

#include "drivers/terraform/state_file.hpp"

#include <algorithm>

namespace cts::terraform::run_steps {

namespace {

using effects = std::vector<effect>;

constexpr auto first_lock_pause = std::chrono::seconds{2};
constexpr auto longest_lock_pause = std::chrono::seconds{5};

/// The request is over.
transition finish(state s, effect outcome) {
  s.at = step_name::idle;
  s.goal = goal::none;
  auto out = effects{std::move(outcome)};
  if (std::exchange(s.stopping, false))
    out.emplace_back(finish_stop{});
  return {std::move(s), std::move(out)};
}

transition finish_cancelled(state s) {
  auto reason = fail(errc::cancelled, "terraform for task '", s.options.task,
                     "' was stopped");
  return finish(std::move(s), finish_failed{std::move(reason)});
}

transition go_on(state s, step_name at, effects out) {
  if (s.stopping)
    return finish_cancelled(std::move(s));
  s.at = at;
  return {std::move(s), std::move(out)};
}

transition run(state s, step_name at, command what) {
  return go_on(std::move(s), at, {start_command{what}});
}

transition begin(state s, goal what, step_name at, effect first) {
  if (!is_idle(s))
    return {std::move(s), {}};
  s.goal = what;
  s.repaired = false;
  s.initialised_again = false;
  s.lock_deadline.reset();
  s.wall_time = milliseconds{0};
  return go_on(std::move(s), at, {std::move(first)});
}

transition write_module_files(state s) {
  auto relative = s.relative_source;
  return go_on(std::move(s), step_name::writing_module,
               {write_module{relative}});
}

/// The directory is initialised and the right workspace is selected.
transition workspace_selected(state s) {
  if (s.goal == goal::apply)
    return run(std::move(s), step_name::applying, command::apply);
  return run(std::move(s), step_name::validating, command::validate);
}

transition select_workspace(state s) {
  if (s.options.writes_selection)
    return go_on(std::move(s), step_name::writing_selection,
                 {write_selection{}});
  if (s.repaired)
    return run(std::move(s), step_name::selecting_workspace,
               command::workspace_select);
  return run(std::move(s), step_name::creating_workspace,
             command::workspace_new);
}

const char* prefix_of(goal what) {
  return what == goal::apply ? "error tf-apply for '" : "error tf-init for '";
}

milliseconds limit_of(const options& x, step_name at) {
  switch (at) {
    case step_name::validating: return x.validate_timeout;
    case step_name::applying: return x.apply_timeout;
    default: return x.init_timeout;
  }
}

transition finish_with_cause(state s, const std::string& cause,
                             errc code = errc::driver) {
  auto text = s.at == step_name::validating
                ? cause
                : prefix_of(s.goal) + s.options.task + "': " + cause;
  auto note_init = s.goal == goal::prepare && s.at != step_name::validating;
  auto out = finish(std::move(s), finish_failed{fail(code, text)});
  if (note_init)
    out.effects.insert(out.effects.begin(), report{note::cannot_initialise});
  return out;
}

transition finish_timed_out(state s) {
  auto text = fail(errc::driver, "terraform ", to_string(*running_command(s)),
                   " for task '", s.options.task, "' timed out after ",
                   go_duration::to_string(limit_of(s.options, s.at)));
  return finish(std::move(s), finish_failed{std::move(text)});
}

transition finish_with_end(state s, const process_finished& end) {
  auto cause = cause_of(end, s.options.version);
  return finish_with_cause(std::move(s), cause);
}

bool succeeded(const process_finished& end) {
  return end.signal == 0 && end.exit_code == 0;
}

transition wait_for_holder(state s) {
  auto due = s.retry_at;
  return go_on(std::move(s), step_name::waiting_for_lock,
               {report{note::waiting_for_lock}, arm_timer{due}});
}

transition repeat_command(state s) {
  s.at = std::exchange(s.repeated, step_name::idle);
  auto at = s.at;
  auto what = *running_command(s);
  return run(std::move(s), at, what);
}

/// Waits for the holder of the lock and then repeats the command, as long as
/// the task is willing to wait.
std::optional<transition> wait_for_lock(state s, const process_finished& end,
                                        time_point now) {
  if (classify(end) != failure::lock)
    return std::nullopt;
  auto first = !s.lock_deadline;
  if (first)
    s.lock_deadline = now + s.options.lock_wait;
  s.lock_pause
    = first ? duration{first_lock_pause}
            : std::min(s.lock_pause * 3 / 2, duration{longest_lock_pause});
  if (now + s.lock_pause > *s.lock_deadline)
    return std::nullopt;
  s.repeated = s.at;
  s.retry_at = now + s.lock_pause;
  auto due = s.retry_at;
  if (!first)
    return go_on(std::move(s), step_name::waiting_for_lock, {arm_timer{due}});
  if (s.options.inspects_locks)
    return go_on(std::move(s), step_name::inspecting_lock, {inspect_lock{}});
  return wait_for_holder(std::move(s));
}

transition init_ended(state s, const process_finished& end) {
  if (succeeded(end))
    return select_workspace(std::move(s));
  if (misses_workspace(end) && !s.repaired) {
    s.repaired = true;
    return go_on(std::move(s), step_name::repairing_workspace,
                 {report{note::workspace_without_state},
                  start_command{command::workspace_new}});
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
  if (!succeeded(end) && !has_workspace_already(end)) {
    auto out = finish_with_end(std::move(s), end);
    out.effects.insert(out.effects.begin(),
                       report{note::cannot_create_workspace});
    return out;
  }
  if (repairing)
    return run(std::move(s), step_name::initialising, command::init);
  auto exists = !succeeded(end);
  auto out = run(std::move(s), step_name::selecting_workspace,
                 command::workspace_select);
  if (exists)
    out.effects.insert(out.effects.begin(), report{note::workspace_exists});
  return out;
}

transition workspace_select_ended(state s, const process_finished& end) {
  if (succeeded(end))
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
  if (!succeeded(end))
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
  return go_on(
    std::move(s), step_name::pushing_state,
    {report{note::pushing_errored_state}, start_command{command::state_push}});
}

transition push_ended(state s, const process_finished& end) {
  if (!succeeded(end))
    return finish_with_end(std::move(s), end);
  return archive_state(std::move(s));
}

transition apply_ended(state s, const process_finished& end) {
  if (succeeded(end)) {
    auto wall_time = s.wall_time;
    return finish(std::move(s), finish_apply{wall_time});
  }
  // The directory may have been cleaned, or a local module have grown.
  if (classify(end) == failure::init_needed && !s.initialised_again) {
    s.initialised_again = true;
    return go_on(
      std::move(s), step_name::initialising,
      {report{note::initialising_again}, start_command{command::init}});
  }
  return finish_with_end(std::move(s), end);
}

} // namespace

transition step(state s, prepare_requested, time_point) {
  if (!s.options.has_variables)
    return begin(std::move(s), goal::prepare, step_name::checking_leftovers,
                 check_leftovers{});
  auto relative = s.relative_source;
  return begin(std::move(s), goal::prepare, step_name::writing_module,
               write_module{relative});
}

transition step(state s, render_requested, time_point) {
  return begin(std::move(s), goal::render, step_name::rendering,
               write_inputs{});
}

transition step(state s, apply_requested, time_point) {
  return begin(std::move(s), goal::apply, step_name::checking_errored_state,
               check_errored_state{});
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
  if (event.paths.empty())
    return write_module_files(std::move(s));
  return go_on(std::move(s), step_name::removing_leftovers,
               {remove_leftovers{event.paths}});
}

transition step(state s, const errored_state_read& event, time_point) {
  if (s.at != step_name::checking_errored_state)
    return {std::move(s), {}};
  if (!event.text)
    return run(std::move(s), step_name::applying, command::apply);
  s.errored_state = *event.text;
  return run(std::move(s), step_name::pulling_state, command::state_pull);
}

transition step(state s, files_removed, time_point) {
  switch (s.at) {
    case step_name::removing_leftovers: return write_module_files(std::move(s));
    case step_name::archiving_errored_state:
      return run(std::move(s), step_name::applying, command::apply);
    default: return {std::move(s), {}};
  }
}

transition step(state s, files_written event, time_point) {
  switch (s.at) {
    case step_name::writing_module:
      return run(std::move(s), step_name::initialising, command::init);
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
  auto applied = s.at == step_name::applying && succeeded(end);
  if (end.timed_out && !applied)
    return finish_timed_out(std::move(s));
  if (end.stopped && !applied)
    return finish_cancelled(std::move(s));
  if (!succeeded(end))
    if (auto waiting = wait_for_lock(s, end, now))
      return *std::move(waiting);
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
    default: return apply_ended(std::move(s), end);
  }
}

transition step(state s, const command_failed& event, time_point) {
  if (!running_command(s))
    return {std::move(s), {}};
  if (event.reason.code == errc::cancelled)
    return finish_cancelled(std::move(s));
  // That the machine is exhausted concerns more than this task.
  auto code = event.reason.code == errc::limit ? errc::limit : errc::driver;
  return finish_with_cause(std::move(s), event.reason.message, code);
}

transition step(state s, lock_inspected event, time_point) {
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
    default: return std::nullopt;
  }
}

} // namespace cts::terraform::run_steps

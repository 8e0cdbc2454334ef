#include "drivers/terraform/run_moves.hpp"

#include "core/go_duration.hpp"

#include <algorithm>
#include <utility>

namespace cts::terraform::run_steps {

namespace {

using effects = std::vector<effect>;

constexpr auto first_lock_pause = std::chrono::seconds{2};

const char* prefix_of(goal what) {
  switch (what) {
    case goal::apply: return "error tf-apply for '";
    case goal::inspect: return "error tf-plan for '";
    default: return "error tf-init for '";
  }
}

milliseconds limit_of(const options& x, step_name at) {
  switch (at) {
    case step_name::validating: return x.validate_timeout;
    case step_name::applying: return x.apply_timeout;
    case step_name::planning: return x.plan_timeout;
    default: return x.init_timeout;
  }
}

transition initialise_in_default_workspace(state s) {
  auto path = s.options.selection_path;
  return go_on(
    std::move(s), step_name::deselecting,
    {report{note::initialising_again}, remove_leftovers{{std::move(path)}}});
}

} // namespace

bool is_run(goal x) {
  return x == goal::apply || x == goal::inspect;
}

bool succeeded(step_name at, const process_finished& end) {
  // A plan that finds changes tells so by its exit code.
  constexpr auto has_changes = 2;
  auto planned = at == step_name::planning && end.exit_code == has_changes;
  return end.signal == 0 && (end.exit_code == 0 || planned);
}

start_command command_of(const state& s, command what) {
  return {what, s.options.clustered && s.goal == goal::apply};
}

transition go_on(state s, step_name at, effects out) {
  if (s.stopping)
    return finish_cancelled(std::move(s));
  s.at = at;
  return {std::move(s), std::move(out)};
}

transition run_command(state s, step_name at, command what) {
  auto start = command_of(s, what);
  return go_on(std::move(s), at, {start});
}

transition write_module_files(state s) {
  auto relative = s.relative_source;
  return go_on(std::move(s), step_name::writing_module,
               {write_module{relative}});
}

transition check_state(state s) {
  return go_on(std::move(s), step_name::checking_errored_state,
               {check_errored_state{}});
}

transition run_goal(state s) {
  if (s.goal == goal::inspect)
    return run_command(std::move(s), step_name::planning, command::plan);
  return run_command(std::move(s), step_name::applying, command::apply);
}

transition workspace_selected(state s) {
  if (!is_run(s.goal))
    return run_command(std::move(s), step_name::validating, command::validate);
  return s.options.clustered ? check_state(std::move(s))
                             : run_goal(std::move(s));
}

transition select_workspace(state s) {
  if (s.options.writes_selection)
    return go_on(std::move(s), step_name::writing_selection,
                 {write_selection{}});
  if (s.repaired)
    return run_command(std::move(s), step_name::selecting_workspace,
                       command::workspace_select);
  return run_command(std::move(s), step_name::creating_workspace,
                     command::workspace_new);
}

transition finish(state s, effect outcome) {
  s.at = step_name::idle;
  s.goal = goal::none;
  auto out = effects{std::move(outcome)};
  if (std::exchange(s.stopping, false))
    out.emplace_back(finish_stop{});
  return {std::move(s), std::move(out)};
}

transition finish_cancelled(state s, bool lease_over) {
  auto why = lease_over ? ": the lease of this instance is over" : "";
  auto reason = fail(errc::cancelled, "terraform for task '", s.options.task,
                     "' was stopped", why);
  return finish(std::move(s), finish_failed{std::move(reason)});
}

transition finish_with_cause(state s, const std::string& cause, errc code) {
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

transition wait_for_holder(state s) {
  auto due = s.retry_at;
  return go_on(std::move(s), step_name::waiting_for_lock,
               {report{note::waiting_for_lock}, arm_timer{due}});
}

transition repeat_command(state s) {
  s.at = std::exchange(s.repeated, step_name::idle);
  auto at = s.at;
  auto what = *running_command(s);
  return run_command(std::move(s), at, what);
}

std::optional<transition> wait_for_lock(state s, const process_finished& end,
                                        time_point now) {
  if (classify(end) != failure::lock)
    return std::nullopt;
  auto first = !s.lock_deadline;
  if (first)
    s.lock_deadline = now + s.options.lock_wait;
  s.lock_pause = first
                   ? duration{first_lock_pause}
                   : std::min(s.lock_pause * 3 / 2, s.options.lock_pause_max);
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

std::optional<transition> initialise_again(state s,
                                           const process_finished& end) {
  // Only the last command of a run is certain to find everything else done.
  auto last = s.at == step_name::applying || s.at == step_name::planning;
  auto may = last || (s.options.clustered && s.at != step_name::initialising);
  if (!is_run(s.goal) || s.initialised_again || !may
      || classify(end) != failure::init_needed)
    return std::nullopt;
  s.initialised_again = true;
  if (s.options.clustered)
    return initialise_in_default_workspace(std::move(s));
  auto start = command_of(s, command::init);
  return go_on(std::move(s), step_name::initialising,
               {report{note::initialising_again}, start});
}

} // namespace cts::terraform::run_steps

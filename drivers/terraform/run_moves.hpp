#pragma once

#include "drivers/terraform/run_steps.hpp"

#include <optional>
#include <string>
#include <vector>

/// How the machine of run_steps.hpp gets from one step to the next.
namespace cts::terraform::run_steps {

/// The next step, unless the request is to stop.
transition go_on(state s, step_name at, std::vector<effect> out);
transition run_command(state s, step_name at, command what);

start_command command_of(const state& s, command what);

transition write_module_files(state s);
transition check_state(state s);
transition select_workspace(state s);
/// The workspace of the task is selected.
transition workspace_selected(state s);
/// The command that the request is about.
transition run_goal(state s);

/// The request is over.
transition finish(state s, effect outcome);
transition finish_cancelled(state s, bool lease_over = false);
transition finish_with_cause(state s, const std::string& cause,
                             errc code = errc::driver);
transition finish_with_end(state s, const process_finished& end);
transition finish_timed_out(state s);

bool is_run(goal x);
bool succeeded(step_name at, const process_finished& end);

/// Waits for the holder of the lock and then repeats the command, as long as
/// the task is willing to wait.
std::optional<transition> wait_for_lock(state s, const process_finished& end,
                                        time_point now);
transition wait_for_holder(state s);
transition repeat_command(state s);

/// A run whose directory was cleaned, or whose module has grown, initialises it
/// once more.
std::optional<transition> initialise_again(state s,
                                           const process_finished& end);

} // namespace cts::terraform::run_steps

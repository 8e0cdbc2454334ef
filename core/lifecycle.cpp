#include "core/lifecycle.hpp"

#include <utility>

namespace cts::lifecycle {

namespace {

using effects = std::vector<effect>;

// Leaving the catalog comes last, when nothing is served any more.
void finish_if_done(state& s, effects& out) {
  if (s.at != step_at::stopping || s.tasks_running || s.api_open)
    return;
  if (s.registered) {
    out.push_back(deregister_instance{});
    return;
  }
  s.at = step_at::ended;
  out.push_back(end{s.result});
}

// First the tasks, so that nothing new is started; then the API, so that it
// answers as long as something runs.
void stop(state& s, effects& out, time_point now, exit_code result) {
  s.at = step_at::stopping;
  s.result = result;
  if (s.tasks_running) {
    s.tasks_deadline = now + s.drain + s.shutdown_grace + s.leave_margin;
    out.push_back(stop_tasks{.grace = s.shutdown_grace, .drain = s.drain});
    out.push_back(arm_timer{*s.tasks_deadline});
  } else if (s.api_open) {
    out.push_back(close_api{});
  }
  finish_if_done(s, out);
}

answer fail_with(state s, time_point now, exit_code result,
                 report_error reason) {
  auto out = effects{std::move(reason)};
  stop(s, out, now, result);
  return {std::move(s), std::move(out)};
}

answer nothing(state s) {
  return {std::move(s), {}};
}

answer probe_later(state s, time_point due) {
  s.next_probe = due;
  return {std::move(s), {arm_timer{due}}};
}

// The port is bound before any task runs.
answer begin_work(state s) {
  if (!s.once) {
    s.at = step_at::opening_api;
    return {std::move(s), {open_api{}}};
  }
  s.at = step_at::running_once;
  s.tasks_running = true;
  return {std::move(s), {start_tasks{}}};
}

void leave_tasks(state& s, effects& out) {
  s.tasks_running = false;
  s.tasks_deadline.reset();
  if (s.api_open)
    out.push_back(close_api{});
  finish_if_done(s, out);
}

} // namespace

answer step(state s, const started&, time_point now) {
  s.started_at = now;
  return {std::move(s), {probe_consul{}}};
}

answer step(state s, const consul_probed& event, time_point now) {
  if (s.at != step_at::reaching_consul)
    return nothing(std::move(s));
  if (event.has_leader) {
    s.at = step_at::finding_program;
    return {std::move(s), {find_program{}}};
  }
  if (++s.probes_empty >= probes_max)
    return fail_with(
      std::move(s), now, exit_code::configuration_error,
      {"error setting up controller", "client set: no consul leader detected"});
  auto pause = probe_pause * (1U << (s.probes_empty - 1));
  return probe_later(std::move(s), now + pause);
}

answer step(state s, const consul_unreachable& event, time_point now) {
  if (s.at != step_at::reaching_consul)
    return nothing(std::move(s));
  if (now + reconnect_pause <= s.started_at + s.startup_wait)
    return probe_later(std::move(s), now + reconnect_pause);
  return fail_with(std::move(s), now, exit_code::configuration_error,
                   {"error setting up controller", event.message});
}

answer step(state s, const program_found&, time_point) {
  if (s.at != step_at::finding_program)
    return nothing(std::move(s));
  if (!s.dynamic)
    return begin_work(std::move(s));
  s.at = step_at::rendering_values;
  return {std::move(s), {render_values{}}};
}

answer step(state s, const values_rendered&, time_point) {
  if (s.at != step_at::rendering_values)
    return nothing(std::move(s));
  return begin_work(std::move(s));
}

answer step(state s, const values_refused& event, time_point now) {
  if (s.at != step_at::rendering_values)
    return nothing(std::move(s));
  return fail_with(std::move(s), now, exit_code::runtime_error,
                   {"error initializing controller", event.message});
}

answer step(state s, const program_missing& event, time_point now) {
  if (s.at != step_at::finding_program)
    return nothing(std::move(s));
  return fail_with(std::move(s), now, exit_code::driver_error,
                   {"error installing driver", event.message});
}

answer step(state s, const api_opened&, time_point) {
  if (s.at != step_at::opening_api)
    return nothing(std::move(s));
  s.api_open = true;
  s.registered = true;
  s.at = step_at::running_once;
  s.tasks_running = true;
  return {std::move(s), {register_instance{}, start_tasks{}}};
}

answer step(state s, const api_failed& event, time_point now) {
  if (s.at != step_at::opening_api)
    return nothing(std::move(s));
  return fail_with(std::move(s), now, exit_code::runtime_error,
                   {"error running controller", event.message});
}

answer step(state s, const tasks_lost&, time_point) {
  if (s.at == step_at::running_once)
    return {std::move(s), {start_tasks{}}};
  if (s.at == step_at::monitoring)
    return {std::move(s), {start_tasks{.resume = true}}};
  return nothing(std::move(s));
}

answer step(state s, const once_over& event, time_point now) {
  if (s.at != step_at::running_once)
    return nothing(std::move(s));
  if (event.error)
    return fail_with(std::move(s), now, exit_code::runtime_error,
                     {"error running controller", *event.error});
  if (!s.once) {
    s.at = step_at::monitoring;
    return nothing(std::move(s));
  }
  auto out = effects{};
  stop(s, out, now, exit_code::success);
  return {std::move(s), std::move(out)};
}

answer step(state s, const stop_requested&, time_point now) {
  auto out = effects{};
  if (s.at == step_at::ended)
    return nothing(std::move(s));
  if (s.at != step_at::stopping) {
    stop(s, out, now, exit_code::success);
  } else if (s.tasks_running) {
    auto grace = ++s.signals == 1 ? s.hurry_grace : duration{0};
    s.tasks_deadline
      = grace == duration{0} ? now : now + grace + s.leave_margin;
    out.push_back(stop_tasks{.grace = grace});
    out.push_back(arm_timer{*s.tasks_deadline});
  }
  return {std::move(s), std::move(out)};
}

answer step(state s, const tasks_stopped&, time_point) {
  auto out = effects{};
  if (s.at == step_at::stopping && s.tasks_running)
    leave_tasks(s, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const api_closed&, time_point) {
  auto out = effects{};
  s.api_open = false;
  finish_if_done(s, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const deregistered&, time_point) {
  auto out = effects{};
  s.registered = false;
  finish_if_done(s, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const part_lost& event, time_point now) {
  auto out = effects{};
  if (s.at == step_at::stopping || s.at == step_at::ended)
    return nothing(std::move(s));
  if (s.at == step_at::monitoring)
    out.push_back(report_unexpected_end{});
  out.push_back(report_error{"error running controller", event.message});
  stop(s, out, now, exit_code::runtime_error);
  return {std::move(s), std::move(out)};
}

answer step(state s, const timer_elapsed&, time_point now) {
  auto out = effects{};
  if (s.at == step_at::reaching_consul && s.next_probe
      && now >= *s.next_probe) {
    s.next_probe.reset();
    out.push_back(probe_consul{});
  }
  if (s.at != step_at::stopping || !s.tasks_deadline || now < *s.tasks_deadline)
    return {std::move(s), std::move(out)};
  if (!std::exchange(s.killing, true)) { // killed now; soon gone
    if (s.result == exit_code::success)
      s.result = exit_code::stop_timed_out;
    s.tasks_deadline = *s.tasks_deadline + kill_margin;
    out.push_back(arm_timer{*s.tasks_deadline});
  } else {
    leave_tasks(s, out);
  }
  return {std::move(s), std::move(out)};
}

} // namespace cts::lifecycle

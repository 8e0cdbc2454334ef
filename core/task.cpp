#include "core/task.hpp"

#include <algorithm>
#include <utility>

namespace cts::task {

namespace {

using effects = std::vector<effect>;

template <class Phase>
bool in(const state& s) {
  return std::holds_alternative<Phase>(s.at);
}

void return_slot(state& s, effects& out) {
  if (auto ticket = std::exchange(s.slot, std::nullopt))
    out.push_back(give_slot{*ticket});
}

void reply_once(state& s, effects& out, answer_once reply) {
  if (std::exchange(s.once_wanted, false))
    out.push_back(std::move(reply));
}

void join_queue(state& s, effects& out, bool once) {
  s.at = queued{.once = once};
  out.push_back(want_slot{.for_run = true});
}

// The one place that looks at what was remembered.
void become_idle(state& s, effects& out) {
  s.at = idle{};
  if (s.once_wanted)
    join_queue(s, out, true);
  else if (s.monitoring && s.triggered)
    join_queue(s, out, false);
}

void begin_creation(state& s, effects& out) {
  s.at = creating{};
  s.input_failure.reset();
  out.push_back(want_slot{.for_run = false});
}

void fail_creation(state& s, effects& out, time_point now, std::string text) {
  auto pause = std::chrono::seconds{attempt_pause_min};
  for (auto i = 0u; i < s.attempts_failed && pause < attempt_pause_max; ++i)
    pause *= 2;
  ++s.attempts_failed;
  auto next = now + std::min<duration>(pause, attempt_pause_max);
  s.at = failed{.next_attempt = next};
  s.triggered = s.triggered || s.once_wanted; // it still has to run
  reply_once(s, out, {.ran = false, .error = text});
  out.push_back(report_failure{std::move(text)});
  out.push_back(arm_timer{next});
}

std::string no_data(const state& s) {
  auto text = "timed out rendering template for task " + s.name
              + ": no complete data from Consul within "
              + std::to_string(data_wait_max.count()) + " s";
  if (s.input_failure)
    text += ": " + s.input_failure->message;
  return text;
}

void give_up_on_input(state& s, effects& out, time_point now) {
  fail_creation(s, out, now,
                "error initializing task " + s.name
                  + ": unable to retrieve data from Consul: "
                  + s.input_failure->message);
}

// The reference shows the retries, newest first, and hides the first try.
std::string join(const std::vector<std::string>& failures) {
  auto text = std::string{};
  for (auto i = failures.size(); i-- > 1;)
    text += "retry attempt #" + std::to_string(i) + " failed '" + failures[i]
            + "': ";
  if (failures.size() == 1)
    return failures.front();
  return text + "first attempt failed '" + failures.front() + "'";
}

void end_run(state& s, effects& out, std::optional<std::string> error) {
  auto run = std::get<running>(s.at);
  s.due = error.has_value();
  out.push_back(finish_run{.run = s.run, .error = error});
  return_slot(s, out);
  if (run.once)
    reply_once(s, out, {.ran = true, .error = std::move(error)});
  if (run.stopping)
    s.at = stopped{.waiting = true};
  else
    become_idle(s, out);
}

duration pause_before_retry(unsigned retry, double jitter) {
  using seconds = std::chrono::duration<double>;
  auto base = static_cast<double>(1U << std::min(retry, 10U));
  return std::chrono::duration_cast<duration>(
    std::min(seconds{base * (1 + jitter / 2)}, seconds{15 * 60}));
}

} // namespace

answer step(state s, const started&, time_point) {
  auto out = effects{};
  begin_creation(s, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const slot_granted& event, time_point) {
  auto out = effects{};
  auto* waiting = std::get_if<creating>(&s.at);
  if (waiting != nullptr && !waiting->deadline && !s.slot) {
    s.slot = event.ticket;
    out.push_back(prepare{});
  } else if (auto* turn = std::get_if<queued>(&s.at)) {
    s.slot = event.ticket;
    s.triggered = false; // what is rendered from now on includes it
    ++s.run.value;
    s.at = running{.once = turn->once};
    out.push_back(render{});
  } else {
    out.push_back(give_slot{event.ticket});
  }
  return {std::move(s), std::move(out)};
}

answer step(state s, const prepared&, time_point now) {
  auto out = effects{};
  return_slot(s, out);
  auto* waiting = std::get_if<creating>(&s.at);
  if (waiting == nullptr)
    return {std::move(s), std::move(out)};
  s.attempts_failed = 0;
  if (!s.enabled) {
    s.at = disabled{};
    reply_once(s, out, {.ran = false});
  } else if (s.inputs_ready) {
    become_idle(s, out);
  } else if (s.input_failure && s.input_failure->permanent) {
    give_up_on_input(s, out, now);
  } else {
    waiting->deadline = now + data_wait_max;
    out.push_back(arm_timer{*waiting->deadline});
  }
  return {std::move(s), std::move(out)};
}

answer step(state s, const prepare_failed& event, time_point now) {
  auto out = effects{};
  return_slot(s, out);
  if (in<creating>(s))
    fail_creation(s, out, now, event.message);
  return {std::move(s), std::move(out)};
}

answer step(state s, const inputs_complete&, time_point) {
  auto out = effects{};
  s.inputs_ready = true;
  s.input_failure.reset();
  auto* waiting = std::get_if<creating>(&s.at);
  if (waiting != nullptr && waiting->deadline)
    become_idle(s, out);
  else if (in<failed>(s)) // for want of data, perhaps: no need to wait longer
    begin_creation(s, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const input_failed& event, time_point now) {
  auto out = effects{};
  if (s.inputs_ready)
    return {std::move(s), {}}; // what was delivered is still good
  s.input_failure = event;
  auto* waiting = std::get_if<creating>(&s.at);
  if (event.permanent && waiting != nullptr && waiting->deadline)
    give_up_on_input(s, out, now);
  return {std::move(s), std::move(out)};
}

answer step(state s, const run_requested&, time_point) {
  auto out = effects{};
  if (in<disabled>(s) || in<stopped>(s))
    return {std::move(s), {}};
  s.triggered = true;
  if (in<idle>(s))
    become_idle(s, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const once_requested&, time_point) {
  auto out = effects{};
  s.once_wanted = true;
  if (in<idle>(s))
    become_idle(s, out);
  else if (in<disabled>(s))
    reply_once(s, out, {.ran = false});
  else if (in<stopped>(s))
    reply_once(s, out, {.ran = false, .error = "the task has been stopped"});
  else if (in<failed>(s))
    begin_creation(s, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const monitoring_started&, time_point) {
  auto out = effects{};
  s.monitoring = true;
  if (in<idle>(s))
    become_idle(s, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const rendered& event, time_point) {
  auto out = effects{};
  auto* run = std::get_if<running>(&s.at);
  if (run == nullptr)
    return {std::move(s), {}};
  if (run->stopping) {
    end_run(s, out, "stopped before Terraform was started");
  } else if (event.unchanged && !run->once && !s.due) {
    out.push_back(skip_run{});
    return_slot(s, out);
    become_idle(s, out);
  } else {
    out.push_back(apply{.run = s.run, .attempt = 1});
  }
  return {std::move(s), std::move(out)};
}

answer step(state s, const held&, time_point) {
  auto out = effects{};
  auto* run = std::get_if<running>(&s.at);
  if (run == nullptr)
    return {std::move(s), {}};
  if (run->stopping) {
    end_run(s, out, "stopped before Terraform was started");
    return {std::move(s), std::move(out)};
  }
  return_slot(s, out);
  reply_once(s, out, {.ran = false});
  become_idle(s, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const render_failed& event, time_point) {
  auto out = effects{};
  if (in<running>(s))
    end_run(s, out, event.message);
  return {std::move(s), std::move(out)};
}

answer step(state s, const applied&, time_point) {
  auto out = effects{};
  if (in<running>(s))
    end_run(s, out, std::nullopt);
  return {std::move(s), std::move(out)};
}

answer step(state s, const apply_failed& event, time_point now) {
  auto out = effects{};
  auto* run = std::get_if<running>(&s.at);
  if (run == nullptr)
    return {std::move(s), {}};
  run->failures.push_back(event.message);
  auto retry = static_cast<unsigned>(run->failures.size()) - 1;
  if (run->once || run->stopping || retry >= s.retries_max) {
    end_run(s, out, join(run->failures));
  } else {
    run->next_try = now + pause_before_retry(retry, event.jitter);
    out.push_back(arm_timer{*run->next_try});
  }
  return {std::move(s), std::move(out)};
}

answer step(state s, const timer_elapsed&, time_point now) {
  auto out = effects{};
  if (auto* waiting = std::get_if<creating>(&s.at)) {
    if (waiting->deadline && now >= *waiting->deadline)
      fail_creation(s, out, now, no_data(s));
  } else if (auto* run = std::get_if<running>(&s.at)) {
    if (run->next_try && now >= *run->next_try) {
      run->next_try.reset();
      auto attempt = static_cast<unsigned>(run->failures.size()) + 1;
      out.push_back(apply{.run = s.run, .attempt = attempt});
    }
  } else if (auto* broken = std::get_if<failed>(&s.at)) {
    if (now >= broken->next_attempt)
      begin_creation(s, out);
  }
  return {std::move(s), std::move(out)};
}

answer step(state s, const stop_requested&, time_point) {
  auto out = effects{};
  if (auto* run = std::get_if<running>(&s.at)) {
    run->stopping = true;
    if (run->next_try) // no process runs: nothing else will end this run
      end_run(s, out, join(run->failures));
    out.push_back(stop_driver{});
  } else if (in<creating>(s) && s.slot) {
    s.at = stopped{.waiting = true};
    out.push_back(stop_driver{});
  } else if (!in<stopped>(s)) {
    s.at = stopped{};
    out.push_back(report_stopped{});
  } else if (std::get<stopped>(s.at).waiting) { // again: with less patience
    out.push_back(stop_driver{});
  } else {
    out.push_back(report_stopped{});
  }
  reply_once(s, out, {.ran = false, .error = "the task has been stopped"});
  return {std::move(s), std::move(out)};
}

answer step(state s, const driver_stopped&, time_point) {
  auto out = effects{};
  if (auto* run = std::get_if<running>(&s.at); run && run->stopping)
    end_run(s, out, "stopped while Terraform was running");
  if (auto* end = std::get_if<stopped>(&s.at); end && end->waiting) {
    end->waiting = false;
    return_slot(s, out);
    out.push_back(report_stopped{});
  }
  return {std::move(s), std::move(out)};
}

const char* name_of(const phase& at) {
  constexpr const char* names[] = {"creating", "idle",   "queued", "running",
                                   "disabled", "failed", "stopped"};
  return names[at.index()];
}

} // namespace cts::task

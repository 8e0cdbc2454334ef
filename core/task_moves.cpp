#include "core/task_moves.hpp"

#include <algorithm>
#include <utility>

namespace cts::task {

namespace {

void join_queue(move& m, purpose what) {
  m.s.at = queued{.what = what};
  if (m.s.fenced && what != purpose::inspect)
    ask_for_turn(m);
  else
    ask_for_slot(m, true);
}

// Whoever waits for the end of the creation deals with the error.
void undo_creation(move& m, const std::string& text) {
  if (std::exchange(m.s.enabling, false))
    m.s.enabled = false;
  m.s.at = disabled{};
  end_watching(m);
  refuse_all(m, text);
}

void leave_run(move& m, const running& run) {
  return_slot(m);
  if (run.stopping || run.drain_end) {
    m.s.at = stopped{.waiting = run.stopping};
    refuse_all(m, stopped_text);
    finish_stop(m);
  } else {
    settle(m);
  }
}

void record(move& m, finish_run result) {
  if (result.permit)
    ++m.s.recording;
  m.out.push_back(std::move(result));
}

} // namespace

void return_slot(move& m) {
  if (auto ticket = std::exchange(m.s.slot, std::nullopt))
    m.out.push_back(give_slot{*ticket});
}

void reply_once(move& m, answer_once reply) {
  if (std::exchange(m.s.once_wanted, false))
    m.out.push_back(std::move(reply));
}

void reply_inspect(move& m, std::optional<std::string> error) {
  if (std::exchange(m.s.inspect_wanted, false))
    m.out.push_back(answer_inspect{std::move(error)});
}

void reply_ready(move& m, std::optional<std::string> error) {
  if (std::exchange(m.s.ready_wanted, false))
    m.out.push_back(answer_ready{std::move(error)});
}

void refuse_all(move& m, const std::string& error) {
  reply_once(m, {.ran = false, .error = error});
  reply_inspect(m, error);
  reply_ready(m, error);
}

void begin_watching(move& m) {
  if (!std::exchange(m.s.watching, true))
    m.out.push_back(watch_inputs{});
}

void end_watching(move& m) {
  if (!std::exchange(m.s.watching, false))
    return;
  m.s.inputs_ready = false;
  m.s.input_failure.reset();
  m.out.push_back(unwatch_inputs{});
}

void ask_for_slot(move& m, bool for_run) {
  if (auto* waiting = std::get_if<queued>(&m.s.at)) {
    waiting->turn = true;
    waiting->patience.reset();
    waiting->waits = false;
  }
  if (!std::exchange(m.s.slot_asked, true))
    m.out.push_back(want_slot{.for_run = for_run});
}

// The end of the last run is recorded before the next one is announced.
void ask_for_turn(move& m) {
  auto& waiting = std::get<queued>(m.s.at);
  waiting.next_attempt.reset();
  if (m.s.recording > 0)
    return;
  if (!waiting.patience) {
    waiting.patience = m.now + turn_patience;
    m.out.push_back(arm_timer{*waiting.patience});
  }
  if (!std::exchange(m.s.turn_asked, true))
    m.out.push_back(want_turn{});
}

void begin_creation(move& m) {
  m.s.at = creating{};
  m.s.input_failure.reset();
  ask_for_slot(m, false);
}

void fail_creation(move& m, std::string text) {
  if (m.s.enabling || !m.s.enabled)
    if (m.s.ready_wanted || m.s.inspect_wanted)
      return undo_creation(m, text);
  auto pause = std::chrono::seconds{attempt_pause_min};
  for (auto i = 0u; i < m.s.attempts_failed && pause < attempt_pause_max; ++i)
    pause *= 2;
  ++m.s.attempts_failed;
  auto next = m.now + std::min<duration>(pause, attempt_pause_max);
  m.s.at = failed{.next_attempt = next};
  m.s.triggered = m.s.triggered || m.s.once_wanted; // it still has to run
  auto awaited = m.s.ready_wanted || m.s.inspect_wanted;
  refuse_all(m, text);
  if (!awaited)
    m.out.push_back(report_failure{std::move(text)});
  m.out.push_back(arm_timer{next});
}

void give_up_on_input(move& m) {
  fail_creation(m, "error initializing task " + m.s.name
                     + ": unable to retrieve data from Consul: "
                     + m.s.input_failure->message);
}

void give_up_waiting(move& m) {
  auto text = "timed out rendering template for task " + m.s.name
              + ": no complete data from Consul within "
              + std::to_string(data_wait_max.count()) + " s";
  if (m.s.input_failure)
    text += ": " + m.s.input_failure->message;
  fail_creation(m, std::move(text));
}

void settle(move& m) {
  auto& s = m.s;
  if (!s.enabled)
    reply_once(m, {.ran = false});
  if (!s.enabled && !s.inspect_wanted) {
    s.at = disabled{};
    end_watching(m);
    return reply_ready(m, std::nullopt);
  }
  s.at = idle{};
  s.enabling = false;
  reply_ready(m, std::nullopt);
  if (s.once_wanted)
    join_queue(m, purpose::once);
  else if (s.inspect_wanted)
    join_queue(m, purpose::inspect);
  else if (s.monitoring && s.triggered)
    join_queue(m, purpose::trigger);
}

void end_run(move& m, std::optional<std::string> error) {
  auto run = std::get<running>(m.s.at);
  if (run.what == purpose::inspect) {
    reply_inspect(m, std::move(error));
    return leave_run(m, run);
  }
  m.s.due = error.has_value();
  record(m, {.run = m.s.run, .error = error, .permit = run.permit});
  return_slot(m);
  if (run.what == purpose::once)
    reply_once(m, {.ran = true, .error = std::move(error)});
  leave_run(m, run);
}

void drop_run(move& m) {
  auto run = std::get<running>(m.s.at);
  m.s.due = m.s.due || run.what != purpose::inspect;
  leave_run(m, run);
}

void hold_run(move& m) {
  const auto& run = std::get<running>(m.s.at);
  if (run.stopping || run.drain_end)
    return end_run(m, "stopped before Terraform was started");
  if (run.what == purpose::inspect)
    return end_run(m, "the run would be held back: no input of the task has "
                      "any data (hold_empty)");
  return_slot(m);
  if (run.what == purpose::once)
    reply_once(m, {.ran = false});
  settle(m);
}

void close_permit(move& m, const ha::run_permit& permit) {
  record(m, {.run = m.s.run,
             .error = "stopped before Terraform was started",
             .permit = permit});
}

void finish_stop(move& m) {
  const auto* end = std::get_if<stopped>(&m.s.at);
  if (end != nullptr && !end->waiting && !m.s.permit_asked
      && m.s.recording == 0)
    m.out.push_back(report_stopped{});
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

duration pause_before_retry(unsigned retry, double jitter) {
  using seconds = std::chrono::duration<double>;
  auto base = static_cast<double>(1U << std::min(retry, 10U));
  return std::chrono::duration_cast<duration>(
    std::min(seconds{base * (1 + jitter / 2)}, seconds{15 * 60}));
}

// Nothing else would end a run that rests or waits for its permit.
void stop_run(move& m, running& run, duration drain) {
  auto at_work = !run.next_try && !run.awaits_permit;
  if (at_work && drain > duration{0} && run.what != purpose::inspect) {
    run.drain_end = m.now + drain;
    m.out.push_back(arm_timer{*run.drain_end});
    return;
  }
  auto again = run.stopping;
  run.stopping = true;
  if (run.next_try)
    end_run(m, join(run.failures));
  else if (run.awaits_permit)
    drop_run(m);
  if (!again || at_work)
    m.out.push_back(stop_driver{});
}

const char* name_of(const phase& at) {
  constexpr const char* names[] = {"creating", "idle",   "queued", "running",
                                   "disabled", "failed", "stopped"};
  return names[at.index()];
}

} // namespace cts::task

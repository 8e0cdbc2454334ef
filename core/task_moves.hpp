#pragma once

#include "core/task.hpp"

// What the steps of `task` share; only its sources include this.

namespace cts::task {

/// A step in progress.
struct move {
  state& s;
  time_point now;
  std::vector<effect> out{};
};

constexpr auto stopped_text = "the task has been stopped";

template <class Phase>
bool in(const state& s) {
  return std::holds_alternative<Phase>(s.at);
}

void return_slot(move& m);

// Each answers its request if there is one.
void reply_once(move& m, answer_once reply);
void reply_inspect(move& m, std::optional<std::string> error);
void reply_ready(move& m, std::optional<std::string> error);
void refuse_all(move& m, const std::string& error);

void begin_watching(move& m);
void end_watching(move& m);

void begin_creation(move& m);
void fail_creation(move& m, std::string text);
void give_up_on_input(move& m);
/// No complete data has come in time.
void give_up_waiting(move& m);

/// A queued task asks for what it needs next: its turn, then a slot.
void ask_for_turn(move& m);
void ask_for_slot(move& m, bool for_run);

/// The one place that looks at what was remembered.
void settle(move& m);

/// The run is over: an event, or the answer to an inspection.
void end_run(move& m, std::optional<std::string> error);
/// It is over before anything was done, and leaves no event.
void drop_run(move& m);
/// It is not to be carried out, and leaves no event.
void hold_run(move& m);
/// The order to stop reaches a run.
void stop_run(move& m, running& run, duration drain);
/// A permit is closed that came too late for its run.
void close_permit(move& m, const ha::run_permit& permit);
/// Reports the end when nothing is left to wait for.
void finish_stop(move& m);

/// The texts of all tries of a failed run in one.
std::string join(const std::vector<std::string>& failures);
duration pause_before_retry(unsigned retry, double jitter);

} // namespace cts::task

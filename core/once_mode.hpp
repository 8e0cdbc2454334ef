#pragma once

#include "core/machine.hpp"
#include "core/types.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

/// Runs every task once, one at a time, in configuration order. Source: spec
/// chapter monitoring, 4.1 step 8 and 3.6.
namespace cts::once_mode {

struct state {
  /// In configuration order.
  std::vector<task_name> tasks{};
  /// With high availability an error does not end it: errors are events.
  bool keep_going = false;
  /// How many tasks are done; `tasks[done]` runs.
  std::size_t done = 0;
  bool over = false;
};

// -- events -------------------------------------------------------------------

struct started {};

/// The task ran, was found disabled, or failed.
struct task_finished {
  task_name name{};
  std::optional<std::string> error{};
};

// -- effects ------------------------------------------------------------------

struct run_task_once {
  task_name name{};
  bool operator==(const run_task_once&) const = default;
};

/// Once-mode is over: all tasks are done, or the first failure ended it.
struct report_over {
  std::optional<std::string> error{};
  bool operator==(const report_over&) const = default;
};

using effect = std::variant<run_task_once, report_over>;

inline transition<state, effect> proceed(state s) {
  if (s.done < s.tasks.size())
    return {s, {run_task_once{s.tasks[s.done]}}};
  s.over = true;
  return {s, {report_over{}}};
}

inline transition<state, effect> step(state s, const started&, time_point) {
  return proceed(std::move(s));
}

inline transition<state, effect> step(state s, const task_finished& event,
                                      time_point) {
  auto expected
    = !s.over && s.done < s.tasks.size() && s.tasks[s.done] == event.name;
  if (!expected)
    return {std::move(s), {}};
  ++s.done;
  if (!event.error || s.keep_going)
    return proceed(std::move(s));
  s.over = true;
  return {s, {report_over{event.error}}};
}

} // namespace cts::once_mode

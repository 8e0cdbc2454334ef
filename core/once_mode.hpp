#pragma once

#include "core/machine.hpp"
#include "core/types.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

/// Runs every task once: one at a time in configuration order, or with high
/// availability all at once, each monitored from its own end on. Source: spec
/// chapters monitoring, 4.1 step 8 and 3.6, and high-availability, 5.1.
namespace cts::once_mode {

struct state {
  /// In configuration order.
  std::vector<task_name> tasks{};
  /// With high availability an error does not end it: errors are events.
  bool keep_going = false;
  bool at_once = false;
  /// One at a time: how many tasks are done; `tasks[done]` runs.
  std::size_t done = 0;
  /// All at once: who has not finished, and who of them waits for a run of a
  /// former leader.
  std::set<task_name> open{};
  std::set<task_name> waiting{};
  std::size_t failed = 0;
  bool over = false;
};

// -- events -------------------------------------------------------------------

struct started {};

/// The task ran, was found disabled, failed, or is gone.
struct task_finished {
  task_name name{};
  std::optional<std::string> error{};
};

/// The task cannot run before a run of a former leader is out of its way.
struct task_waits {
  task_name name{};
};

// -- effects ------------------------------------------------------------------

struct run_task_once {
  task_name name{};
  bool operator==(const run_task_once&) const = default;
};

/// All at once only: the task has run, and need not wait for the others.
struct monitor_task {
  task_name name{};
  bool operator==(const monitor_task&) const = default;
};

/// Once-mode is over: all tasks are done or wait, or the first failure ended
/// it.
struct report_over {
  std::optional<std::string> error{};
  std::size_t failed = 0;
  std::size_t waiting = 0;
  bool operator==(const report_over&) const = default;
};

using effect = std::variant<run_task_once, monitor_task, report_over>;

inline transition<state, effect> proceed(state s) {
  if (s.done < s.tasks.size())
    return {s, {run_task_once{s.tasks[s.done]}}};
  s.over = true;
  return {s, {report_over{}}};
}

/// The effects so far, and the report if nobody is waited for any more.
inline transition<state, effect> reported(state s, std::vector<effect> out) {
  auto waits = [&s](const auto& name) { return s.waiting.count(name) > 0; };
  if (!s.over && std::all_of(s.open.begin(), s.open.end(), waits)) {
    s.over = true;
    out.push_back(report_over{.failed = s.failed, .waiting = s.open.size()});
  }
  return {std::move(s), std::move(out)};
}

inline transition<state, effect> step(state s, const started&, time_point) {
  if (!s.at_once)
    return proceed(std::move(s));
  s.open = {s.tasks.begin(), s.tasks.end()};
  auto out = std::vector<effect>{};
  for (const auto& name : s.tasks)
    out.push_back(run_task_once{name});
  return reported(std::move(s), std::move(out));
}

inline transition<state, effect> step(state s, const task_finished& event,
                                      time_point) {
  if (s.at_once) {
    if (s.open.erase(event.name) == 0)
      return {std::move(s), {}};
    s.waiting.erase(event.name);
    s.failed += event.error ? 1 : 0;
    return reported(std::move(s), {monitor_task{event.name}});
  }
  auto expected
    = !s.over && s.done < s.tasks.size() && s.tasks[s.done] == event.name;
  if (!expected)
    return {std::move(s), {}};
  ++s.done;
  if (!event.error || s.keep_going)
    return proceed(std::move(s));
  s.over = true;
  return {s, {report_over{.error = event.error}}};
}

inline transition<state, effect> step(state s, const task_waits& event,
                                      time_point) {
  if (s.open.count(event.name) == 0)
    return {std::move(s), {}};
  s.waiting.insert(event.name);
  return reported(std::move(s), {});
}

} // namespace cts::once_mode

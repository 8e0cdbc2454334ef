#pragma once

#include "core/types.hpp"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cts {

/// The record of a finished run, as the API shows it. Source: spec chapters
/// rest-api 9.7 and monitoring 3.11.
struct task_event {
  std::string id{};
  bool success = false;
  wall_time start_time{};
  wall_time end_time{};
  task_name task{};
  /// Present on failure only.
  std::optional<std::string> error{};
  /// IDs of the task's providers.
  std::vector<std::string> providers{};
  /// The deprecated `services` list of the task.
  std::vector<std::string> services{};
  /// The module; absolute if it is local.
  std::string source{};

  bool operator==(const task_event&) const = default;
};

/// Newest first.
using task_events = std::deque<task_event>;

enum class task_status : std::uint8_t {
  unknown,
  successful,
  errored,
  critical
};

const char* to_string(task_status status);

/// What the events of a task say about it: none: unknown; newest successful:
/// successful; newest failed: errored, or critical if another one failed, too.
task_status status_of(const task_events& events);

/// The newest events of each task, bounded. A value: it has no effects.
class event_store {
public:
  /// As many events are kept for a task.
  static constexpr std::size_t events_max = 5;
  /// An error text longer than this many bytes is cut, and says so.
  static constexpr std::size_t error_bytes_max = 16 * 1024;

  void add(task_event event);

  /// Forgets all about a deleted task.
  void drop(const task_name& task);

  const std::map<task_name, task_events>& all() const { return events_; }

private:
  std::map<task_name, task_events> events_;
};

} // namespace cts

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a bench of failovers knows: lines that the instances logged and lines
/// that the providers wrote. All of it is of one machine, so of one clock.
namespace cts::failover {

/// Wall clock: since 1970 in UTC.
using wall_time = std::chrono::microseconds;

enum class what : std::uint8_t {
  /// An instance took the lock.
  acquired,
  /// It gave the lock back.
  released,
  /// It found the lock gone.
  lost,
  /// It follows another one.
  following,
  /// It has loaded the state and begins to run each task once.
  promoted,
  /// It has run all of them, or let them wait.
  attempted,
  /// It began a command of Terraform; the command is the text.
  program,
  /// The provider of a task began its work; the inputs are the text.
  start,
  /// It ended its work.
  end,
  /// It was cut short because Terraform died.
  cut,
  /// It found another run of the same task at work.
  overlap,
};

struct event {
  failover::what what{};
  std::string instance{};
  wall_time at{};
  std::string task{};
  /// Distinguishes the runs of a task.
  std::uint64_t process = 0;
  std::string text{};
  /// Of the lock, with `acquired`.
  std::uint64_t epoch = 0;
  std::string detector{};
  bool operator==(const event&) const = default;
};

/// What a line of an instance's log says, if it matters here. The zone of the
/// log has to be UTC.
std::optional<event> parse_log_line(const std::string& instance,
                                    std::string_view line);

/// What a line of the providers says: kind, instance, microseconds, process,
/// task, and a text without spaces. Nothing for a line that is not whole.
std::optional<event> parse_work_line(std::string_view line);

/// One run of a task as its provider saw it.
struct run {
  std::string task{};
  std::string instance{};
  wall_time begin{};
  /// Nothing: it was killed, or it goes on.
  std::optional<wall_time> end{};
  bool complete = false;
  std::string inputs{};
};

std::vector<run> runs_of(const std::vector<event>& events);

/// Each pair of runs of one task that were at work at the same time, as a
/// sentence. A run without an end counts only where a provider itself found
/// it at work.
std::vector<std::string> find_overlaps(const std::vector<event>& events);

/// Whether `change` was part of the inputs of a run that was completed.
bool is_applied(const std::vector<event>& events, const std::string& task,
                const std::string& change);

} // namespace cts::failover

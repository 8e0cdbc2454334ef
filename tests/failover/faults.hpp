#pragma once

#include "tests/failover/fleet.hpp"

#include <optional>
#include <span>
#include <string_view>

/// The faults of spec chapter high-availability, table 4.10.
namespace cts::failover {

enum class fault_name : std::uint8_t {
  stop,
  kill9,
  kill9_all,
  stall,
  freeze,
  hostdown,
  partition,
  consul_leader_kill,
  double_kill,
  kill9_midapply,
};

/// What has to hold over all trials of a fault; nothing: no bound.
struct bounds {
  using duration = std::optional<std::chrono::milliseconds>;
  /// From the fault until the lock has moved.
  duration lock_median{};
  duration lock_p99{};
  duration lock_max{};
  /// The same where the detector is the link between instances.
  duration lock_max_by_peers{};
  /// From the moment when Consul could write again until the lock has moved.
  duration lock_after_consul{};
  /// From the lock's move until the first run of a task that was idle.
  duration run_after_lock = std::chrono::milliseconds{300};
  /// From the fault until the task that was at work is applied again.
  duration again_max{};
};

struct fault {
  fault_name name{};
  /// What it is called on the command line and in tables.
  std::string_view label{};
  /// What is done.
  std::string_view action{};
  /// Another instance has to lead afterwards.
  bool moves_lock = true;
  failover::bounds bounds{};
  /// What no trial waits beyond.
  std::chrono::milliseconds patience{};
};

std::span<const fault> all_faults();

/// Nothing: there is no such fault.
const fault* find_fault(std::string_view label);

/// A fault that was brought about.
struct injury {
  wall_time at{};
  int leader = 0;
  /// The server of Consul that was killed, or -1.
  int server = -1;
};

/// Hurts the leader, Consul or both.
injury inject(fleet& all, fault_name fault);

/// Puts everything back in its place; what ended is started again.
void heal(fleet& all, fault_name fault, const injury& hurt);

} // namespace cts::failover

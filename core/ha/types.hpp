#pragma once

#include "core/types.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

/// What the parts of high availability say to each other. Source: spec chapter
/// high-availability, 3 and 4.
namespace cts::ha {

/// The fencing number: one higher with each election. 0: none.
using epoch = std::uint64_t;

/// Time since boot, suspend included, of this machine (`CLOCK_BOOTTIME`): what
/// leases are counted in. Never compared between machines.
using boot_time = std::chrono::nanoseconds;

/// One term of office: who writes under it proves it with the session.
struct leadership {
  ha::epoch epoch = 0;
  /// The Consul session that holds the lock.
  std::string session{};
  bool operator==(const leadership&) const = default;
};

/// The former run of a task that ended uncleanly and whose processes are gone:
/// whose lock on Terraform's state may be released (4.8).
struct former_owner {
  /// `user@host`, as Terraform writes it.
  std::string who{};
  wall_time started_at{};
  bool operator==(const former_owner&) const = default;
};

/// A run of `task` may start: the record of the intent is committed (R1).
struct run_permit {
  ha::epoch epoch = 0;
  task_name task{};
  /// Names the run in the record; a UUID.
  std::string run{};
  /// The record's index in Consul.
  std::uint64_t index = 0;
  std::optional<ha::former_owner> former{};
  bool operator==(const run_permit&) const = default;
};

/// What this instance is in the cluster (4.3).
enum class role : std::uint8_t {
  /// No session yet.
  joining,
  follower,
  /// Saw the lock free and tries to take it.
  candidate,
  /// Holds the lock and loads the state.
  loading,
  leader,
  /// A leader whose lock cannot be confirmed.
  suspended,
  /// Released the lock and lets its runs end.
  draining,
  /// The lock is proved lost; runs are being ended.
  lost,
  stopped,
};

/// The enumerator's name.
const char* to_string(role x);

/// The instance that holds the lock, as it describes itself.
struct leader_identity {
  std::string id{};
  /// Empty if none is configured.
  std::string address{};
  int port = 0;
  /// `http` or `https`.
  std::string scheme{};
  ha::epoch epoch = 0;
  bool operator==(const leader_identity&) const = default;
};

} // namespace cts::ha

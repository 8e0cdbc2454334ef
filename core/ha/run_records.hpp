#pragma once

#include "core/ha/types.hpp"
#include "core/machine.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What the machines of the elector read in the records of others. Source: spec
/// chapter high-availability, 3.2 and 4.4.
namespace cts::ha {

/// A run that began and is not proved over: `inflight/<task>`.
struct run_record {
  task_name task{};
  /// Id of the instance, and which of its processes.
  std::string owner{};
  std::string boot{};
  /// Names the run.
  std::string run{};
  ha::epoch epoch = 0;
  /// Its processes are gone.
  bool stopped = false;
  /// Ended by SIGKILL: Terraform's lock may have stayed.
  bool killed = false;
  duration lease{};
  std::string who{};
  wall_time started_at{};
  /// When it was last written, as Consul counts; 0: it is gone.
  std::uint64_t index = 0;
  /// As it stands in Consul.
  std::string text{};
  bool operator==(const run_record&) const = default;
};

using run_records = std::vector<run_record>;

/// An instance: `instances/<id>`.
struct member_record {
  std::string id{};
  std::string boot{};
  /// Empty: the instance has gone.
  std::string session{};
  std::string host{};
  /// Counts the extensions of its lease.
  std::uint64_t seq = 0;
  duration lease{};
  std::uint64_t index = 0;
  bool operator==(const member_record&) const = default;
};

using member_records = std::vector<member_record>;

/// What a new run has to respect in what a former leader left.
struct clearance {
  /// Index of the record that the intent replaces; 0: there is none.
  std::uint64_t index = 0;
  /// Instance whose record must not change meanwhile; empty: none.
  std::string owner{};
  /// Index of that record; 0: it must stay missing.
  std::uint64_t owner_index = 0;
  std::optional<former_owner> former{};
  bool operator==(const clearance&) const = default;
};

/// How long an owner counts on its lease, from the sending of what extended it,
/// on its own clock (R2).
inline duration owner_lease(duration lease) {
  return lease / 100 * 99 - std::chrono::milliseconds{500};
}

/// How long others wait for it, from the first sight of the extension, on
/// theirs (R4).
inline duration observer_lease(duration lease) {
  return lease / 100 * 101 + std::chrono::milliseconds{500};
}

} // namespace cts::ha

#pragma once

#include "core/ha/run_records.hpp"

#include <variant>

/// What an instance does to lead and to follow, see election.hpp.
namespace cts::ha::election {

/// Another instance that holds the lock.
struct lock_holder {
  leader_identity leader{};
  std::string boot{};
  std::string session{};
  bool operator==(const lock_holder&) const = default;
};

// -- effects ------------------------------------------------------------------

/// Wait for a change of the lock after `index`; 0: read.
struct watch_lock {
  std::uint64_t ticket = 0;
  std::uint64_t index = 0;
  bool operator==(const watch_lock&) const = default;
};

/// Read the lock, consistently.
struct read_lock {
  std::uint64_t ticket = 0;
  bool operator==(const read_lock&) const = default;
};

struct read_meta {
  std::uint64_t attempt = 0;
  bool operator==(const read_meta&) const = default;
};

/// TX-ACQ.
struct acquire {
  std::uint64_t attempt = 0;
  std::string session{};
  ha::epoch epoch = 0;
  std::uint64_t meta_index = 0;
  bool operator==(const acquire&) const = default;
};

struct read_runs {
  std::uint64_t attempt = 0;
  bool operator==(const read_runs&) const = default;
};

/// TX-REL.
struct release_lock {
  std::uint64_t release = 0;
  std::string session{};
  ha::epoch epoch = 0;
  bool clean = false;
  std::string reason{};
  bool operator==(const release_lock&) const = default;
};

/// Write our own record again.
struct rewrite_lock {
  ha::epoch epoch = 0;
  bool operator==(const rewrite_lock&) const = default;
};

/// Write our own record once more, to see whether we may. The loss of the lock
/// is told like that of any write.
struct try_write {
  std::uint64_t trial = 0;
  ha::epoch epoch = 0;
  bool operator==(const try_write&) const = default;
};

/// Keep it beyond our end.
struct remember_epoch {
  ha::epoch epoch = 0;
  bool operator==(const remember_epoch&) const = default;
};

struct promote {
  leadership term{};
  std::string detector{};
  run_records runs{};
  bool operator==(const promote&) const = default;
};

/// `graceful`: given back on purpose; runs may go on.
struct revoke {
  ha::epoch epoch = 0;
  std::string reason{};
  bool graceful = false;
  bool operator==(const revoke&) const = default;
};

/// `denial`: what Consul said, if the token lacks a right; else nothing was
/// confirmed for that long.
struct suspend {
  ha::epoch epoch = 0;
  duration unconfirmed{};
  std::string denial{};
  bool operator==(const suspend&) const = default;
};

struct resume {
  ha::epoch epoch = 0;
  bool operator==(const resume&) const = default;
};

/// The lock is in Consul's hands again.
struct report_released {
  ha::epoch epoch = 0;
  bool operator==(const report_released&) const = default;
};

struct report_following {
  std::string leader{};
  bool operator==(const report_following&) const = default;
};

/// The stored epoch is below one that we have seen.
struct report_backwards {
  ha::epoch stored = 0;
  ha::epoch seen = 0;
  bool operator==(const report_backwards&) const = default;
};

/// Why we do not compete.
struct report_trouble {
  std::string message{};
  bool operator==(const report_trouble&) const = default;
};

/// Consul says that our session has ended.
struct session_ended {
  std::string session{};
  bool operator==(const session_ended&) const = default;
};

/// `step_down` is done.
struct stepped_down {
  bool operator==(const stepped_down&) const = default;
};

/// The term is over and forgotten: a new session may be created.
struct term_ended {
  bool operator==(const term_ended&) const = default;
};

struct expel {
  std::string message{};
  bool operator==(const expel&) const = default;
};

/// Whose process the detector of peers is to watch; absent: nobody's.
struct watch_holder {
  std::optional<lock_holder> holder{};
  bool operator==(const watch_holder&) const = default;
};

/// Take the lock from a dead process: destroy its session.
struct depose {
  lock_holder holder{};
  bool operator==(const depose&) const = default;
};

/// The process that was deposed last is alive.
struct report_needless {
  std::string id{};
  bool operator==(const report_needless&) const = default;
};

struct arm_timer {
  time_point due{};
  bool operator==(const arm_timer&) const = default;
};

using effect
  = std::variant<watch_lock, read_lock, read_meta, acquire, read_runs,
                 release_lock, rewrite_lock, try_write, remember_epoch, promote,
                 revoke, suspend, resume, report_released, report_following,
                 report_backwards, report_trouble, session_ended, stepped_down,
                 term_ended, expel, watch_holder, depose, report_needless,
                 arm_timer>;

} // namespace cts::ha::election

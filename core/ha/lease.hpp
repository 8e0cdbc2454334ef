#pragma once

#include "core/error.hpp"
#include "core/event_store.hpp"
#include "core/ha/run_records.hpp"

#include <map>
#include <variant>

/// Keeps account of the runs that this instance has in flight, and of the lease
/// that bounds them.
///
/// Before a run a record of the intent is committed under the lock; while a run
/// goes on the lease is extended every 5 s; after the loss of the lock what has
/// ended is acknowledged in the records. Invariants: no permit without a
/// committed intent of the epoch and 2 s of lease; the deadline counts from the
/// sending of what extended it, and an answer after the former deadline does
/// not count while runs go on; after the loss nothing is extended; a record is
/// acknowledged until that is known to have succeeded. Source: spec chapter
/// high-availability, 3.3, 4.4 R1, R2, R3, R5.
namespace cts::ha::lease {

constexpr auto extend_every = std::chrono::seconds{5};
/// As much of the lease remains at each start, at least (R1).
constexpr auto start_margin = std::chrono::seconds{2};

struct run {
  enum class step_at : std::uint8_t {
    /// The intent is under way.
    intending,
    /// Nobody knows whether it was committed.
    resolving,
    running,
    /// It has ended; the record does not say so yet.
    ended,
  };
  step_at at = step_at::intending;
  std::string id{};
  ha::epoch epoch = 0;
  std::uint64_t ticket = 0;
  bool asking = false;
  std::optional<time_point> due{};
  /// When the intent was sent.
  time_point sent{};
  /// Of the record.
  std::uint64_t index = 0;
  /// Nobody waits for the permit any more.
  bool abandoned = false;
  std::optional<former_owner> former{};
  std::optional<task_event> result{};
};

struct state {
  duration length = std::chrono::seconds{30};
  ha::epoch epoch = 0;
  /// Permits may be given.
  bool granting = false;
  /// The lease may be extended.
  bool covering = false;
  /// Until when every process of ours must have ended, on our own clock.
  std::optional<time_point> deadline{};
  std::uint64_t seq = 0;
  std::map<task_name, run> runs{};
  std::uint64_t ticket = 0;
  // -- the extension under way
  bool extending = false;
  std::uint64_t extension = 0;
  time_point extension_sent{};
  std::optional<time_point> extend_due{};
};

/// Why a transaction was refused.
enum class refusal : std::uint8_t {
  /// The lock is not ours.
  not_leader,
  /// Our session has ended.
  session_over,
  /// Another process stands in our record.
  record_taken,
  /// The task's record is not the one that we know.
  run_changed,
  /// The former owner's record has changed.
  owner_changed,
  /// The token may not do it.
  denied,
  /// Another reason that stays.
  other,
};

// -- events -------------------------------------------------------------------

struct term_began {
  ha::epoch epoch = 0;
};

/// Whether permits may be given now.
struct granting_changed {
  bool granting = false;
};

/// A task is about to start. `run` names the run.
struct permit_requested {
  task_name task{};
  std::string run{};
  ha::clearance clearance{};
};

struct intent_committed {
  std::uint64_t ticket = 0;
  std::uint64_t index = 0;
};

struct intent_refused {
  std::uint64_t ticket = 0;
  refusal why = refusal::other;
  std::string message{};
};

/// Nobody knows whether it took place.
struct intent_unclear {
  std::uint64_t ticket = 0;
};

/// The task's record, read consistently.
struct run_read {
  std::uint64_t ticket = 0;
  std::optional<run_record> found{};
};

struct run_unreadable {
  std::uint64_t ticket = 0;
};

struct extended {
  std::uint64_t extension = 0;
};

struct extension_refused {
  std::uint64_t extension = 0;
  refusal why = refusal::other;
  std::string message{};
};

struct extension_failed {
  std::uint64_t extension = 0;
};

/// Time may have stood still: extend now.
struct clock_jumped {};

/// The store tells that a run is over; see `run_closed` of the contract.
struct run_closed {
  run_permit permit{};
  std::optional<task_event> unrecorded{};
};

/// The lock was given back in order: runs stay covered.
struct lock_released {};

/// The lock is lost (R5).
struct lock_lost {};

/// No process of the epoch is left.
struct term_over {};

/// The record says that the run is over, or is not the one that we know.
struct acknowledged {
  std::uint64_t ticket = 0;
};

struct acknowledge_failed {
  std::uint64_t ticket = 0;
};

struct timer_elapsed {};

// -- effects ------------------------------------------------------------------

struct send_intent {
  std::uint64_t ticket = 0;
  task_name task{};
  std::string run{};
  ha::epoch epoch = 0;
  std::uint64_t seq = 0;
  ha::clearance clearance{};
  bool operator==(const send_intent&) const = default;
};

struct read_run {
  std::uint64_t ticket = 0;
  task_name task{};
  bool operator==(const read_run&) const = default;
};

struct send_extension {
  std::uint64_t extension = 0;
  std::uint64_t seq = 0;
  bool operator==(const send_extension&) const = default;
};

/// Processes may run until then.
struct extend_processes {
  time_point deadline{};
  bool operator==(const extend_processes&) const = default;
};

/// No process may start.
struct revoke_processes {
  bool operator==(const revoke_processes&) const = default;
};

struct acknowledge {
  std::uint64_t ticket = 0;
  task_name task{};
  std::string run{};
  std::uint64_t index = 0;
  std::optional<task_event> result{};
};

struct grant {
  run_permit permit{};
  bool operator==(const grant&) const = default;
};

struct deny {
  task_name task{};
  error reason{};
  bool operator==(const deny&) const = default;
};

/// Consul took a write under our session.
struct confirmed {
  bool operator==(const confirmed&) const = default;
};

/// A write was refused for a reason that concerns more than a run.
struct report_refusal {
  refusal why = refusal::not_leader;
  ha::epoch epoch = 0;
  std::string message{};
  bool operator==(const report_refusal&) const = default;
};

/// The record of the task's former run is replaced.
struct replaced {
  task_name task{};
  bool operator==(const replaced&) const = default;
};

/// What is known of the task's former run does not hold. `found`: the record
/// that is there.
struct doubt {
  task_name task{};
  std::optional<run_record> found{};
  bool operator==(const doubt&) const = default;
};

/// Nothing is in flight any more.
struct all_closed {
  bool operator==(const all_closed&) const = default;
};

struct arm_timer {
  time_point due{};
  bool operator==(const arm_timer&) const = default;
};

using effect
  = std::variant<send_intent, read_run, send_extension, extend_processes,
                 revoke_processes, acknowledge, grant, deny, confirmed,
                 report_refusal, replaced, doubt, all_closed, arm_timer>;

using answer = transition<state, effect>;

answer step(state s, const term_began& event, time_point now);
answer step(state s, const granting_changed& event, time_point now);
answer step(state s, const permit_requested& event, time_point now);
answer step(state s, const intent_committed& event, time_point now);
answer step(state s, const intent_refused& event, time_point now);
answer step(state s, const intent_unclear& event, time_point now);
answer step(state s, const run_read& event, time_point now);
answer step(state s, const run_unreadable& event, time_point now);
answer step(state s, const extended& event, time_point now);
answer step(state s, const extension_refused& event, time_point now);
answer step(state s, const extension_failed& event, time_point now);
answer step(state s, const clock_jumped& event, time_point now);
answer step(state s, const run_closed& event, time_point now);
answer step(state s, const lock_released& event, time_point now);
answer step(state s, const lock_lost& event, time_point now);
answer step(state s, const term_over& event, time_point now);
answer step(state s, const acknowledged& event, time_point now);
answer step(state s, const acknowledge_failed& event, time_point now);
answer step(state s, const timer_elapsed& event, time_point now);

} // namespace cts::ha::lease

#pragma once

#include "core/ha/types.hpp"
#include "core/machine.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// Keeps this instance a member of its cluster: one session, renewed, and the
/// record `instances/<id>`, locked by it.
///
/// Two processes may come up with one id. The record tells them apart: whoever
/// holds it is the instance. A process that finds it held proves its holder
/// dead (same machine, same boot of the machine, no such process), or waits
/// until it becomes free, or ends. Invariants: one session at a time; the
/// record is taken only under it; a former process of ours is replaced only
/// when nothing that it started is left. Source: spec chapter
/// high-availability, 3.1, 4.3 and 4.7.
namespace cts::ha::membership {

struct settings {
  std::string id{};
  /// Names this process among all that ever had the id.
  std::string boot{};
  std::string host{};
  std::string host_boot_id{};
  /// Of the session.
  duration ttl = std::chrono::seconds{15};
};

/// Who stands in the record.
struct holder {
  std::string boot{};
  /// Empty: nobody holds it any more.
  std::string session{};
  std::string host{};
  std::string host_boot_id{};
  std::int64_t pid = 0;
  std::uint64_t pid_start = 0;
  /// Counts what proves it alive: extensions of its lease.
  std::uint64_t seq = 0;
  /// When the record was last written, as Consul counts.
  std::uint64_t index = 0;
  bool operator==(const holder&) const = default;
};

enum class step_at : std::uint8_t {
  idle,
  /// A session is being created, or will be at `due`.
  creating,
  /// The record is being read, or will be at `due`.
  looking,
  /// Is the former process alive?
  proving,
  /// What it started is being ended, then acknowledged.
  sweeping,
  settling,
  removing,
  claiming,
  member,
  /// The session is gone, and what it covered is not over yet.
  bereft,
  leaving,
  gone,
};

struct state {
  settings config{};
  step_at at = step_at::idle;
  std::string session{};
  bool process_check = false;
  /// Names the newest question; older answers are not listened to.
  std::uint64_t ticket = 0;
  bool asking = false;
  std::optional<time_point> due{};
  unsigned failures = 0;
  /// Since when the session is refused because of the check.
  std::optional<time_point> check_since{};
  /// The process that stands in our way, as first and as last seen.
  std::optional<holder> rival{};
  holder found{};
  std::optional<time_point> rival_since{};
  std::optional<time_point> say_waiting{};
  // -- as a member
  std::uint64_t renewal = 0;
  bool renewing = false;
  time_point renewal_sent{};
  std::optional<time_point> renew_due{};
  unsigned renew_failures = 0;
  std::optional<time_point> refresh_due{};
};

// -- events -------------------------------------------------------------------

/// `process_check`: the session is to end with it, too.
struct started {
  bool process_check = false;
};

struct session_created {
  std::uint64_t ticket = 0;
  std::string session{};
};

/// `check`: the check is not registered, or critical. `final`: asking again
/// cannot help.
struct session_refused {
  std::uint64_t ticket = 0;
  bool check = false;
  bool final = false;
  std::string message{};
};

struct record_read {
  std::uint64_t ticket = 0;
  std::optional<holder> found{};
};

struct process_looked_up {
  std::uint64_t ticket = 0;
  bool alive = true;
};

/// The question has the answer that was hoped for: swept, settled, removed,
/// claimed, refreshed.
struct done {
  std::uint64_t ticket = 0;
};

/// No answer, or one that does not help; `session_over`: ours has ended.
struct failed {
  std::uint64_t ticket = 0;
  bool session_over = false;
  /// The token may not do it.
  bool denied = false;
  std::string message{};
};

/// The record is held by another process.
struct record_held {
  std::uint64_t ticket = 0;
};

struct renewed {
  std::uint64_t renewal = 0;
};

/// `vanished`: there is no such session any more.
struct renew_failed {
  std::uint64_t renewal = 0;
  bool vanished = false;
};

/// Somebody else saw who stands in our record.
struct record_seen {
  std::string boot{};
  std::string session{};
  std::string host{};
};

/// A write was refused because the record is not ours.
struct record_doubted {};

/// Somebody else was told that the session has ended.
struct session_ended {
  std::string session{};
};

/// What the last session covered is over: a new one may be created.
struct rejoin {};

struct leave {};

struct timer_elapsed {};

// -- effects ------------------------------------------------------------------

struct create_session {
  std::uint64_t ticket = 0;
  bool process_check = false;
  bool operator==(const create_session&) const = default;
};

struct read_record {
  std::uint64_t ticket = 0;
  bool operator==(const read_record&) const = default;
};

struct look_for_process {
  std::uint64_t ticket = 0;
  std::int64_t pid = 0;
  std::uint64_t pid_start = 0;
  bool operator==(const look_for_process&) const = default;
};

/// End what the former process started on this machine; done when none is left.
struct sweep_host {
  std::uint64_t ticket = 0;
  std::string boot{};
  bool operator==(const sweep_host&) const = default;
};

/// Acknowledge the runs of the former process (TX-ACK).
struct settle_former {
  std::uint64_t ticket = 0;
  std::string boot{};
  bool operator==(const settle_former&) const = default;
};

struct destroy_session {
  std::uint64_t ticket = 0;
  std::string session{};
  bool operator==(const destroy_session&) const = default;
};

struct claim_record {
  std::uint64_t ticket = 0;
  std::string session{};
  bool operator==(const claim_record&) const = default;
};

/// Write the record again, which is ours, with the `seq` that it has, and only
/// if it is still as we know it: a write that comes late must not take back an
/// extension that others have not seen yet.
struct refresh_record {
  std::uint64_t ticket = 0;
  std::string session{};
  bool operator==(const refresh_record&) const = default;
};

struct renew_session {
  std::uint64_t renewal = 0;
  std::string session{};
  duration timeout{};
  bool operator==(const renew_session&) const = default;
};

struct report_waiting {
  bool operator==(const report_waiting&) const = default;
};

struct report_without_check {
  std::string message{};
  bool operator==(const report_without_check&) const = default;
};

/// The instance cannot join now; it goes on trying.
struct report_trouble {
  std::string message{};
  bool operator==(const report_trouble&) const = default;
};

/// The instance is a member under this session.
struct joined {
  std::string session{};
  bool operator==(const joined&) const = default;
};

/// The session was renewed.
struct confirmed {
  bool operator==(const confirmed&) const = default;
};

/// The session is gone, and with it all that it held.
struct session_lost {
  std::string reason{};
  bool operator==(const session_lost&) const = default;
};

/// The instance must end.
struct expel {
  std::string message{};
  bool operator==(const expel&) const = default;
};

/// The session is given back, or could not be.
struct left {
  bool operator==(const left&) const = default;
};

struct arm_timer {
  time_point due{};
  bool operator==(const arm_timer&) const = default;
};

using effect
  = std::variant<create_session, read_record, look_for_process, sweep_host,
                 settle_former, destroy_session, claim_record, refresh_record,
                 renew_session, report_waiting, report_without_check,
                 report_trouble, joined, confirmed, session_lost, expel, left,
                 arm_timer>;

using answer = transition<state, effect>;

/// How often the session is renewed.
duration renew_every(const state& s);

answer step(state s, const started& event, time_point now);
answer step(state s, const session_created& event, time_point now);
answer step(state s, const session_refused& event, time_point now);
answer step(state s, const record_read& event, time_point now);
answer step(state s, const process_looked_up& event, time_point now);
answer step(state s, const done& event, time_point now);
answer step(state s, const failed& event, time_point now);
answer step(state s, const record_held& event, time_point now);
answer step(state s, const renewed& event, time_point now);
answer step(state s, const renew_failed& event, time_point now);
answer step(state s, const record_seen& event, time_point now);
answer step(state s, const record_doubted& event, time_point now);
answer step(state s, const session_ended& event, time_point now);
answer step(state s, const rejoin& event, time_point now);
answer step(state s, const leave& event, time_point now);
answer step(state s, const timer_elapsed& event, time_point now);

} // namespace cts::ha::membership

#pragma once

#include "core/ha/election_effects.hpp"

/// Decides whether this instance leads.
///
/// Followers watch the lock and compete as soon as it is free; one transaction
/// picks the winner, raises the epoch and tells what is in flight. The winner
/// leads until the lock is proved to be gone; while nothing can be proved it is
/// suspended; so it is while it may not write. Invariants: an epoch is told
/// once and over once; epochs grow, even if the stored one goes back; what was
/// read before the lock was taken proves no loss of it; an unclear answer is
/// resolved by reading; a term ends before the next one begins. Source: spec
/// chapter high-availability, 3.4, 4.3, 4.5 D1 and 4.6.
namespace cts::ha::election {

struct settings {
  std::string id{};
  std::string boot{};
  duration lease = std::chrono::seconds{30};
  /// The highest schema that we read.
  int schema_max = 1;
  /// `-reset-storage`.
  bool reset = false;
};

/// What stands in the lock key.
struct lock_view {
  /// When the key was last written; 0: it is missing.
  std::uint64_t modify_index = 0;
  /// Empty: nobody holds it.
  std::string session{};
  /// Absent: missing, or nothing that can be understood.
  std::optional<leader_identity> leader{};
  std::string boot{};
  /// How the last holder left: `release`, `witness`, or `session`.
  std::string detector{};
};

/// What stands in `meta`.
struct meta_view {
  /// 0: it is missing.
  std::uint64_t index = 0;
  ha::epoch epoch = 0;
  int schema = 0;
  int min_reader = 0;
  /// Why we must not lead; empty: nothing that we do not understand.
  std::string problem{};
};

struct state {
  settings config{};
  ha::role role = role::joining;
  std::string session{};
  ha::epoch epoch = 0;
  /// The highest one ever seen.
  ha::epoch highest = 0;
  /// The newest known holder.
  std::optional<leader_identity> leader{};
  /// Who was last told to be followed.
  std::string followed{};
  // -- observing
  std::uint64_t watch = 0;
  std::uint64_t watch_index = 0;
  std::optional<time_point> watch_due{};
  unsigned watch_failures = 0;
  std::uint64_t read = 0;
  bool reading = false;
  std::optional<time_point> read_due{};
  // -- competing
  std::optional<time_point> vacant_since{};
  std::string detector{};
  bool warm = false;
  std::size_t incompatible = 0;
  bool others = false;
  std::optional<time_point> rest_until{};
  /// Rest only while there are others.
  bool rest_for_others = false;
  std::uint64_t attempt = 0;
  unsigned stale_meta = 0;
  /// The epoch of the newest attempt that is not known to have failed; 0: none.
  ha::epoch attempted = 0;
  /// The stored epoch is lower than one that was seen; known to be so once the
  /// attempt succeeds, which proves that the record was current.
  std::optional<ha::epoch> fallen_to{};
  /// Nobody knows how it ended.
  bool resolving = false;
  /// The trouble that the operator was told of.
  std::string reported{};
  /// `meta` was read once: the token may.
  bool accepted = false;
  // -- leading
  std::uint64_t lock_index = 0;
  time_point confirmed_at{};
  bool garbled = false;
  /// The token may not write (any more); found out when that is over.
  bool denied = false;
  std::uint64_t trial = 0;
  std::optional<time_point> trial_due{};
  // -- leaving
  std::uint64_t release = 0;
  bool releasing = false;
  std::optional<time_point> release_due{};
  /// Of the epoch that is being given back.
  ha::epoch release_epoch = 0;
  std::string release_reason{};
  bool clean = false;
  /// Somebody waits for the end of the release.
  bool stepping_down = false;
  bool leaving = false;
  bool failed_to_load = false;
  // -- deposing a holder whose process is said to be dead (D3)
  std::optional<lock_holder> holder{};
  /// Whom the detector was last told to watch.
  std::optional<lock_holder> watched{};
  /// Said to be dead; the lock is being read again before anything happens.
  std::optional<lock_holder> suspect{};
  /// When that word is too old to act on.
  time_point suspect_until{};
  /// Whose session was destroyed last.
  std::optional<lock_holder> deposed{};
};

enum class source : std::uint8_t { watch, read };

// -- events -------------------------------------------------------------------

struct joined {
  std::string session{};
};

struct session_lost {
  std::string reason{};
};

/// Consul took something under our session.
struct confirmed {};

/// `index`: to wait past.
struct lock_seen {
  election::source from = source::watch;
  std::uint64_t ticket = 0;
  std::uint64_t index = 0;
  lock_view view{};
};

struct lock_unseen {
  election::source from = source::watch;
  std::uint64_t ticket = 0;
  bool denied = false;
  std::string message{};
};

struct meta_read {
  std::uint64_t attempt = 0;
  meta_view view{};
};

/// `denied`: the token may not.
struct attempt_failed {
  std::uint64_t attempt = 0;
  bool denied = false;
  std::string message{};
};

struct acquired {
  std::uint64_t attempt = 0;
  /// When the lock's key was written.
  std::uint64_t lock_index = 0;
  run_records runs{};
};

enum class refusal : std::uint8_t { held, stale_meta, session_over, other };

struct acquire_refused {
  std::uint64_t attempt = 0;
  refusal why = refusal::held;
  std::string message{};
};

struct acquire_unclear {
  std::uint64_t attempt = 0;
};

/// What is in flight, read consistently.
struct runs_read {
  std::uint64_t attempt = 0;
  run_records runs{};
};

struct released {
  std::uint64_t release = 0;
};

/// It was not ours any more.
struct release_refused {
  std::uint64_t release = 0;
};

struct release_failed {
  std::uint64_t release = 0;
};

/// Whether live records of other instances exist.
struct others_seen {
  bool any = false;
};

struct readiness_changed {
  bool warm = false;
  std::size_t incompatible = 0;
};

struct tenure_ready {
  ha::epoch epoch = 0;
};

struct tenure_failed {
  ha::epoch epoch = 0;
  std::string reason{};
};

/// Nothing of any former term is open any more.
struct term_closed {};

/// A write of that epoch was refused.
struct lock_refused {
  ha::epoch epoch = 0;
};

/// Consul does not let us write under that epoch: the token lacks a right.
struct write_denied {
  ha::epoch epoch = 0;
  /// Consul's words.
  std::string message{};
};

/// Whether the trial was written.
struct write_tried {
  std::uint64_t trial = 0;
  bool succeeded = false;
};

/// `clean`: nothing is in flight.
struct step_down {
  bool leave = false;
  bool clean = false;
};

/// Ends all.
struct stop {};

/// The detector of peers says that the holder's process is dead.
struct peer_died {
  std::string session{};
  std::string boot{};
};

/// `denied`: the token may not destroy it.
struct depose_failed {
  std::string session{};
  bool denied = false;
};

/// A live record of an instance of this boot was seen, with this session.
struct member_lives {
  std::string boot{};
  std::string session{};
};

struct timer_elapsed {};

using answer = transition<state, effect>;

/// Whether the lock is ours as far as we know.
bool in_office(const state& s);

answer step(state s, const joined& event, time_point now);
answer step(state s, const session_lost& event, time_point now);
answer step(state s, const confirmed& event, time_point now);
answer step(state s, const lock_seen& event, time_point now);
answer step(state s, const lock_unseen& event, time_point now);
answer step(state s, const meta_read& event, time_point now);
answer step(state s, const attempt_failed& event, time_point now);
answer step(state s, const acquired& event, time_point now);
answer step(state s, const acquire_refused& event, time_point now);
answer step(state s, const acquire_unclear& event, time_point now);
answer step(state s, const runs_read& event, time_point now);
answer step(state s, const released& event, time_point now);
answer step(state s, const release_refused& event, time_point now);
answer step(state s, const release_failed& event, time_point now);
answer step(state s, const others_seen& event, time_point now);
answer step(state s, const readiness_changed& event, time_point now);
answer step(state s, const tenure_ready& event, time_point now);
answer step(state s, const tenure_failed& event, time_point now);
answer step(state s, const term_closed& event, time_point now);
answer step(state s, const lock_refused& event, time_point now);
answer step(state s, const write_denied& event, time_point now);
answer step(state s, const write_tried& event, time_point now);
answer step(state s, const step_down& event, time_point now);
answer step(state s, const stop& event, time_point now);
answer step(state s, const peer_died& event, time_point now);
answer step(state s, const depose_failed& event, time_point now);
answer step(state s, const member_lives& event, time_point now);
answer step(state s, const timer_elapsed& event, time_point now);

} // namespace cts::ha::election

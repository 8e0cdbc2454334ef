#pragma once

#include "core/ha/types.hpp"
#include "core/machine.hpp"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// A follower's own look at the leader's process (detector D3).
///
/// One request to the leader's API is always open, a greeting that the leader
/// answers after a while, so the kernel tells of the process's end at once: it
/// closes the connection. What follows decides. Invariants: only two refused
/// connections in a row after an answer, `again_after` apart, or an answer of
/// another process with the same id count as death; silence proves nothing; a
/// death is told again after `rest_after_report` at the earliest; at most one
/// greeting is open; after
/// `needless_max` needless failovers within `needless_within` from one peer
/// that peer is not watched for `off_for`. Source: spec chapter
/// high-availability, 2.5 P5 and 4.5 D3.
namespace cts::ha::peer_link {

/// How long the leader keeps a greeting until it answers.
constexpr auto heartbeat = std::chrono::seconds{1};
/// From the sending of a greeting to its answer, the heartbeat included.
constexpr auto patience = std::chrono::milliseconds{4000};
/// Between two tries to connect to a process that may be dead.
constexpr auto again_after = std::chrono::milliseconds{5};
/// So many of them in a row; then `pause` between each two.
constexpr auto tries_max = 20U;
constexpr auto pause = std::chrono::seconds{1};
/// After this time a leader that was said to be dead is looked at anew.
constexpr auto rest_after_report = std::chrono::seconds{5};
constexpr auto needless_max = std::size_t{2};
constexpr auto needless_within = std::chrono::minutes{10};
constexpr auto off_for = std::chrono::hours{1};

/// Who is watched.
struct peer {
  leader_identity leader{};
  std::string boot{};
  /// The session that holds the lock.
  std::string session{};
  bool operator==(const peer&) const = default;
};

/// What is known of one peer's needless failovers.
struct record {
  std::deque<time_point> needless{};
  std::optional<time_point> off_until{};
};

struct state {
  std::optional<ha::peer_link::peer> peer{};
  /// The newest greeting; answers to others are too late.
  std::uint64_t ticket = 0;
  bool open = false;
  time_point sent_at{};
  /// This process has answered.
  bool met = false;
  /// It closed the connection, and what follows decides.
  bool suspected = false;
  unsigned refusals = 0;
  unsigned tries = 0;
  /// When to greet again.
  std::optional<time_point> due{};
  /// By id; as many as there are instances with needless failovers.
  std::map<std::string, record> records{};
  /// What the operator was told of this peer.
  std::string told{};
};

// -- events -------------------------------------------------------------------

/// Who holds the lock; absent: nobody, or we do.
struct leader_seen {
  std::optional<ha::peer_link::peer> peer{};
};

struct answered {
  std::uint64_t ticket = 0;
  std::string id{};
  std::string boot{};
};

/// How a greeting failed.
enum class failure : std::uint8_t {
  /// Nobody listens there.
  refused,
  /// The connection ended without an answer.
  closed,
  /// Neither an answer nor a refusal in time.
  silent,
  /// Something else than this program answers, or it cannot be trusted.
  strange,
};

struct failed {
  std::uint64_t ticket = 0;
  failure how = failure::silent;
  std::string message{};
};

/// A process that we had said to be dead is alive.
struct survived {
  std::string id{};
};

struct timer_elapsed {};

// -- effects ------------------------------------------------------------------

/// Says hello. `hold`: to be answered after `heartbeat`; else at once.
struct greet {
  std::uint64_t ticket = 0;
  bool hold = false;
  bool operator==(const greet&) const = default;
};

struct hang_up {
  std::uint64_t ticket = 0;
  bool operator==(const hang_up&) const = default;
};

struct report_dead {
  std::string session{};
  std::string boot{};
  std::string evidence{};
  bool operator==(const report_dead&) const = default;
};

/// The peer has answered for the first time: it is being watched.
struct report_watching {
  bool operator==(const report_watching&) const = default;
};

/// The peer is not watched until its `off_for` is over.
struct report_off {
  std::string id{};
  bool operator==(const report_off&) const = default;
};

/// Why the peer cannot be watched; once for each peer and reason.
struct report_trouble {
  std::string message{};
  bool operator==(const report_trouble&) const = default;
};

struct arm_timer {
  time_point due{};
  bool operator==(const arm_timer&) const = default;
};

using effect = std::variant<greet, hang_up, report_watching, report_dead,
                            report_off, report_trouble, arm_timer>;

using answer = transition<state, effect>;

/// Where the peer's API is: `http://host:port`; empty if it advertises no
/// address.
std::string base_url(const leader_identity& x);

answer step(state s, const leader_seen& event, time_point now);
answer step(state s, const answered& event, time_point now);
answer step(state s, const failed& event, time_point now);
answer step(state s, const survived& event, time_point now);
answer step(state s, const timer_elapsed& event, time_point now);

} // namespace cts::ha::peer_link

#pragma once

#include "core/backoff.hpp"
#include "core/machine.hpp"
#include "core/token_bucket.hpp"
#include "core/types.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

/// Keeps the answer to one Consul query current by long polls.
///
/// Consul answers a query with an index; asked again with that index it holds
/// the answer back until there is a newer one or `wait` is over. An index is
/// only good as long as the agent's state is the one that issued it: after
/// anything that smells of a restart it is forgotten, which costs one
/// immediate answer and never a lost change.
///
/// Invariants: one query at a time; equal data is published once; queries start
/// no faster than the bucket allows; after a failure they are spaced by the
/// backoff, which never gives up. Source: chapter monitoring 1.4 to 1.7.
namespace cts::blocking_query {

struct settings {
  /// How long Consul may hold an answer back; sent as `wait`.
  duration wait = std::chrono::seconds{120};
  backoff retry{};
  token_bucket rate{.interval = std::chrono::milliseconds{200}, .burst = 5};
};

/// Why the query fails at present.
struct failure {
  std::string text;
  /// Asking again cannot help.
  bool permanent = false;
  /// All along the agent could not be reached, which is told elsewhere.
  bool unreachable = false;
  time_point since;
  bool operator==(const failure&) const = default;
};

struct state {
  settings config{};
  /// The index to wait past; 0 asks for an immediate answer.
  std::uint64_t index = 0;
  snapshot_ptr published{};
  /// A query is under way since `asked_at`.
  bool asking = false;
  time_point asked_at{};
  /// When the next query may start; meaningless while `asking`.
  time_point due{};
  /// Failures, or answers without an index, in a row.
  std::uint32_t setbacks = 0;
  std::optional<failure> failing{};
  /// The last answer was filtered by ACLs.
  bool filtered = false;
  /// Something newer than what the query under way waits past is published:
  /// its answer counts from this index on.
  std::optional<std::uint64_t> newer{};
};

// -- events -------------------------------------------------------------------

/// The agent answered with data.
struct reply_arrived {
  std::optional<std::uint64_t> index{};
  /// The agent closed the connection after the answer.
  bool closing = false;
  bool filtered_by_acls = false;
  /// Never null.
  snapshot_ptr data{};
  /// In [0, 1), drawn anew for each event.
  double jitter = 0;
};

/// The agent said no, or nothing that can be understood, or cannot be reached.
struct query_failed {
  std::string text{};
  /// Asking again cannot help.
  bool permanent = false;
  /// The agent could not be reached.
  bool unreachable = false;
  /// The index may be one of another life of the agent: everything but a 4xx.
  bool index_lost = true;
  /// What the agent asked us to wait.
  std::optional<std::chrono::seconds> retry_after{};
  /// In [0, 1), drawn anew for each event.
  double jitter = 0;
};

/// Somebody else has asked, and without waiting.
struct refreshed {
  std::optional<std::uint64_t> index{};
  /// Never null.
  snapshot_ptr data{};
};

/// Also starts the machine.
struct timer_elapsed {};

// -- effects ------------------------------------------------------------------

/// Asks with this index (0: none). The answer is late after `deadline`.
struct send_query {
  std::uint64_t index = 0;
  duration wait{};
  duration deadline{};
  bool operator==(const send_query&) const = default;
};

/// There is new data in `state::published`.
struct publish {
  bool operator==(const publish&) const = default;
};

/// The query begins to fail, or to fail for another reason than an agent that
/// cannot be reached, or has become permanently wrong.
struct report_failure {
  std::string text;
  bool permanent = false;
  bool unreachable = false;
  bool operator==(const report_failure&) const = default;
};

/// One failed attempt; the next one follows after `wait`.
struct note_attempt {
  std::string text;
  std::uint32_t number = 0;
  duration wait{};
  bool operator==(const note_attempt&) const = default;
};

/// The query succeeds again after having failed for `after`.
struct report_recovery {
  duration after{};
  /// All along the agent could not be reached.
  bool was_unreachable = false;
  bool operator==(const report_recovery&) const = default;
};

/// The token of this process does not see everything: data may be missing.
struct report_filtered {
  bool operator==(const report_filtered&) const = default;
};

/// Asks for a `timer_elapsed` at `due`.
struct arm_timer {
  time_point due;
  bool operator==(const arm_timer&) const = default;
};

using effect = std::variant<send_query, publish, report_failure, note_attempt,
                            report_recovery, report_filtered, arm_timer>;

/// The longest pause that a `Retry-After` may cause.
constexpr auto retry_after_max = std::chrono::minutes{10};

transition<state, effect> step(state s, reply_arrived event, time_point now);
transition<state, effect> step(state s, query_failed event, time_point now);
transition<state, effect> step(state s, refreshed event, time_point now);
transition<state, effect> step(state s, timer_elapsed event, time_point now);

} // namespace cts::blocking_query

#pragma once

#include "core/ha/store_contents.hpp"
#include "core/machine.hpp"

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// A follower's copy of the stored state, kept current by two blocking queries:
/// `meta`, which names the generation, and everything in `state/`.
///
/// Wake-ups prove nothing, so contents are compared. Between a new `meta` and
/// the keys of the generation that it names, the copy stays as it was. Nothing
/// that decides rests on the copy: a leader reads anew. Source: spec chapter
/// high-availability, 2.3 (K10 to K12) and 5.5.
namespace cts::ha::state_copy {

/// How long Consul holds an answer back, and when it is late: a query that
/// waits longer goes blind when a server is cut off.
inline constexpr auto query_wait = std::chrono::seconds{5};
inline constexpr auto query_deadline = std::chrono::seconds{6};
/// Between the starts of two queries for the same.
inline constexpr auto spacing = std::chrono::milliseconds{200};
/// After a failure.
inline constexpr auto pause = std::chrono::seconds{1};

enum class subject : std::uint8_t { meta, state };

struct query {
  std::uint64_t index = 0;
  /// The answer that is waited for; 0: none.
  std::uint64_t awaited = 0;
  time_point due{};
  /// The newest answer.
  std::optional<consul::kv_entries> entries{};
};

struct state {
  layout keys;
  bool following = false;
  std::array<query, 2> queries{};
  std::uint64_t ids = 0;
  /// What both answers together say.
  stored_tasks tasks{};
  /// What `tasks` was read from, and of which generation.
  consul::kv_entries read_from{};
  std::uint64_t generation = 0;
  /// There was a copy to tell of.
  bool complete = false;
};

/// Begin, or go on, to follow.
struct follow_requested {};

/// Stop: this instance reads for itself.
struct rest_requested {};

struct answered {
  std::uint64_t id = 0;
  result<consul::kv_entries> answer;
  /// Absent: unknown.
  std::optional<std::uint64_t> index{};
};

struct timer_elapsed {};

/// Asks for what changed after `index`; 0: at once.
struct ask {
  std::uint64_t id = 0;
  state_copy::subject subject = subject::meta;
  std::string key{};
  bool recurse = false;
  std::uint64_t index = 0;
  bool operator==(const ask&) const = default;
};

/// `state::tasks` has changed; `records`: not only in its events.
struct publish {
  bool records = false;
  bool operator==(const publish&) const = default;
};

struct arm_timer {
  time_point due{};
  bool operator==(const arm_timer&) const = default;
};

using effect = std::variant<ask, publish, arm_timer>;

transition<state, effect> step(state s, follow_requested event, time_point now);
transition<state, effect> step(state s, rest_requested event, time_point now);
transition<state, effect> step(state s, answered event, time_point now);
transition<state, effect> step(state s, timer_elapsed event, time_point now);

} // namespace cts::ha::state_copy

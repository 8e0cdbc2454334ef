#pragma once

#include "core/machine.hpp"
#include "core/vault/api.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>

/// Reads secrets: takes the token out of its wrapping first if it is wrapped,
/// finds out for each path which engine it belongs to, and keeps the token
/// alive. Source: spec configuration, 2.7 and 2.10.1.
namespace cts::vault::reader {

/// What is read.
struct wish {
  std::string path{};
  /// The names below the path instead of what is there.
  bool names = false;
  auto operator<=>(const wish&) const = default;
};

/// A request that goes on.
struct exchange {
  enum class kind : std::uint8_t { unwrap, lookup, renew, mount, read };

  kind what = kind::read;
  /// Of `mount` and `read`.
  wish subject{};
};

struct state {
  std::string token{};
  /// `token` is only the wrapping of one.
  bool wrapped = false;
  /// Keep the token alive.
  bool renews = false;
  /// By ticket.
  std::map<std::uint64_t, exchange> open{};
  std::uint64_t tickets = 0;
  /// What waits for the token.
  std::set<wish> waiting{};
  /// The token is being looked up, or has been.
  bool looked_up = false;
  std::optional<time_point> renew_at{};
};

/// The pause after a renewal that failed.
constexpr auto renewal_pause = std::chrono::seconds{30};

// -- events -------------------------------------------------------------------

/// Answered with `report`. One that goes on already is not asked twice.
struct read_requested {
  wish subject{};
};

struct answered {
  std::uint64_t ticket = 0;
  /// Or why there is none.
  result<vault::reply> answer;
};

struct timer_elapsed {};

// -- effects ------------------------------------------------------------------

struct send {
  std::uint64_t ticket = 0;
  vault::request request{};
  std::string token{};
};

struct report {
  wish subject{};
  /// A secret's fields, or a list of names.
  result<value> found;
  /// How long it may be used; zero: no limit is known.
  std::chrono::seconds lease{0};
};

/// The token will end.
struct warn_of_token {
  std::string reason{};
};

struct arm_timer {
  time_point due{};
};

using effect = std::variant<send, report, warn_of_token, arm_timer>;
using answer = transition<state, effect>;

answer step(state s, const read_requested& event, time_point now);
answer step(state s, const answered& event, time_point now);
answer step(state s, const timer_elapsed& event, time_point now);

} // namespace cts::vault::reader

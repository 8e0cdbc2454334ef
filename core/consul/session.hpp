#pragma once

#include "core/consul/request.hpp"
#include "core/error.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Sessions: what holds locks, and what ends with its holder. Source: chapter
/// high-availability 2.1, 2.2 and
/// https://developer.hashicorp.com/consul/api-docs/session
namespace cts::consul {

/// A session to create. Its locks are released, not deleted, when it ends.
struct session_definition {
  std::string name{};
  /// 10 s to 24 h unless the servers say otherwise; the session ends twice this
  /// time after its last renewal. Zero: never by time.
  std::chrono::nanoseconds ttl{0};
  /// How long nobody may take a lock that the session lost.
  std::chrono::nanoseconds lock_delay{0};
  /// Checks of the node and of its services. The session ends with each.
  std::vector<std::string> node_checks{"serfHealth"};
  std::vector<std::string> service_checks{};
  std::string ns{};
};

/// What Consul says about a session; nothing about one that has ended.
enum class session_outcome : std::uint8_t {
  /// Created, renewed or destroyed.
  done,
  /// There is no such session (any more).
  not_found,
  /// A check is not registered (yet).
  check_missing,
  /// A check is critical (still).
  check_critical,
  /// The TTL is not between the bounds, which the message tells.
  ttl_refused,
  /// The token may not do it.
  denied,
};

/// The answer to a call that creates, renews or destroys a session.
struct session_reply {
  session_outcome outcome = session_outcome::done;
  /// Of the session that was created.
  std::string id{};
  /// Consul's words, unless it is done.
  std::string message{};
  bool operator==(const session_reply&) const = default;
};

/// A session as Consul knows it.
struct session {
  std::string id{};
  std::string name{};
  std::string node{};
  /// As Go writes durations; empty if it has none.
  std::string ttl{};
  std::chrono::nanoseconds lock_delay{0};
  /// `release` or `delete`.
  std::string behavior{};
  std::vector<std::string> node_checks{};
  std::vector<std::string> service_checks{};
  std::uint64_t create_index = 0;
  bool operator==(const session&) const = default;
};

request create_session(const session_definition& x);
request renew_session(std::string_view id, std::string_view ns);
/// Destroying a session that does not exist is done, too.
request destroy_session(std::string_view id, std::string_view ns);
request read_session(std::string_view id, std::string_view ns);

/// Fails with `unavailable` and the text of `describe_failure` if Consul had a
/// trouble that may pass (5xx, 429), with `refused` if it said no for another
/// reason, and with `malformed`.
result<session_reply> decode_session_created(const reply& x);

/// The same for the answers to `renew_session` and `destroy_session`.
result<session_reply> decode_session_changed(const reply& x);

/// Nothing if there is no such session, or if the token may not read it. Fails
/// like `decode_session_created`.
result<std::optional<session>> decode_session(const reply& x);

} // namespace cts::consul

#pragma once

#include "actors/contract.hpp"
#include "core/token_bucket.hpp"

#include <caf/local_actor.hpp>

#include <cstddef>
#include <functional>
#include <string>

namespace cts {

/// How the agent is reached and asked.
struct consul_client_options {
  /// See `consul::address::base_url`.
  std::string base_url = "http://localhost:8500";
  /// Sent with every request unless empty.
  std::string token{};
  config::auth auth{};
  /// Added to requests that name no namespace of their own.
  std::string ns{};
  std::string partition{};
  /// Bounds how fast requests start: Consul wakes every query for a missing
  /// service or key at each change.
  token_bucket rate{.interval = milliseconds{5}, .burst = 50};
  /// As many queries with an index are under way at once, each of which holds
  /// a connection of its own; if there are more, they take turns. 0: no limit,
  /// for connections that carry many.
  std::size_t blocking_max = 100;
  /// Logs an outage of the agent; one of the instance's clients is enough.
  bool tells_outages = true;
  /// Called in the client when the agent, which could not be reached, answers
  /// again; may be empty.
  std::function<void()> recovered{};
};

/// The options that follow from the configuration. Fails with `configuration`.
result<consul_client_options> consul_client_options_of(const config::consul& x);

/// What is sent with every request beside the request itself: token and login.
headers headers_of(const consul_client_options& options);

/// Names the namespace and partition in a request that names none.
void add_default_query(consul::request& to,
                       const consul_client_options& options);

/// As many queries may wait for their turn; more fail with `limit`.
constexpr std::size_t waiting_queries_max = 20'000;

/// Turns queries into HTTP exchanges with the agent and answers back. Knows the
/// secrets and logs none. After a query that could not reach the agent, reads
/// without an index wait, within their deadline, until one of them gets
/// through; writes are always tried. A restart loses the queries under way,
/// whose askers get an error.
consul_actor make_consul_client(caf::local_actor* parent,
                                consul_client_options options, http_actor http);

} // namespace cts

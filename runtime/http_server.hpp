#pragma once

#include "actors/contract.hpp"
#include "runtime/http_limits.hpp"

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

namespace boost::asio {
class io_context;
} // namespace boost::asio

namespace cts {

struct http_server_options {
  http::limits limits{};
  /// For the field Date.
  wall_clock clock{};
  /// How long the API actor may take to answer; then the reply is 503.
  milliseconds answer_timeout{30'000};
  /// The same for POST and PATCH, in which Terraform may run.
  milliseconds run_timeout{std::chrono::hours{7}};
};

/// Where the server lives.
struct http_server_host {
  /// Served by one thread; outlives the actor.
  boost::asio::io_context& io;
  /// The process's cafx::gateway.
  caf::actor gateway{};
};

/// Spawns the HTTP server of the API. Its port closes when it ends, too.
http_server_actor make_http_server(caf::local_actor* parent,
                                   http_server_options options,
                                   http_server_host host);

} // namespace cts

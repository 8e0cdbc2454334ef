#pragma once

#include "actors/contract.hpp"
#include "runtime/http_limits.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <functional>
#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
} // namespace boost::asio::ssl

/// One connection of the API's HTTP server. Part of http_listener: it lives on
/// the io thread, and no other file includes it.
namespace cts::http {

/// Takes the reply to a request. Called at most once, on the io thread.
using reply_sink = std::function<void(api_reply)>;

/// Answers a request, without blocking. Called on the io thread.
using request_sink = std::function<void(api_request, reply_sink)>;

/// What all sessions of a listener share.
struct session_context {
  http::limits limits{};
  wall_clock clock{};
  request_sink ask{};
  /// Absent: plain HTTP.
  std::shared_ptr<boost::asio::ssl::context> tls{};
  /// Set once: reply to what was asked, then close.
  bool stopping = false;
};

/// What the listener knows of a connection.
struct session {
  boost::beast::tcp_stream stream;
  /// `address:port` of the peer.
  std::string remote{};
  /// No request has begun; closing the connection now harms nobody.
  bool is_idle = true;
};

/// Serves a connection until one side closes it.
boost::asio::awaitable<void> serve(std::shared_ptr<session_context> context,
                                   std::shared_ptr<session> connection);

/// Serves one connection under TLS; used by serve().
boost::asio::awaitable<void> serve_tls(std::shared_ptr<session_context> context,
                                       std::shared_ptr<session> connection);

} // namespace cts::http

#pragma once

#include "runtime/http_session.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <set>

namespace cts::http {

struct listen_options {
  /// 0 picks a free one.
  int port = 0;
  config::server_tls tls{};
  http::limits limits{};
  /// For the field Date.
  wall_clock clock{};
  request_sink ask{};
};

/// An open port and its connections. All members run on the io thread.
class listener : public std::enable_shared_from_this<listener> {
public:
  using finished = std::function<void(bool all_answered)>;

  /// Binds the port on all interfaces, IPv6 as well if the machine has it.
  /// Fails with `system`: `listen tcp :8558: bind: address already in use`, or
  /// as make_tls_context() does.
  static result<std::shared_ptr<listener>> open(boost::asio::io_context& io,
                                                listen_options options);

  listener(boost::asio::ip::tcp::acceptor acceptor, session_context context);

  int port() const { return port_; }

  /// Accepts connections until close().
  void start();

  /// Stops accepting and closes idle connections. `done` is called when each
  /// request that had begun is answered, or when `grace` is over and the rest
  /// was cut off.
  void close(milliseconds grace, finished done);

private:
  using session_ptr = std::shared_ptr<session>;

  static boost::asio::awaitable<void> accept_all(std::shared_ptr<listener> me);
  void admit(boost::asio::ip::tcp::socket socket);
  void leave(const session_ptr& connection);
  void finish(bool all_answered);

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<session_context> context_;
  std::set<session_ptr> sessions_{};
  finished done_{};
  int port_ = 0;
};

} // namespace cts::http

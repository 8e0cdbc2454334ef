#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <string>
#include <thread>

namespace cts::test {

/// A cable between a client and a server on loopback that can be cut: then
/// nothing arrives any more, neither way, and nobody is told.
class relay {
public:
  /// `target` is `127.0.0.1:port`.
  explicit relay(const std::string& target);
  ~relay();
  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;

  /// `127.0.0.1:port`, where a client finds the server.
  std::string address() const;

  void cut();
  void join();

private:
  void accept();

  boost::asio::io_context io_{};
  boost::asio::ip::tcp::endpoint target_{};
  boost::asio::ip::tcp::acceptor acceptor_;
  std::thread thread_{};
};

} // namespace cts::test

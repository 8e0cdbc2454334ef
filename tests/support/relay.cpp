#include "tests/support/relay.hpp"

#include <boost/asio/write.hpp>

#include <array>
#include <memory>

namespace cts::test {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// What flows one way through a connection.
struct flow {
  std::shared_ptr<tcp::socket> from;
  std::shared_ptr<tcp::socket> to;
  std::array<char, 16384> bytes{};
};

void close(flow& x) {
  auto problem = boost::system::error_code{};
  x.from->close(problem);
  x.to->close(problem);
}

void pass_on(const std::shared_ptr<flow>& x) {
  auto sent = [x](const auto& problem, std::size_t) {
    problem ? close(*x) : pass_on(x);
  };
  x->from->async_read_some(
    asio::buffer(x->bytes), [x, sent](const auto& problem, std::size_t count) {
      if (problem)
        return close(*x);
      asio::async_write(*x->to, asio::buffer(x->bytes, count), sent);
    });
}

tcp::endpoint loopback(int port) {
  return {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)};
}

} // namespace

relay::relay(const std::string& target)
  : target_(loopback(std::stoi(target.substr(target.find(':') + 1)))),
    acceptor_(io_, loopback(0)) {
  accept();
  join();
}

relay::~relay() {
  cut();
}

std::string relay::address() const {
  return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
}

// The kernel still takes connections and bytes, which lie there.
void relay::cut() {
  io_.stop();
  if (thread_.joinable())
    thread_.join();
}

void relay::join() {
  io_.restart();
  thread_ = std::thread{[this] { io_.run(); }};
}

void relay::accept() {
  auto client = std::make_shared<tcp::socket>(io_);
  acceptor_.async_accept(*client, [this, client](const auto& problem) {
    if (problem)
      return;
    accept();
    auto server = std::make_shared<tcp::socket>(io_);
    server->async_connect(target_, [client, server](const auto& refused) {
      if (refused)
        return;
      pass_on(std::make_shared<flow>(flow{client, server}));
      pass_on(std::make_shared<flow>(flow{server, client}));
    });
  });
}

} // namespace cts::test

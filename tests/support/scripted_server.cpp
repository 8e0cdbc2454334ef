#include "tests/support/scripted_server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace cts {

namespace {

std::size_t content_length(const std::string& head) {
  auto at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
}

/// The next request on the connection; empty at its end.
std::string read_request(int connection, std::string& buffer) {
  auto chunk = std::array<char, 4096>{};
  for (;;) {
    auto end = buffer.find("\r\n\r\n");
    if (end != std::string::npos) {
      auto size = end + 4 + content_length(buffer.substr(0, end));
      if (buffer.size() >= size) {
        auto out = buffer.substr(0, size);
        buffer.erase(0, size);
        return out;
      }
    }
    auto count = recv(connection, chunk.data(), chunk.size(), 0);
    if (count <= 0)
      return {};
    buffer.append(chunk.data(), static_cast<std::size_t>(count));
  }
}

void reset_on_close(int connection) {
  auto now = linger{.l_onoff = 1, .l_linger = 0};
  setsockopt(connection, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

bool send_all(int connection, const std::string& bytes) {
  auto sent = std::size_t{0};
  while (sent < bytes.size()) {
    auto count = send(connection, bytes.data() + sent, bytes.size() - sent,
                      MSG_NOSIGNAL);
    if (count <= 0)
      return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

} // namespace

scripted_server::scripted_server(script answer) : answer_(std::move(answer)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = sockaddr_in{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto size = socklen_t{sizeof address};
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, size) != 0 || listen(listener_, 64) != 0
      || getsockname(listener_, generic, &size) != 0)
    throw std::runtime_error{"the scripted server cannot listen"};
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread{[this] { accept_all(); }};
}

scripted_server::~scripted_server() {
  {
    auto guard = std::lock_guard{mutex_};
    stopping_ = true;
    for (auto connection : open_)
      shutdown(connection, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  await_disconnects();
  close(listener_);
}

std::string scripted_server::url(const std::string& target) const {
  return "http://127.0.0.1:" + std::to_string(port_) + target;
}

void scripted_server::await_disconnects() {
  auto sessions = std::list<std::thread>{};
  {
    auto guard = std::lock_guard{mutex_};
    sessions.swap(sessions_);
  }
  for (auto& session : sessions)
    session.join();
}

void scripted_server::accept_all() {
  for (;;) {
    auto connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    auto guard = std::lock_guard{mutex_};
    if (connection < 0 || stopping_) {
      if (connection >= 0)
        close(connection);
      return;
    }
    ++connections_;
    open_.push_back(connection);
    sessions_.emplace_back([this, connection] { serve(connection); });
  }
}

void scripted_server::serve(int connection) {
  auto buffer = std::string{};
  for (;;) {
    auto request = read_request(connection, buffer);
    if (request.empty())
      break;
    auto next = answer_(request);
    if (!send_all(connection, next.bytes))
      break;
    if (next.reset)
      reset_on_close(connection);
    if (next.close || next.reset)
      break;
  }
  auto guard = std::lock_guard{mutex_};
  std::erase(open_, connection);
  close(connection);
}

std::string http_response(int status, const std::string& body,
                          const std::string& fields) {
  return "HTTP/1.1 " + std::to_string(status) + " Status\r\n" + fields
         + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

} // namespace cts

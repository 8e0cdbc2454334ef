#include "tests/support/raw_client.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace cts::tests {

namespace {

constexpr auto patience = timeval{.tv_sec = 10, .tv_usec = 0};

int connected(int port) {
  const auto descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = sockaddr_in{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(descriptor, reinterpret_cast<sockaddr*>(&address),
                sizeof address)
      == 0)
    return descriptor;
  ::close(descriptor);
  return -1;
}

std::size_t announced_bytes(const std::string& header) {
  constexpr auto field = std::string_view{"Content-Length: "};
  const auto at = header.find(field);
  if (at == std::string::npos)
    return 0;
  return std::strtoul(header.c_str() + at + field.size(), nullptr, 10);
}

} // namespace

raw_client::raw_client(int port) : descriptor_(connected(port)) {
  if (descriptor_ < 0)
    throw std::runtime_error{"cannot connect"};
}

raw_client::raw_client(raw_client&& other) noexcept
  : descriptor_(std::exchange(other.descriptor_, -1)),
    received_(std::move(other.received_)) {}

raw_client::~raw_client() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

void raw_client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count
      = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0)
      return;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

bool raw_client::receive() {
  auto bytes = std::array<char, 65536>{};
  const auto count = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
  if (count > 0)
    received_.append(bytes.data(), static_cast<std::size_t>(count));
  return count > 0;
}

std::string raw_client::header() {
  auto end = received_.find("\r\n\r\n");
  while (end == std::string::npos && receive())
    end = received_.find("\r\n\r\n");
  if (end == std::string::npos)
    return {};
  auto text = received_.substr(0, end + 4);
  received_.erase(0, end + 4);
  return text;
}

std::string raw_client::reply() {
  auto text = header();
  const auto size = announced_bytes(text);
  while (received_.size() < size && receive()) {}
  text += received_.substr(0, size);
  received_.erase(0, size);
  return text;
}

std::string raw_client::until_end() {
  while (receive()) {}
  return std::exchange(received_, {});
}

bool raw_client::is_refused(int port) {
  const auto descriptor = connected(port);
  if (descriptor >= 0)
    ::close(descriptor);
  return descriptor < 0;
}

int inheritable_sockets(const raw_client& except) {
  auto count = 0;
  for (auto descriptor = 0; descriptor < 1024; ++descriptor) {
    struct stat about {};
    const auto is_socket
      = ::fstat(descriptor, &about) == 0 && S_ISSOCK(about.st_mode);
    const auto flags = ::fcntl(descriptor, F_GETFD);
    if (is_socket && descriptor != except.descriptor()
        && (flags & FD_CLOEXEC) == 0)
      ++count;
  }
  return count;
}

} // namespace cts::tests

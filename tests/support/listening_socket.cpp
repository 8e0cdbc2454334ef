#include "tests/support/listening_socket.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace cts {

listening_socket::listening_socket()
  : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  auto address = sockaddr_in{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  constexpr auto backlog = 64;
  if (bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0
      || listen(socket_, backlog) != 0)
    throw std::runtime_error{"no port to listen on"};
}

listening_socket::~listening_socket() {
  close();
}

int listening_socket::port() const {
  auto address = sockaddr_in{};
  auto size = socklen_t{sizeof address};
  if (getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error{"a listener without a port"};
  return ntohs(address.sin_port);
}

void listening_socket::close() {
  if (auto socket = std::exchange(socket_, -1); socket >= 0)
    ::close(socket);
}

} // namespace cts

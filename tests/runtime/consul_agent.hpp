#pragma once

#include "runtime/process_runner.hpp"
#include "tests/support/fifo.hpp"

#include <caf/send.hpp>

#include <arpa/inet.h>
#include <sys/socket.h>

#include <memory>
#include <string>

namespace cts {

/// A port that nobody used a moment ago.
inline std::string free_port() {
  auto fd = ::socket(AF_INET, SOCK_STREAM, 0);
  auto address = sockaddr_in{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto size = static_cast<socklen_t>(sizeof address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ::bind(fd, generic, size);
  ::getsockname(fd, generic, &size);
  ::close(fd);
  return std::to_string(ntohs(address.sin_port));
}

/// A development agent that ends with the process service.
class consul_agent {
public:
  /// Returns when the agent can store keys.
  consul_agent(const std::string& program, const process_actor& processes,
               const std::string& directory)
    : words_(directory + "/consul.words"),
      address_("127.0.0.1:" + free_port()) {
    auto port = address_.substr(address_.find(':') + 1);
    auto command = program + " agent -dev -bind 127.0.0.1 -http-port " + port
                   + " -log-level info -dns-port -1 -grpc-port -1 -server-port "
                   + free_port() + " -serf-lan-port " + free_port()
                   + " -serf-wan-port " + free_port() + " > " + words_.path();
    caf::anon_send(processes,
                   start_process{.key = "consul",
                                 .argv = {"/bin/sh", "-c", "exec " + command},
                                 .environment = {"PATH=/usr/bin:/bin"},
                                 .directory = directory});
    while (words_.next_line().find("Synced node info") == std::string::npos)
      continue;
  }

  /// `host:port`
  const std::string& address() const { return address_; }

private:
  fifo words_;
  std::string address_;
};

} // namespace cts

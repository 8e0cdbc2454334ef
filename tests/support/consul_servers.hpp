#pragma once

#include "tests/support/child_daemon.hpp"
#include "tests/support/temp_directory.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cts::test {

/// What an HTTP server answered.
struct http_answer {
  /// 0: none.
  int status = 0;
  std::string body{};
  /// `X-Consul-Index`, or 0.
  std::uint64_t index = 0;
};

/// One exchange, blocking for at most a minute.
http_answer exchange(const std::string& method, const std::string& url,
                     const std::string& body = {});

/// Ports of loopback that are free now. Throws std::runtime_error without any.
std::vector<int> free_ports(int count);

struct consul_servers_options {
  int servers = 3;
  /// What the servers and their agents reach each other at; HTTP stays on
  /// loopback.
  std::string bind = "127.0.0.1";
  /// More configuration for each, in HCL.
  std::string configuration{};
};

/// Real Consul servers that form one cluster, on loopback, with their log on
/// disk and ports that the kernel chose. They end with the object.
class consul_servers {
public:
  /// Returns when there is a leader. Throws std::runtime_error without one.
  explicit consul_servers(const std::string& program,
                          consul_servers_options options = {});

  int count() const { return static_cast<int>(nodes_.size()); }

  /// `127.0.0.1:port` of a server.
  std::string address(int server) const;

  /// `address:port` of each server, for agents that want to join.
  std::vector<std::string> gossip_addresses() const;

  /// Which server leads now; waits for one.
  int leader();

  /// As a kill of the process, a stop by signal, and its continuation.
  void kill(int server);
  void pause(int server);
  void resume(int server);

  /// Starts a server that was killed again, with its data.
  void restart(int server);

  /// The body of the answer of one server, or of the first that lives. Throws
  /// std::runtime_error if its status is not 200.
  std::string ask(const std::string& method, const std::string& target,
                  const std::string& body = {});

  /// The decoded value of a key and the index of the answer; no value if there
  /// is no such key. Waits up to `wait` for a change after `index`.
  struct entry {
    std::optional<std::string> value{};
    std::uint64_t index = 0;
    bool locked = false;
  };
  entry key(const std::string& name, std::uint64_t index = 0,
            const std::string& wait = "10s");

  /// Everything below a prefix, decoded.
  std::map<std::string, std::string> keys(const std::string& prefix);

  void register_service(const std::string& name, const std::string& id);

private:
  struct node {
    int http = 0;
    int rpc = 0;
    int lan = 0;
    std::unique_ptr<child_daemon> process{};
    bool paused = false;

    bool answers() const { return process && !paused; }
  };

  void start(int server);
  bool await_leader();

  std::string program_;
  consul_servers_options options_;
  temp_directory folder_{};
  std::vector<node> nodes_{};
};

} // namespace cts::test

#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cts {

/// A TCP server on a free port of the loopback, each of whose connections is
/// answered by a function. For tests of the HTTP transport only.
class scripted_server {
public:
  /// What the script does with a request.
  struct action {
    std::string bytes{};
    /// Afterwards the connection is closed.
    bool close = false;
    /// Afterwards the connection is reset instead of closed.
    bool reset = false;
  };

  /// Gets the head and body of a request. Runs on a thread per connection.
  using script = std::function<action(const std::string& request)>;

  explicit scripted_server(script answer);
  ~scripted_server();
  scripted_server(const scripted_server&) = delete;
  scripted_server& operator=(const scripted_server&) = delete;

  int port() const { return port_; }
  std::string url(const std::string& target) const;

  /// How many connections have been accepted so far.
  int connections() const { return connections_; }

  /// Waits until all accepted connections are closed by the other side.
  void await_disconnects();

private:
  void accept_all();
  void serve(int connection);

  script answer_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  bool stopping_ = false;
  std::vector<int> open_;
  std::list<std::thread> sessions_;
  std::thread acceptor_;
};

/// A complete answer with Content-Length and these further fields.
std::string http_response(int status, const std::string& body,
                          const std::string& fields = {});

} // namespace cts

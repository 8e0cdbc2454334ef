#pragma once

#include <string>
#include <string_view>

namespace cts::tests {

/// A connection to a port of ours that sends and receives plain bytes, blocking
/// for at most ten seconds.
class raw_client {
public:
  explicit raw_client(int port);
  raw_client(raw_client&& other) noexcept;
  raw_client& operator=(raw_client&&) = delete;
  ~raw_client();

  void send(std::string_view bytes);

  /// The next header, with the empty line.
  std::string header();

  /// The next header and as many bytes as its Content-Length says.
  std::string reply();

  /// All bytes until the other side closes.
  std::string until_end();

  int descriptor() const { return descriptor_; }

  /// Whether nobody listens on the port.
  static bool is_refused(int port);

private:
  bool receive();

  int descriptor_ = -1;
  std::string received_{};
};

/// How many sockets of this process, but for the client's, would survive exec.
int inheritable_sockets(const raw_client& except);

} // namespace cts::tests

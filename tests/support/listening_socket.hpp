#pragma once

namespace cts {

/// A TCP listener on a port of 127.0.0.1 that the kernel chose. It accepts
/// nothing, and so every connection succeeds while it is open.
class listening_socket {
public:
  /// Throws std::runtime_error if there is none.
  listening_socket();
  ~listening_socket();
  listening_socket(const listening_socket&) = delete;
  listening_socket& operator=(const listening_socket&) = delete;

  int port() const;

  /// Connections are refused from now on.
  void close();

private:
  int socket_ = -1;
};

} // namespace cts

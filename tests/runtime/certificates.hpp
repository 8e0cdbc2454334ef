#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace cts::tests {

/// A certification authority, a server at `localhost` and a client, as PEM
/// files in a folder that vanishes with the object.
class certificates {
public:
  explicit certificates(const char* authority = "our authority");
  certificates(const certificates&) = delete;
  certificates& operator=(const certificates&) = delete;
  ~certificates();

  /// `ca.pem`, `server.pem`, `server.key`, `client.pem` or `client.key`.
  std::string path(const char* name) const { return (folder_ / name).string(); }

  std::string folder() const { return folder_.string(); }

private:
  std::filesystem::path folder_{};
};

struct tls_client_options {
  /// Empty: the client shows no certificate.
  std::string certificate{};
  std::string key{};
  /// For example TLS1_1_VERSION; 0: the newest.
  int newest_version = 0;
};

/// Sends `request` over a new TLS connection; everything that comes back, or
/// nothing if the handshake fails.
std::string tls_exchange(int port, const std::string& request,
                         const tls_client_options& options);

/// The names of the authorities whose certificates the server asks for.
std::vector<std::string> authorities_of(int port);

} // namespace cts::tests

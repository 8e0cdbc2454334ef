#pragma once

#include "core/config/config.hpp"
#include "core/error.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace cts {

/// How HTTP requests leave the process.
struct http_options {
  config::transport transport{};
  config::client_tls tls{};
  /// PEM certificates to trust instead of the system's; empty: the system's.
  std::string ca_certificates{};
  /// Connect to this Unix socket, whatever the URL says.
  std::string unix_socket{};
  /// As in the environment; empty: none. Loopback is never proxied.
  std::string http_proxy{};
  std::string https_proxy{};
  std::string no_proxy{};
  /// Connections at the same time; further requests wait. 0: no limit.
  int connections_max = 108;
  /// A longer answer fails with `limit`.
  std::size_t body_bytes_max = std::size_t{64} * 1024 * 1024;
  std::size_t header_bytes_max = std::size_t{256} * 1024;
};

/// The PEM certificates of `x`'s authorities, one after the other; empty: none
/// are configured. `setting` names the block for errors. Fails with
/// `configuration`.
result<std::string> read_authorities(const config::client_tls& x,
                                     const std::string& setting);

using environment = std::map<std::string, std::string>;

/// The environment of this process.
environment process_environment();

/// The same as a child process gets it: `NAME=value`.
std::vector<std::string> environment_list();

/// What the configuration and the environment say about requests to Consul.
/// Reads the CA files. Fails with `configuration`.
result<http_options> http_options_of(const config::consul& x,
                                     const environment& variables);

/// The same about requests to Vault.
result<http_options> vault_http_options_of(const config::vault& x,
                                           const environment& variables);

} // namespace cts

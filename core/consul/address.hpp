#pragma once

#include "core/error.hpp"

#include <string>
#include <string_view>

namespace cts::consul {

/// Where the agent listens. Source: chapter configuration 2.6.
struct address {
  /// What every request's target is appended to, for example
  /// `http://localhost:8500` or `https://gateway/consul`.
  std::string base_url{};
  bool tls = false;
  /// The path of a Unix socket, or empty for TCP.
  std::string socket{};

  bool operator==(const address&) const = default;
};

/// Reads `host:port`, `http://...`, `https://...` (each with an optional path
/// prefix) or `unix:///path`. `tls` asks for https where no scheme is given,
/// and instead of http. Fails with `configuration`.
result<address> parse_address(std::string_view text, bool tls);

/// `url` with the password of its user, if it has one, as `***`.
std::string without_password(std::string_view url);

} // namespace cts::consul

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

/// Consul's HTTP API without a wire: requests are built and replies are decoded
/// here. Source: https://developer.hashicorp.com/consul/api-docs
namespace cts::consul {

/// A request to the agent. Token, basic auth and the address are added by the
/// client, never here.
struct request {
  /// GET, PUT or DELETE.
  std::string method = "GET";
  /// Begins with `/v1/`; segments are percent-encoded.
  std::string path{};
  /// Unencoded names and values, sent sorted by name. `node-meta` may occur
  /// more than once.
  std::multimap<std::string, std::string> query{};
  std::string body{};

  bool operator==(const request&) const = default;
};

/// What the agent answered.
struct reply {
  /// HTTP status.
  int status = 0;
  /// `X-Consul-Index`; absent if missing or not a positive number.
  std::optional<std::uint64_t> index{};
  /// `X-Consul-Results-Filtered-By-ACLs: true`.
  bool filtered_by_acls = false;
  /// The agent closed the connection after this answer.
  bool closing = false;
  /// `Retry-After`, if given in seconds.
  std::optional<std::chrono::seconds> retry_after{};
  std::string body{};

  bool operator==(const reply&) const = default;
};

/// `path?name=value&...`, percent-encoded, as it goes on the wire.
std::string target_of(const request& x);

/// Percent-encodes everything but unreserved characters and `/`.
std::string encode_path(std::string_view text);

/// Percent-encodes everything but unreserved characters: one segment of a path.
std::string encode_segment(std::string_view text);

/// `Unexpected response code: <status> (<body, trimmed>)`, the text that users
/// of the reference grep for. The body is cut to 512 bytes.
std::string describe_failure(const reply& x);

} // namespace cts::consul

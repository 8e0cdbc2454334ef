#pragma once

#include "core/error.hpp"
#include "core/value.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// Vault's HTTP API without a wire: requests are built and replies are decoded
/// here. Source: https://developer.hashicorp.com/vault/api-docs
namespace cts::vault {

/// Token and namespace are added by whoever sends it.
struct request {
  std::string method = "GET";
  /// Path and query below the address; begins with `/v1/`.
  std::string target{};
  bool operator==(const request&) const = default;
};

struct reply {
  /// HTTP status.
  int status = 0;
  std::string body{};
};

/// Where a path is mounted. Version 0: not a key-value store, or not known.
struct mount {
  /// With a slash at its end.
  std::string path{};
  int version = 0;
  bool operator==(const mount&) const = default;
};

/// What Vault has at a path.
struct secret {
  /// `Data`, and `LeaseID`, `LeaseDuration`, `Renewable`, `RequestID`.
  object fields{};
  /// Zero: it has no lease, as in a key-value store.
  std::chrono::seconds lease{0};
};

/// How long the token lives.
struct token_life {
  /// Zero: for ever.
  std::chrono::seconds ttl{0};
  bool renewable = false;
  bool operator==(const token_life&) const = default;
};

/// Which engine `path` belongs to.
request mount_request(std::string_view path);

/// A refusal means that the token may not ask: then nothing is known.
result<mount> decode_mount(const reply& x);

/// Reads `path`. In version 2 of the key-value store secrets are below `data/`,
/// which is inserted unless it is there.
request read_request(std::string_view path, const mount& at);

/// The names below `path`; in version 2 they are below `metadata/`.
request list_request(std::string_view path, const mount& at);

/// Fails with `not_found`, `refused`, `unavailable` if asking again may help,
/// and `malformed`. `path` is for the text.
result<secret> decode_secret(const reply& x, std::string_view path);

/// Names as texts; none if there is nothing. Fails like `decode_secret`.
result<list> decode_names(const reply& x, std::string_view path);

/// Exchanges the wrapping token that it is sent with for the one inside.
request unwrap_request();
result<std::string> decode_unwrapped(const reply& x);

request lookup_request();
result<token_life> decode_lookup(const reply& x);

request renew_request();
result<token_life> decode_renewed(const reply& x);

} // namespace cts::vault

#pragma once

#include "core/consul/request.hpp"
#include "core/error.hpp"
#include "core/types.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Source: https://developer.hashicorp.com/consul/api-docs/kv
namespace cts::consul {

/// Asks for one key, or for all keys that begin with `x.name`. One leading `/`
/// is dropped. Fails with `configuration` if nothing is left.
result<request> kv_request(const dependency& x);

/// Ascending by key. Values are bytes, whether or not they are UTF-8. Fails
/// with `malformed` if the text is no list of pairs, or a value no base64.
result<kv_pairs> decode_pairs(std::string_view body);

/// A key with what Consul keeps beside its value.
struct kv_entry {
  std::string key{};
  /// Bytes; empty in the results of a transaction for what it wrote.
  std::string value{};
  std::uint64_t flags = 0;
  /// How often the key was locked since it was last written without a lock. No
  /// fencing number: any plain write resets it.
  std::uint64_t lock_index = 0;
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
  /// Who holds the lock; empty if nobody does.
  std::string session{};
  bool operator==(const kv_entry&) const = default;
};

using kv_entries = std::vector<kv_entry>;

/// Keys to read, with their locks.
struct kv_read {
  /// Without a leading `/`.
  std::string key{};
  /// All keys that begin with `key`.
  bool recurse = false;
  /// Whatever decides something reads like this: the leader asks its peers
  /// whether it still leads.
  bool consistent = true;
  /// Wait up to `wait` for a change after this index. Absent: answer at once.
  std::optional<std::uint64_t> index{};
  std::chrono::milliseconds wait{0};
  std::string ns{};
};

request read_keys(const kv_read& x);

/// In the order of the answer, which is by key. No such key is no failure, and
/// neither are keys that the token may not list. Fails with `refused` if a key
/// may not be read, with `unavailable` if Consul has a trouble that may pass
/// (5xx, 429), and with `malformed`.
result<kv_entries> decode_keys(const reply& x);

/// The entries of one JSON list. Fails with `malformed`.
result<kv_entries> decode_entries(std::string_view body);

/// A lock to take or to give back. Both write value and flags, too.
struct kv_lock {
  std::string key{};
  std::string session{};
  std::string value{};
  std::uint64_t flags = 0;
  std::string ns{};
};

request acquire_key(const kv_lock& x);
request release_key(const kv_lock& x);

/// `PUT` or `DELETE` of keys answers `true` or `false`. Fails like
/// `decode_keys`.
result<bool> decode_written(const reply& x);

/// The bytes behind standard base64 with padding.
result<std::string> decode_base64(std::string_view text);

/// Standard base64 with padding.
std::string encode_base64(std::string_view bytes);

} // namespace cts::consul

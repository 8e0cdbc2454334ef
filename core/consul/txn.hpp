#pragma once

#include "core/consul/kv.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// Transactions on keys: all operations take place, in order, or none. Source:
/// chapter high-availability 2.3 and
/// https://developer.hashicorp.com/consul/api-docs/txn
namespace cts::consul::txn {

/// Refused by servers above these.
constexpr std::size_t operations_max = 64;
constexpr std::size_t body_bytes_max = 524'288;

/// Writes, whatever is there; keeps a lock.
struct set {
  std::string key{};
  std::string value{};
  std::uint64_t flags = 0;
  bool operator==(const set&) const = default;
};

/// Writes if the key was last changed at `index`. 0: if there is no such key.
struct cas {
  std::string key{};
  std::string value{};
  std::uint64_t index = 0;
  std::uint64_t flags = 0;
  bool operator==(const cas&) const = default;
};

/// Takes the lock, or keeps it, and writes.
struct lock {
  std::string key{};
  std::string value{};
  std::string session{};
  std::uint64_t flags = 0;
  bool operator==(const lock&) const = default;
};

/// Gives the lock back and writes.
struct unlock {
  std::string key{};
  std::string value{};
  std::string session{};
  std::uint64_t flags = 0;
  bool operator==(const unlock&) const = default;
};

/// Reads one key, which must exist.
struct get {
  std::string key{};
  bool operator==(const get&) const = default;
};

/// Reads all keys that begin with `key`.
struct get_tree {
  std::string key{};
  bool operator==(const get_tree&) const = default;
};

/// Refuses unless the key was last changed at `index`.
struct check_index {
  std::string key{};
  std::uint64_t index = 0;
  bool operator==(const check_index&) const = default;
};

/// Refuses unless `session` holds the key.
struct check_session {
  std::string key{};
  std::string session{};
  bool operator==(const check_session&) const = default;
};

/// Refuses if there is such a key.
struct check_not_exists {
  std::string key{};
  bool operator==(const check_not_exists&) const = default;
};

/// Deletes a key; a missing one is no failure.
struct erase {
  std::string key{};
  bool operator==(const erase&) const = default;
};

/// Deletes all keys that begin with `key`.
struct erase_tree {
  std::string key{};
  bool operator==(const erase_tree&) const = default;
};

/// Deletes if the key was last changed at `index`; a missing one is no failure.
struct erase_cas {
  std::string key{};
  std::uint64_t index = 0;
  bool operator==(const erase_cas&) const = default;
};

using operation
  = std::variant<set, cas, lock, unlock, get, get_tree, check_index,
                 check_session, check_not_exists, erase, erase_tree, erase_cas>;
using operations = std::vector<operation>;

/// Whether one of them changes something. Consul answers a transaction without
/// such an operation from the read path: it fences nothing.
bool has_write(const operations& xs);

/// What one operation adds to the body of a request.
std::size_t body_bytes(const operation& x);

/// How long the body of `request_for` is.
std::size_t body_bytes(const operations& xs);

/// Fails with `limit` beyond `operations_max` or `body_bytes_max`.
result<request> request_for(const operations& xs, std::string_view ns = {});

/// Why an operation was refused.
enum class reason : std::uint8_t {
  /// Another session holds the key.
  lock_held,
  /// The key was lost by its holder so recently that nobody may take it yet.
  lock_delay,
  /// The key of a `check_session` is not held by that session, or is missing.
  session_mismatch,
  /// The key was changed at another index, is missing, or exists already.
  stale_index,
  /// The session has ended, or never was.
  invalid_session,
  /// The key of a `get` is missing.
  missing_key,
  /// The key of an `unlock` is not held by that session.
  not_holder,
  /// The token may not do it.
  permission_denied,
  other,
};

struct refusal {
  reason why = reason::other;
  /// Which of the operations, from 0.
  std::size_t operation = 0;
  /// Consul's words.
  std::string message{};
  bool operator==(const refusal&) const = default;
};

/// It took place. Operations that delete or check for absence have no entry,
/// `get_tree` has many; only what was read has a value.
struct committed {
  kv_entries entries{};
  bool operator==(const committed&) const = default;
};

/// It did not take place, because of each of these.
struct refused {
  std::vector<refusal> reasons{};
  bool operator==(const refused&) const = default;
};

using outcome = std::variant<committed, refused>;

/// Fails with `limit` if the transaction was too large and with `refused` if
/// Consul did not accept it: it did not take place. Any other error leaves open
/// whether it did; see `is_ambiguous`.
result<outcome> decode(const reply& x);

/// Whether a transaction that ended with this error, of `decode` or of the
/// transport, may have taken place all the same.
bool is_ambiguous(const error& x);

} // namespace cts::consul::txn

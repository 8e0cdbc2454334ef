#pragma once

#include "actors/contract.hpp"
#include "drivers/terraform/state_lock.hpp"

#include <cstdint>
#include <optional>
#include <string>

/// The lock that a killed run of another instance has left behind, and when it
/// may be released. Source: spec chapter high-availability, 4.8.
namespace cts::terraform {

/// One key of Consul with what is known of it.
struct kv_entry {
  std::string value{};
  /// The session that holds the key; empty: none.
  std::string session{};
  std::uint64_t flags = 0;
  std::uint64_t modify_index = 0;
  bool operator==(const kv_entry&) const = default;
};

/// The only entry of an answer; absent if there is none, or if the answer
/// cannot be understood.
std::optional<kv_entry> parse_kv_entry(const std::string& body);

/// Whether Terraform holds the lock, and the description is its holder's.
bool is_described(const kv_entry& lock, const lock_info& info);

/// Whether the lock was taken by that run: the holder, the one who described
/// the lock and the run's host are the same, and the lock is not older.
bool is_lock_of(const kv_entry& lock, const lock_info& info,
                const former_run& run);

/// Both are read from the leader, for they are compared.
consul::request read_lock(const std::string& key, const std::string& ns);
consul::request read_lock_description(const std::string& key,
                                      const std::string& ns);

/// Releases the lock and leaves its value as it is.
consul::request release_former_lock(const std::string& key,
                                    const std::string& ns,
                                    const kv_entry& lock);

/// Deletes the description unless somebody has written another one.
consul::request forget_lock_description(const std::string& key,
                                        const std::string& ns,
                                        const kv_entry& description);

} // namespace cts::terraform

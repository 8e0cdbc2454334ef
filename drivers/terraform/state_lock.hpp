#pragma once

#include "core/config/config.hpp"
#include "core/consul/request.hpp"
#include "drivers/terraform/run_record.hpp"

#include <cstdint>
#include <optional>
#include <string>

/// The lock of the Consul backend, and whether one that is held is the rest of
/// a run of ours that was killed. Source: spec chapter terraform-driver, 3.3
/// and 8.1 item 11.
namespace cts::terraform {

/// What Consul's client library marks its locks with.
constexpr auto lock_flags = std::uint64_t{3304740253564472344};

/// What the holder has written beside its lock.
struct lock_info {
  /// The Consul session that holds it.
  std::string id{};
  /// `user@host`
  std::string who{};
  /// Seconds since 1970.
  std::int64_t created = 0;
  bool operator==(const lock_info&) const = default;
};

/// Absent if `text` is not what Terraform writes.
std::optional<lock_info> parse_lock_info(const std::string& text);

/// Whether the lock was taken by a command of this directory that did not end
/// by itself. The newest record is the command that was refused; whatever ran
/// before it is gone, or it would not have been started.
bool is_left_behind(const lock_info& lock, const run_records& records);

/// The key under which the lock of a task's state lies. Absent if the state is
/// not in our Consul, or if its path would need encoding.
std::optional<std::string> lock_key_of(const config::settings& settings,
                                       const std::string& task);

/// Releases the lock of `session`. Without the flags no Terraform could take it
/// again.
consul::request release_lock(const std::string& key, const std::string& ns,
                             const std::string& session);

} // namespace cts::terraform

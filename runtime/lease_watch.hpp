#pragma once

#include "core/ha/lease_guard.hpp"
#include "runtime/boot_clock.hpp"
#include "runtime/child_process.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace cts {

/// Ends the processes that need the lease of this instance before it is over.
/// Those with a shim are left to it; a shim that has not done it is killed with
/// its program shortly after the end. Used on one io thread.
class lease_watch {
public:
  explicit lease_watch(boost::asio::io_context& io);

  /// By CLOCK_BOOTTIME.
  void extend(std::chrono::nanoseconds deadline);

  /// Nothing starts until the next extension.
  void revoke();

  /// The newest one known.
  std::optional<std::chrono::nanoseconds> deadline() const;

  /// Until when a process may begin; absent: not at all.
  std::optional<std::chrono::nanoseconds> latest_start() const;

  /// `task` is for the log.
  void started(std::uint64_t ticket, const child_process& child,
               const std::string& task);

  /// Somebody else has interrupted it. Unknown tickets are ignored, here and
  /// below.
  void interrupted(std::uint64_t ticket);
  void ended(std::uint64_t ticket);

private:
  class watching;
  std::shared_ptr<watching> watching_;
};

} // namespace cts

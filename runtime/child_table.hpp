#pragma once

#include "runtime/child_process.hpp"
#include "runtime/earlier_process.hpp"
#include "runtime/lease_watch.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

namespace cts {

/// How processes are looked after.
enum class child_care : std::uint8_t {
  /// By us alone.
  direct,
  /// Each by a shim. Only in a process that runs on one thread, adopts orphans
  /// and has no other children.
  shims,
};

/// The processes of an io thread, by the ticket that their asker chose. A
/// process with run files waits for the end of one that an earlier instance
/// started with the same files. If we are process 1, as in a container, what
/// the processes leave behind is reaped as well. The functions may be called on
/// any thread.
class child_table : public std::enable_shared_from_this<child_table> {
public:
  /// Called once for each start, on the io thread. Fails like
  /// `child_process::start`, with `cancelled` if it was stopped before it began
  /// and with `conflict` if it needs a lease that we have not.
  using on_end
    = std::function<void(std::uint64_t ticket, const result<child_end>& end)>;

  /// Called on the io thread when the process runs; it may have waited before.
  using on_begin = std::function<void(std::uint64_t ticket)>;

  struct listeners {
    on_begin begun;
    on_end ended;
  };

  explicit child_table(boost::asio::io_context& io,
                       child_care care = child_care::direct)
    : io_(io), care_(care), leases_(io) {}

  void post_start(std::uint64_t ticket, child_order order, listeners tell);

  /// Unknown tickets are ignored.
  void post_stop(std::uint64_t ticket, std::chrono::milliseconds grace);
  void post_stop_all(std::chrono::milliseconds grace);

  /// The lease of those that need one.
  void post_extend_lease(std::chrono::nanoseconds deadline);
  void post_revoke_lease();

private:
  /// Who waits for a process of an earlier instance.
  struct waiting_child {
    earlier_process earlier;
    listeners tell;
  };

  void wait_or_start(std::uint64_t ticket, const child_order& order,
                     const listeners& tell);
  void start(std::uint64_t ticket, const child_order& order,
             const listeners& tell);
  void stop_running(std::uint64_t ticket, child_process& child,
                    std::chrono::milliseconds grace);
  void stop_waiting(std::uint64_t ticket);
  void report_lease_over(const child_order& order, const child_end& end) const;
  void reap_orphans() const;

  boost::asio::io_context& io_;
  child_care care_;
  lease_watch leases_;
  std::map<std::uint64_t, child_process> children_;
  std::map<std::uint64_t, waiting_child> waiting_;
};

} // namespace cts

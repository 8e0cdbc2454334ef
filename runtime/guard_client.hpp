#pragma once

#include "core/ha/witness.hpp"
#include "runtime/guard_wire.hpp"
#include "runtime/process_host.hpp"
#include "runtime/start_guard.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>

namespace cts {

/// What each witness is started with.
struct guard_access {
  guard_wire::hello hello{};
  std::string program = own_program;
};

/// The worker's end of the witness: passes on processes, leases and the last
/// will. If the witness dies, the processes that it looked after are waited for
/// and reported as killed; a new witness is told everything anew, and until
/// then nothing is started. This process must adopt orphans
/// (PR_SET_CHILD_SUBREAPER) and have no other children. The functions may be
/// called on any thread.
class guard_client : public std::enable_shared_from_this<guard_client> {
public:
  guard_client(boost::asio::io_context& io, guard_access access);

  /// To be called once, before anything else.
  void post_begin(guard_start first);

  void post_start(std::uint64_t ticket, child_order order,
                  process_host::listeners tell);
  void post_stop(std::uint64_t ticket, std::chrono::milliseconds grace);
  void post_stop_all(std::chrono::milliseconds grace);
  void post_extend_lease(std::chrono::nanoseconds deadline);
  void post_revoke_lease();

  void post_bequeath(ha::witness::bequest what);
  void post_withdraw(std::string name);
  void post_beat();

  /// The worker ends in order: the witness does so as soon as no process is
  /// left, and is not started again.
  void post_bye();

  /// Closes the connection without a word, as the death of this process would.
  void post_abandon();

private:
  class connection;
  void post(std::function<void(connection&)> what);

  boost::asio::io_context& io_;
  std::shared_ptr<connection> connection_;
};

/// Processes that the witness looks after.
process_host host_of(const std::shared_ptr<guard_client>& witness);

} // namespace cts

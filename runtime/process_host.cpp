#include "runtime/process_host.hpp"

namespace cts {

process_host host_of(const std::shared_ptr<child_table>& children) {
  auto start = [children](std::uint64_t ticket, child_order order,
                          process_host::listeners tell) {
    children->post_start(ticket, std::move(order), std::move(tell));
  };
  return {.start = start,
          .stop =
            [children](std::uint64_t ticket, std::chrono::milliseconds grace) {
              children->post_stop(ticket, grace);
            },
          .stop_all =
            [children](std::chrono::milliseconds grace) {
              children->post_stop_all(grace);
            },
          .extend_lease =
            [children](std::chrono::nanoseconds deadline) {
              children->post_extend_lease(deadline);
            },
          .revoke_lease = [children] { children->post_revoke_lease(); }};
}

} // namespace cts

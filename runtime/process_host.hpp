#pragma once

#include "runtime/child_table.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace cts {

/// Where the processes of the process service run. The functions may be called
/// on any thread and mean what those of `child_table` mean.
struct process_host {
  using listeners = child_table::listeners;

  std::function<void(std::uint64_t ticket, child_order order, listeners tell)>
    start{};
  std::function<void(std::uint64_t ticket, std::chrono::milliseconds grace)>
    stop{};
  std::function<void(std::chrono::milliseconds grace)> stop_all{};
  std::function<void(std::chrono::nanoseconds deadline)> extend_lease{};
  std::function<void()> revoke_lease{};
};

/// Children of this process.
process_host host_of(const std::shared_ptr<child_table>& children);

} // namespace cts

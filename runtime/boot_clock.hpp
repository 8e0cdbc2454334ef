#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace cts {

/// Time since the machine's start by CLOCK_BOOTTIME: it counts suspend and
/// never steps. Safe after a fork.
std::chrono::nanoseconds boot_now() noexcept;

/// A timer by that clock. Used on one io thread.
class boot_timer {
public:
  explicit boot_timer(boost::asio::io_context& io);

  /// Has `tell` called on the io thread at `due`, or soon if that is over.
  /// Takes the place of what was armed before.
  void arm(std::chrono::nanoseconds due, std::function<void()> tell);

  /// What was armed does not come.
  void disarm();

private:
  class armed;
  std::shared_ptr<armed> armed_;
};

} // namespace cts

#pragma once

#include "core/error.hpp"

#include <signal.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace cts {

/// A file descriptor that is closed with its owner.
class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(other.release()) {}
  descriptor& operator=(descriptor&& other) noexcept;
  ~descriptor();

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  int release();

private:
  int fd_ = -1;
};

/// A sentence about a failed system call: `<what>: <reason>`, the reason in
/// lower case, as the reference's logs have it. `system` becomes `limit` if the
/// machine is out of processes, memory or descriptors.
error system_error(errc code, const std::string& what, int number);

/// What the child finds when it begins.
struct fork_order {
  const std::vector<std::string>& argv;
  const std::vector<std::string>& environment;
  const std::string& directory;
  int output = -1;
  int error_output = -1;
  /// By CLOCK_BOOTTIME; the program does not begin later. Absent: no limit.
  std::optional<std::chrono::nanoseconds> latest_start{};
  /// What the program gets when the thread that started it ends.
  int death_signal = SIGINT;
};

/// Why a process that needs a lease is not started.
error lease_missing();

/// Forks and executes; returns the child's process id once its program runs.
/// Fails with `not_found` if there is no such program, with `conflict` if it is
/// later than `latest_start`, else with `system`.
result<int> fork_child(const fork_order& order);

} // namespace cts

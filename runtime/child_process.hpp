#pragma once

#include "core/error.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cts {

/// One child process to be started without a shell.
struct child_order {
  /// argv[0] is an absolute path.
  std::vector<std::string> argv{};
  /// The complete environment, `NAME=value`.
  std::vector<std::string> environment{};
  /// Empty: ours.
  std::string directory{};
  /// Files for what it writes, made with mode 0600 in a folder with mode 0700.
  /// Empty: memory that ends with the process.
  std::string output_file{};
  std::string error_file{};
  /// Bytes kept of each, the last ones.
  std::size_t output_max = 0;
  /// It starts under the lease and is stopped before the lease is over.
  bool fenced = false;
  /// By CLOCK_BOOTTIME; found by who knows the lease.
  std::optional<std::chrono::nanoseconds> latest_start{};
  /// With a shim between, which gets the lease's end (see `fork_shim`).
  bool shim = false;
  std::optional<std::chrono::nanoseconds> deadline{};
  /// For the log and for `run.json`; may be empty.
  std::string task{};
  std::string job{};
};

/// How a child process ended and what it cost.
struct child_end {
  /// Valid if `signal` is 0.
  int exit_code = 0;
  int signal = 0;
  /// We sent it a signal before.
  bool stopped = false;
  /// That was because its lease was nearly over.
  bool lease_over = false;
  std::string output{};
  std::string error_output{};
  std::chrono::milliseconds wall_time{0};
  std::chrono::milliseconds cpu_time{0};
  /// Peak resident memory in bytes.
  std::uint64_t memory_peak = 0;
};

/// A running child process: leader of a session and group of its own, without
/// input, its output in files that outlive us. If we die it gets SIGINT. Used
/// on one io thread only, which must live as long as the program: the kernel
/// sends the SIGINT when the thread that forked ends. A copy is the same
/// process; the process does not end with its last copy.
class child_process {
public:
  using on_end = std::function<void(child_end)>;

  /// Starts it; `tell` is called once, later, on the io thread. Fails with
  /// `not_found` if there is no such program, with `conflict` if it is too late
  /// and with `system` otherwise.
  static result<child_process> start(boost::asio::io_context& io,
                                     const child_order& order, on_end tell);

  /// SIGINT to the group now, a second one 6 s before `grace` is over, SIGKILL
  /// then. Asked again, it only brings the later signals forward.
  void stop(std::chrono::milliseconds grace);

  /// Sends `signal` to the group because the lease is nearly over. With a shim
  /// the shim does that.
  void end_lease(int signal);

  /// Tells the shim, if there is one, that the lease lasts longer.
  void extend_lease(std::chrono::nanoseconds deadline);

  /// Kills the shim, and so the program: it should have done so by itself.
  void kill_shim();

  /// Its process id.
  int id() const;

  /// That of its shim, or -1.
  int shim_id() const;

private:
  class running;

  explicit child_process(std::shared_ptr<running> state);

  std::shared_ptr<running> running_;
};

} // namespace cts

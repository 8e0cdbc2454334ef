#pragma once

#include <optional>

namespace cts {

/// Waits for the signals that end the program or have it read its files again,
/// in `main` and nowhere else.
class signals {
public:
  /// Blocks SIGINT, SIGTERM, SIGQUIT and SIGHUP in this thread and all that it
  /// will start, and ignores SIGPIPE. Create it before any other thread. Throws
  /// std::system_error if the operating system refuses the descriptors.
  signals();
  ~signals();
  signals(const signals&) = delete;
  signals& operator=(const signals&) = delete;

  /// The next signal; nothing after `wake`.
  std::optional<int> wait();

  /// Ends a `wait`. From any thread.
  void wake();

private:
  int signal_fd_ = -1;
  int wake_fd_ = -1;
};

/// `interrupt`, `terminated`, `quit` or `hangup`: the name that the log shows.
const char* name_of_signal(int number);

} // namespace cts

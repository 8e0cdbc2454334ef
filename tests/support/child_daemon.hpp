#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace cts::test {

/// How to start a program.
struct daemon_options {
  /// Absolute path of the program.
  std::filesystem::path program;
  std::vector<std::string> arguments{};
  /// Added to the test's own environment, or replacing what it has.
  std::vector<std::pair<std::string, std::string>> environment{};
  /// Where it runs; empty is the test's own working directory.
  std::filesystem::path working_directory{};
};

/// A program that a test runs beside itself, in a process group of its own. It
/// waits for lines and for the end of the program on descriptors and never by
/// sleeping. It dies with the object, and with the thread that started it.
class child_daemon {
public:
  using duration = std::chrono::milliseconds;

  /// Starts the program; its standard input is empty. Throws
  /// `std::system_error` if it cannot be executed.
  explicit child_daemon(const daemon_options& options);

  /// Kills what is left of the process group, and waits for the program.
  ~child_daemon();
  child_daemon(const child_daemon&) = delete;
  child_daemon& operator=(const child_daemon&) = delete;

  /// The next line on standard error that contains `text`, without its end.
  /// Lines before it are passed over, so that a second call finds a second
  /// such line. Nothing if the program closed standard error, or if no such
  /// line came within `limit`; then no line is passed over.
  std::optional<std::string> wait_for_line(std::string_view text,
                                           duration limit = default_limit);

  /// How the program ended: its exit status, or 128 and the number of the
  /// signal that killed it. Nothing if it still runs after `limit`.
  std::optional<int> wait_for_exit(duration limit = default_limit);

  /// Sends `signal` to the program alone, not to its process group. A program
  /// that has ended is left alone.
  void send_signal(int signal) const;

  /// All that was read from standard error so far.
  const std::string& standard_error() const { return error_.text; }

  /// All that was read from standard output so far.
  const std::string& standard_output() const { return output_.text; }

  /// The process, which is also the number of its group.
  pid_t process() const { return process_; }

  /// Generous, since a limit only matters to a test that fails.
  static constexpr duration default_limit = std::chrono::seconds{30};

private:
  struct stream {
    int descriptor = -1;
    std::string text{};
  };

  using time_point = std::chrono::steady_clock::time_point;

  bool read_some(time_point deadline);
  void note_end();

  stream output_;
  stream error_;
  pid_t process_ = -1;
  int process_descriptor_ = -1;
  std::size_t passed_ = 0;
  std::optional<int> status_;
};

} // namespace cts::test

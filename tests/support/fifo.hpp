#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace cts {

/// A named pipe through which a child process tells a test how far it is. It
/// takes the place of waiting and hoping.
class fifo {
public:
  explicit fifo(std::string path) : path_(std::move(path)) {
    if (::mkfifo(path_.c_str(), 0600) != 0)
      throw std::system_error{errno, std::generic_category(), path_};
    fd_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  }

  fifo(const fifo&) = delete;
  fifo& operator=(const fifo&) = delete;

  ~fifo() { ::close(fd_); }

  const std::string& path() const { return path_; }

  /// The next line, without its end. Throws if none comes.
  std::string next_line() {
    auto line = std::string{};
    for (auto c = next(); c != '\n'; c = next())
      line += c;
    return line;
  }

  /// Returns when nobody holds the writing end any more.
  void wait_for_end() {
    auto waited = pollfd{.fd = fd_, .events = POLLIN, .revents = 0};
    while ((waited.revents & POLLHUP) == 0)
      if (::poll(&waited, 1, patience) <= 0)
        throw std::runtime_error{"nobody closed " + path_};
  }

private:
  static constexpr auto patience = 60'000;

  char next() {
    auto c = '\0';
    auto waited = pollfd{.fd = fd_, .events = POLLIN, .revents = 0};
    if (::poll(&waited, 1, patience) <= 0 || ::read(fd_, &c, 1) != 1)
      throw std::runtime_error{"nothing came through " + path_};
    return c;
  }

  std::string path_;
  int fd_ = -1;
};

} // namespace cts

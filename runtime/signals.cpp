#include "runtime/signals.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

namespace cts {

namespace {

int checked(int descriptor, const char* what) {
  if (descriptor < 0)
    throw std::system_error{errno, std::generic_category(), what};
  return descriptor;
}

} // namespace

signals::signals() {
  auto set = sigset_t{};
  sigemptyset(&set);
  for (auto number : {SIGINT, SIGTERM, SIGQUIT, SIGHUP})
    sigaddset(&set, number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  signal_fd_ = checked(signalfd(-1, &set, SFD_CLOEXEC), "signalfd");
  wake_fd_ = checked(eventfd(0, EFD_CLOEXEC), "eventfd");
}

signals::~signals() {
  ::close(signal_fd_);
  ::close(wake_fd_);
}

std::optional<int> signals::wait() {
  pollfd both[] = {{.fd = signal_fd_, .events = POLLIN, .revents = 0},
                   {.fd = wake_fd_, .events = POLLIN, .revents = 0}};
  while (true) {
    if (::poll(both, 2, -1) < 0)
      continue; // interrupted by a debugger, say
    if (both[1].revents != 0)
      return std::nullopt;
    auto got = signalfd_siginfo{};
    if (::read(signal_fd_, &got, sizeof got) == sizeof got)
      return static_cast<int>(got.ssi_signo);
  }
}

void signals::wake() {
  auto one = std::uint64_t{1};
  [[maybe_unused]] auto written = ::write(wake_fd_, &one, sizeof one);
}

const char* name_of_signal(int number) {
  switch (number) {
    case SIGINT: return "interrupt";
    case SIGQUIT: return "quit";
    case SIGHUP: return "hangup";
    default: return "terminated";
  }
}

} // namespace cts

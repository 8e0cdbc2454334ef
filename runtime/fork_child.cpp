#include "runtime/fork_child.hpp"

#include "runtime/boot_clock.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <utility>

namespace cts {

namespace {

/// Everything the child needs, made before the fork: afterwards it must not
/// allocate, since other threads may have held the allocator's lock.
struct child_plan {
  const char* program = nullptr;
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  const char* directory = nullptr;
  int output = -1;
  int error_output = -1;
  int status = -1;
  pid_t parent = 0;
  std::chrono::nanoseconds latest_start{};
  int death_signal = SIGINT;
};

/// Which call failed in the child, and why.
struct child_failure {
  int in_directory = 0;
  int too_late = 0;
  int number = 0;
};

void reset_signals() {
  for (auto signal = 1; signal < NSIG; ++signal) {
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    ::sigaction(signal, &action, nullptr);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool redirect(const child_plan& plan) {
  auto null = ::open("/dev/null", O_RDONLY);
  return null >= 0 && ::dup2(null, 0) == 0 && ::dup2(plan.output, 1) == 1
         && ::dup2(plan.error_output, 2) == 2;
}

// Async-signal-safe calls only.
[[noreturn]] void become(const child_plan& plan) {
  auto failure = child_failure{};
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, plan.death_signal);
  // If the parent died before, the signal never comes.
  auto orphan = ::getppid() != plan.parent;
  reset_signals();
  if (!orphan && redirect(plan)) {
    // Asio opens sockets without the close-on-exec flag.
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    failure.in_directory
      = *plan.directory != '\0' && ::chdir(plan.directory) != 0;
    failure.too_late = boot_now() > plan.latest_start;
    if (failure.in_directory == 0 && failure.too_late == 0)
      ::execve(plan.program, plan.argv, plan.environment);
  }
  failure.number = errno;
  [[maybe_unused]] auto n = ::write(plan.status, &failure, sizeof failure);
  ::_exit(127);
}

std::vector<char*> c_strings(const std::vector<std::string>& texts) {
  auto out = std::vector<char*>{};
  for (const auto& text : texts)
    out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

/// Forks with all signals blocked: no handler of ours may run in the child.
pid_t fork_quietly(const child_plan& plan) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  auto pid = ::fork();
  if (pid == 0)
    become(plan);
  auto number = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = number;
  return pid;
}

error start_error(const fork_order& order, const child_failure& failure) {
  if (failure.too_late != 0)
    return lease_missing();
  auto code = failure.number == ENOENT && failure.in_directory == 0
                ? errc::not_found
                : errc::system;
  if (failure.in_directory != 0)
    return system_error(code, "chdir " + order.directory, failure.number);
  return system_error(code, "fork/exec " + order.argv.front(), failure.number);
}

} // namespace

descriptor& descriptor::operator=(descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

descriptor::~descriptor() {
  if (open())
    ::close(fd_);
}

int descriptor::release() {
  return std::exchange(fd_, -1);
}

error system_error(errc code, const std::string& what, int number) {
  auto reason = std::string{::strerrordesc_np(number)};
  if (reason.size() > 1 && std::islower(static_cast<unsigned char>(reason[1])))
    reason[0]
      = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  auto exhausted = number == EAGAIN || number == ENOMEM || number == EMFILE
                   || number == ENFILE;
  return fail(exhausted && code == errc::system ? errc::limit : code, what,
              ": ", reason);
}

error lease_missing() {
  return fail(errc::conflict, "lease of this instance is over or nearly so, ",
              "so nothing that changes infrastructure is started: it goes on ",
              "when Consul can be reached and this instance leads");
}

result<int> fork_child(const fork_order& order) {
  auto argv = c_strings(order.argv);
  auto environment = c_strings(order.environment);
  auto ends = std::array<int, 2>{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return system_error(errc::system, "fork/exec " + order.argv.front(), errno);
  auto status = descriptor{ends[0]};
  auto status_of_child = descriptor{ends[1]};
  auto pid = fork_quietly({.program = order.argv.front().c_str(),
                           .argv = argv.data(),
                           .environment = environment.data(),
                           .directory = order.directory.c_str(),
                           .output = order.output,
                           .error_output = order.error_output,
                           .status = status_of_child.get(),
                           .parent = ::getpid(),
                           .latest_start = order.latest_start.value_or(
                             std::chrono::nanoseconds::max()),
                           .death_signal = order.death_signal});
  if (pid < 0)
    return system_error(errc::system, "fork/exec " + order.argv.front(), errno);
  status_of_child = descriptor{};
  auto failure = child_failure{};
  if (::read(status.get(), &failure, sizeof failure) <= 0)
    return pid;
  ::waitpid(pid, nullptr, 0);
  return start_error(order, failure);
}

} // namespace cts

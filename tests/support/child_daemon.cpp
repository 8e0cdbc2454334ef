#include "tests/support/child_daemon.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cts::test {
namespace {

using clock = std::chrono::steady_clock;

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error{errno, std::generic_category(), what};
}

struct pipe_ends {
  int read = -1;
  int write = -1;
};

pipe_ends make_pipe() {
  auto ends = std::array<int, 2>{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw_errno("pipe2");
  return {ends[0], ends[1]};
}

void close_if_open(int& descriptor) {
  if (descriptor >= 0)
    ::close(descriptor);
  descriptor = -1;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  auto all = std::vector<char*>{};
  for (auto& text : texts)
    all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

/// Everything that exec needs, made before fork: after it, only calls that are
/// safe in a copy of one thread are allowed.
struct launch {
  explicit launch(const daemon_options& options)
    : program{options.program.string()},
      folder{options.working_directory.string()}, arguments{program} {
    arguments.insert(arguments.end(), options.arguments.begin(),
                     options.arguments.end());
    for (auto** entry = ::environ; *entry != nullptr; ++entry)
      environment.emplace_back(*entry);
    for (const auto& [name, value] : options.environment) {
      const auto start = name + "=";
      std::erase_if(environment, [&start](const std::string& entry) {
        return entry.starts_with(start);
      });
      environment.push_back(start + value);
    }
  }

  std::string program;
  std::string folder;
  std::vector<std::string> arguments;
  std::vector<std::string> environment{};
  pipe_ends output = make_pipe();
  pipe_ends error = make_pipe();
  pipe_ends failure = make_pipe();
  pid_t parent = ::getpid();
};

/// Becomes the program, or tells the parent the errno that prevented it.
[[noreturn]] void become(const launch& plan, char* const* arguments,
                         char* const* environment) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const auto input = ::open("/dev/null", O_RDONLY);
  const auto ready
    = ::getppid() == plan.parent && input >= 0
      && ::dup2(input, STDIN_FILENO) >= 0
      && ::dup2(plan.output.write, STDOUT_FILENO) >= 0
      && ::dup2(plan.error.write, STDERR_FILENO) >= 0
      && (plan.folder.empty() || ::chdir(plan.folder.c_str()) == 0);
  if (ready)
    ::execve(plan.program.c_str(), arguments, environment);
  const auto code = errno;
  [[maybe_unused]] const auto written
    = ::write(plan.failure.write, &code, sizeof(code));
  ::_exit(127);
}

pid_t start(launch& plan) {
  const auto arguments = pointers(plan.arguments);
  const auto environment = pointers(plan.environment);
  const auto process = ::fork();
  if (process == 0)
    become(plan, arguments.data(), environment.data());
  if (process < 0)
    throw_errno("fork");
  ::setpgid(process, process);
  for (auto* end : {&plan.output, &plan.error, &plan.failure})
    close_if_open(end->write);
  auto code = 0;
  const auto size = ::read(plan.failure.read, &code, sizeof(code));
  close_if_open(plan.failure.read);
  if (size == sizeof(code)) {
    ::waitpid(process, nullptr, 0);
    errno = code;
    throw_errno("cannot execute " + plan.program);
  }
  return process;
}

int milliseconds_until(clock::time_point deadline) {
  const auto left
    = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

} // namespace

child_daemon::child_daemon(const daemon_options& options) {
  auto plan = launch{options};
  process_ = start(plan);
  output_.descriptor = plan.output.read;
  error_.descriptor = plan.error.read;
  process_descriptor_
    = static_cast<int>(::syscall(SYS_pidfd_open, process_, 0));
  if (process_descriptor_ < 0)
    throw_errno("pidfd_open");
}

// The program is collected last: until then its number cannot become that of
// somebody else's process group.
child_daemon::~child_daemon() {
  ::kill(-process_, SIGKILL);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR)
    continue;
  close_if_open(process_descriptor_);
  close_if_open(output_.descriptor);
  close_if_open(error_.descriptor);
}

std::optional<std::string> child_daemon::wait_for_line(std::string_view text,
                                                       duration limit) {
  const auto deadline = clock::now() + limit;
  auto start = passed_;
  while (true) {
    auto end = error_.text.find('\n', start);
    for (; end != std::string::npos; end = error_.text.find('\n', start)) {
      auto line = error_.text.substr(start, end - start);
      start = end + 1;
      if (line.find(text) == std::string::npos)
        continue;
      passed_ = start;
      return line;
    }
    if (error_.descriptor < 0 || !read_some(deadline))
      return std::nullopt;
  }
}

std::optional<int> child_daemon::wait_for_exit(duration limit) {
  const auto deadline = clock::now() + limit;
  while (!status_) {
    if (!read_some(deadline))
      return std::nullopt;
  }
  // What the program wrote last may still be in the pipes.
  while ((output_.descriptor >= 0 || error_.descriptor >= 0)
         && read_some(clock::now()))
    continue;
  return status_;
}

void child_daemon::send_signal(int signal) const {
  if (!status_)
    ::kill(process_, signal);
}

/// Waits for output or for the end of the program, and takes in what there is.
/// False if nothing happened until `deadline`.
bool child_daemon::read_some(time_point deadline) {
  auto waits = std::array<pollfd, 3>{
    pollfd{output_.descriptor, POLLIN, 0}, pollfd{error_.descriptor, POLLIN, 0},
    pollfd{status_ ? -1 : process_descriptor_, POLLIN, 0}};
  const auto ready
    = ::poll(waits.data(), waits.size(), milliseconds_until(deadline));
  if (ready < 0 && errno == EINTR)
    return true;
  if (ready <= 0)
    return false;
  auto buffer = std::array<char, 4096>{};
  for (auto* each : {&output_, &error_}) {
    const auto& wait = waits[each == &output_ ? 0 : 1];
    if (wait.revents == 0)
      continue;
    const auto size = ::read(each->descriptor, buffer.data(), buffer.size());
    if (size > 0)
      each->text.append(buffer.data(), static_cast<std::size_t>(size));
    else
      close_if_open(each->descriptor);
  }
  if (waits[2].revents != 0)
    note_end();
  return true;
}

void child_daemon::note_end() {
  auto end = siginfo_t{};
  if (::waitid(P_PID, static_cast<id_t>(process_), &end, WEXITED | WNOWAIT)
      != 0)
    throw_errno("waitid");
  status_ = end.si_code == CLD_EXITED ? end.si_status : 128 + end.si_status;
}

} // namespace cts::test

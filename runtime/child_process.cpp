#include "runtime/child_process.hpp"

#include "runtime/descendants.hpp"
#include "runtime/fork_child.hpp"
#include "runtime/run_shim.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
extern "C" { // glibc 2.36 forgot the C linkage in this header.
#include <sys/pidfd.h>
}

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace cts {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto second_interrupt_before_end = std::chrono::seconds{6};
constexpr auto shim_patience = std::chrono::milliseconds{500};

/// The end of what was written to `fd`.
std::string tail_of(int fd, std::size_t size_max) {
  struct stat status {};
  if (::fstat(fd, &status) != 0)
    return {};
  auto size = static_cast<std::size_t>(status.st_size);
  auto text = std::string(std::min(size, size_max), '\0');
  auto from = static_cast<off_t>(size - text.size());
  auto got = ::pread(fd, text.data(), text.size(), from);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

/// A file to write to, or memory if `path` is empty.
result<descriptor> open_output(const std::string& path) {
  if (path.empty()) {
    auto memory = descriptor{::memfd_create("output", MFD_CLOEXEC)};
    if (!memory.open())
      return system_error(errc::system, "memfd_create", errno);
    return memory;
  }
  auto folder = std::filesystem::path{path}.parent_path();
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return system_error(errc::system, "mkdir " + folder.string(), errno);
  constexpr auto flags = O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC;
  auto file = descriptor{::open(path.c_str(), flags, 0600)};
  if (!file.open() || ::fchmod(file.get(), 0600) != 0)
    return system_error(errc::system, "open " + path, errno);
  return file;
}

milliseconds to_milliseconds(const timeval& x) {
  return milliseconds{x.tv_sec * 1000 + x.tv_usec / 1000};
}

/// What a dead shim has said about the end of its program.
std::optional<shim_news> last_news(int control) {
  auto out = shim_news{};
  auto receive = [&] {
    return ::recv(control, &out, sizeof out, MSG_DONTWAIT) == sizeof out;
  };
  // A command that it did not read any more is reported first, as a reset.
  if (receive() || (errno == ECONNRESET && receive()))
    return out;
  return std::nullopt;
}

void set_status(child_end& out, int status) {
  out.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  out.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

} // namespace

class child_process::running
  : public std::enable_shared_from_this<child_process::running> {
public:
  running(boost::asio::io_context& io, on_end tell)
    : tell_(std::move(tell)), pidfd_(io), second_interrupt_(io), kill_(io) {}

  result<void> begin(const child_order& order);
  void stop(milliseconds grace);
  void end_lease(int signal);
  void extend_lease(std::chrono::nanoseconds deadline);
  void kill_shim();
  int id() const { return pid_; }
  int shim_id() const { return shim_; }

private:
  using timer = boost::asio::steady_timer;

  result<void> fork(const child_order& order);
  result<void> watch();
  void command(const shim_command& x);
  void signal_group(int signal);
  void signal_at(timer& when, steady_clock::time_point due, int signal);
  void reap();
  void reap_own(child_end& end);
  void reap_shim(child_end& end);

  on_end tell_;
  boost::asio::posix::stream_descriptor pidfd_;
  timer second_interrupt_;
  timer kill_;
  descriptor output_;
  descriptor error_output_;
  std::size_t output_max_ = 0;
  pid_t pid_ = -1;
  pid_t shim_ = -1;
  descriptor control_;
  bool alive_ = false;
  bool stopping_ = false;
  bool stopped_ = false;
  bool lease_over_ = false;
  steady_clock::time_point begun_{};
};

result<void> child_process::running::begin(const child_order& order) {
  auto output = open_output(order.output_file);
  if (!output)
    return output.error();
  auto error_output = open_output(order.error_file);
  if (!error_output)
    return error_output.error();
  output_ = std::move(*output);
  error_output_ = std::move(*error_output);
  output_max_ = order.output_max;
  begun_ = steady_clock::now();
  if (auto forked = fork(order); !forked)
    return forked.error();
  alive_ = true;
  return watch();
}

result<void> child_process::running::fork(const child_order& order) {
  auto program = fork_order{.argv = order.argv,
                            .environment = order.environment,
                            .directory = order.directory,
                            .output = output_.get(),
                            .error_output = error_output_.get(),
                            .latest_start = order.latest_start};
  if (!order.shim) {
    auto pid = fork_child(program);
    if (!pid)
      return pid.error();
    pid_ = *pid;
    return {};
  }
  auto shim = fork_shim({.program = program, .deadline = order.deadline});
  if (!shim)
    return shim.error();
  pid_ = shim->process;
  shim_ = shim->shim;
  control_ = std::move(shim->control);
  return {};
}

result<void> child_process::running::watch() {
  auto watched = shim_ > 0 ? shim_ : pid_;
  auto handle = ::pidfd_open(watched, 0);
  if (handle < 0) {
    auto reason = system_error(errc::system, "pidfd_open", errno);
    signal_group(SIGKILL);
    ::waitpid(watched, nullptr, 0);
    return reason;
  }
  pidfd_.assign(handle);
  pidfd_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                    [self = shared_from_this()](const auto& problem) {
                      if (!problem)
                        self->reap();
                    });
  return {};
}

void child_process::running::command(const shim_command& x) {
  // One that does not listen is stopped or dead; it is killed in time.
  ::send(control_.get(), &x, sizeof x, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void child_process::running::signal_group(int signal) {
  if (!alive_)
    return;
  if (shim_ < 0) {
    ::kill(-pid_, signal);
  } else if (signal != SIGKILL) {
    command({.kind = shim_command::kind::interrupt});
  } else {
    command({.kind = shim_command::kind::kill});
    // One that was stopped does not hear it.
    kill_.expires_after(shim_patience);
    kill_.async_wait([self = shared_from_this()](const auto& problem) {
      if (!problem)
        self->kill_shim();
    });
  }
}

void child_process::running::signal_at(timer& when,
                                       steady_clock::time_point due,
                                       int signal) {
  when.expires_at(due);
  when.async_wait([self = shared_from_this(), signal](const auto& problem) {
    if (!problem)
      self->signal_group(signal);
  });
}

void child_process::running::stop(milliseconds grace) {
  if (!alive_)
    return;
  auto now = steady_clock::now();
  auto end = now + grace;
  stopped_ = true;
  if (!std::exchange(stopping_, true))
    signal_group(SIGINT);
  else if (kill_.expiry() <= end)
    return;
  // Closer to the first interrupt, the second one would only make Terraform
  // drop what it is about to save.
  if (grace > second_interrupt_before_end)
    signal_at(second_interrupt_, end - second_interrupt_before_end, SIGINT);
  else
    second_interrupt_.cancel();
  signal_at(kill_, end, SIGKILL);
}

void child_process::running::end_lease(int signal) {
  stopped_ = lease_over_ = true;
  signal_group(signal);
}

void child_process::running::extend_lease(std::chrono::nanoseconds deadline) {
  if (alive_ && shim_ > 0)
    command({.kind = shim_command::kind::lease, .deadline = deadline});
}

void child_process::running::kill_shim() {
  if (alive_ && shim_ > 0)
    ::kill(shim_, SIGKILL);
}

void child_process::running::reap_own(child_end& end) {
  // Look first, reap later: while the leader is a zombie its id belongs to no
  // other process, so the rest of its group can be killed safely.
  auto seen = siginfo_t{};
  auto id = static_cast<id_t>(pid_);
  ::waitid(P_PID, id, &seen, WEXITED | WNOWAIT);
  signal_group(SIGKILL);
  auto status = 0;
  auto usage = rusage{};
  ::wait4(pid_, &status, 0, &usage);
  set_status(end, status);
  end.cpu_time
    = to_milliseconds(usage.ru_utime) + to_milliseconds(usage.ru_stime);
  end.memory_peak = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

void child_process::running::reap_shim(child_end& end) {
  ::waitpid(shim_, nullptr, 0);
  if (auto last = last_news(control_.get())) {
    const auto& news = *last;
    set_status(end, news.status);
    end.lease_over = news.lease_over;
    end.cpu_time = news.cpu_time;
    end.memory_peak = news.memory_peak;
  } else {
    // The shim was killed, and its program with it; we have adopted the rest.
    end_group(pid_);
    end.signal = SIGKILL;
  }
  end.stopped = stopped_ || end.lease_over;
}

void child_process::running::reap() {
  auto end = child_end{.stopped = stopped_, .lease_over = lease_over_};
  if (shim_ > 0)
    reap_shim(end);
  else
    reap_own(end);
  alive_ = false;
  pidfd_.close();
  second_interrupt_.cancel();
  kill_.cancel();
  end.output = tail_of(output_.get(), output_max_);
  end.error_output = tail_of(error_output_.get(), output_max_);
  end.wall_time
    = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun_);
  std::exchange(tell_, nullptr)(std::move(end));
}

child_process::child_process(std::shared_ptr<running> state)
  : running_(std::move(state)) {}

result<child_process> child_process::start(boost::asio::io_context& io,
                                           const child_order& order,
                                           on_end tell) {
  auto state = std::make_shared<running>(io, std::move(tell));
  if (auto begun = state->begin(order); !begun)
    return begun.error();
  return child_process{std::move(state)};
}

void child_process::stop(milliseconds grace) {
  running_->stop(grace);
}

void child_process::end_lease(int signal) {
  running_->end_lease(signal);
}

void child_process::extend_lease(std::chrono::nanoseconds deadline) {
  running_->extend_lease(deadline);
}

void child_process::kill_shim() {
  running_->kill_shim();
}

int child_process::id() const {
  return running_->id();
}

int child_process::shim_id() const {
  return running_->shim_id();
}

} // namespace cts

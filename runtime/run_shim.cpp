#include "runtime/run_shim.hpp"

#include "core/ha/lease_guard.hpp"
#include "runtime/boot_clock.hpp"
#include "runtime/descendants.hpp"

#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>
extern "C" { // glibc 2.36 forgot the C linkage in this header.
#include <sys/pidfd.h>
}

#include <algorithm>
#include <cerrno>
#include <fstream>

namespace cts {

namespace {

namespace guard = ha::lease_guard;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// Milliseconds in which a program must have begun.
constexpr auto start_patience = 10'000;
/// The only process that a shim looks after.
constexpr auto program_id = guard::process_id{1};

// Everything else belongs to the witness: above all its socket to the worker.
void keep_only(std::vector<int> wanted) {
  std::ranges::sort(wanted);
  auto from = unsigned{3};
  for (auto fd : wanted)
    if (auto at = static_cast<unsigned>(fd); at >= from) {
      if (at > from)
        ::close_range(from, at - 1, 0);
      from = at + 1;
    }
  ::close_range(from, ~0U, 0);
}

milliseconds to_milliseconds(const timeval& x) {
  return milliseconds{x.tv_sec * 1000 + x.tv_usec / 1000};
}

/// A running shim.
class shim {
public:
  shim(int control, const shim_order& order)
    : control_(control), timer_(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC)),
      fenced_(order.deadline.has_value()) {
    if (fenced_)
      feed(guard::extended{*order.deadline});
  }

  /// Returns when the program and all that it began are gone.
  void look_after(pid_t program) {
    program_ = program;
    auto process = descriptor{::pidfd_open(program, 0)};
    if (fenced_)
      feed(guard::process_started{program_id});
    pollfd all[] = {{.fd = process.get(), .events = POLLIN, .revents = 0},
                    {.fd = timer_.get(), .events = POLLIN, .revents = 0},
                    {.fd = control_, .events = POLLIN, .revents = 0}};
    while (true) {
      if (::poll(all, 3, -1) < 0)
        continue;
      if (all[0].revents != 0)
        return end();
      if (all[1].revents != 0)
        on_timer();
      if (all[2].revents != 0 && !obey()) {
        on_orphaned();
        all[2].fd = -1; // poll passes it over
      }
    }
  }

private:
  template <class Event>
  void feed(const Event& event) {
    cts::feed(guard_, event, boot_now(),
              [this](const auto& effect) { perform(effect); });
  }

  void perform(const guard::send_signal& x) {
    signal(x.what == guard::signal::kill ? SIGKILL : SIGINT);
  }
  void perform(const guard::report_stop&) { lease_over_ = true; }
  void perform(const guard::arm_timer& x) { arm(x.due); }
  void perform(const guard::disarm_timer&) { arm(never); }

  static constexpr auto never = nanoseconds::max();

  void arm(nanoseconds lease_due) {
    lease_due_ = lease_due;
    arm();
  }

  // One timer for the lease and for the end after the witness's death.
  void arm() {
    auto due = std::min(lease_due_, kill_due_);
    auto when = itimerspec{};
    if (due != never) {
      auto count = std::max(due, nanoseconds{1});
      auto whole = std::chrono::floor<std::chrono::seconds>(count);
      when.it_value
        = {.tv_sec = whole.count(), .tv_nsec = (count - whole).count()};
    }
    ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
  }

  void on_timer() {
    auto ticks = std::uint64_t{0};
    [[maybe_unused]] auto n = ::read(timer_.get(), &ticks, sizeof ticks);
    feed(guard::timer_elapsed{});
    if (boot_now() < kill_due_)
      return;
    kill_due_ = never;
    signal(SIGKILL);
    arm();
  }

  /// Whether the witness is still there.
  bool obey() {
    auto command = shim_command{};
    auto got = ::recv(control_, &command, sizeof command, 0);
    if (got != sizeof command)
      return got < 0 && errno == EINTR;
    if (command.kind == shim_command::kind::lease && fenced_)
      feed(guard::extended{command.deadline});
    if (command.kind == shim_command::kind::interrupt)
      interrupt();
    if (command.kind == shim_command::kind::kill)
      signal(SIGKILL);
    return true;
  }

  // A second interrupt would have Terraform drop what it is about to save.
  void on_orphaned() {
    if (!interrupted_)
      interrupt();
    auto end = boot_now() + shim_grace;
    auto deadline = fenced_ ? guard_.deadline.value_or(end) : end;
    kill_due_ = std::min(end, deadline);
    arm();
  }

  void interrupt() {
    signal(SIGINT);
    feed(guard::process_interrupted{program_id});
  }

  void signal(int number) {
    interrupted_ = true;
    ::kill(-program_, number);
  }

  // Look first, reap later: while the leader is a zombie its id belongs to no
  // other process, so the rest of its group can be killed safely.
  void end() {
    auto seen = siginfo_t{};
    ::waitid(P_PID, static_cast<id_t>(program_), &seen, WEXITED | WNOWAIT);
    ::kill(-program_, SIGKILL);
    auto news = shim_news{.kind = shim_news::kind::ended};
    auto usage = rusage{};
    ::wait4(program_, &news.status, 0, &usage);
    end_children();
    news.lease_over = lease_over_;
    news.cpu_time
      = to_milliseconds(usage.ru_utime) + to_milliseconds(usage.ru_stime);
    news.memory_peak = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    ::send(control_, &news, sizeof news, MSG_NOSIGNAL);
  }

  int control_;
  descriptor timer_;
  bool fenced_;
  pid_t program_ = -1;
  guard::state guard_{};
  bool interrupted_ = false;
  bool lease_over_ = false;
  nanoseconds lease_due_ = never;
  nanoseconds kill_due_ = never;
};

void ignore_signals() {
  for (auto number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE})
    ::signal(number, SIG_IGN);
  auto none = sigset_t{};
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void run(int control, const shim_order& order) {
  ::prctl(PR_SET_NAME, shim_name);
  ::setsid();
  ignore_signals();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  // What it runs is not spared when memory is short.
  std::ofstream{"/proc/self/oom_score_adj"} << 0;
  keep_only({control, order.program.output, order.program.error_output});
  auto program = order.program;
  program.death_signal = SIGKILL;
  auto self = shim{control, order};
  auto process = fork_child(program);
  auto news = shim_news{.kind = shim_news::kind::begun};
  if (process) {
    news.process = *process;
  } else {
    news.kind = shim_news::kind::failed;
    news.code = process.error().code;
    process.error().message.copy(news.text.data(), news.text.size() - 1);
  }
  ::send(control, &news, sizeof news, MSG_NOSIGNAL);
  if (process)
    self.look_after(*process);
  ::_exit(0);
}

/// The first words of a new shim.
result<pid_t> first_news(int control) {
  auto news = shim_news{};
  auto waited = pollfd{.fd = control, .events = POLLIN, .revents = 0};
  ::poll(&waited, 1, start_patience);
  auto got = ::recv(control, &news, sizeof news, MSG_DONTWAIT);
  if (got != sizeof news)
    return fail(errc::system, "the process that looks after a run died at its ",
                "start");
  if (news.kind == shim_news::kind::failed)
    return error{news.code, news.text.data()};
  return news.process;
}

} // namespace

result<shim_handle> fork_shim(const shim_order& order) {
  auto ends = std::array<int, 2>{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return system_error(errc::system, "socketpair", errno);
  auto control = descriptor{ends[0]};
  auto control_of_shim = descriptor{ends[1]};
  auto pid = ::fork();
  if (pid < 0)
    return system_error(errc::system, "fork", errno);
  if (pid == 0)
    run(control_of_shim.get(), order);
  control_of_shim = descriptor{};
  auto process = first_news(control.get());
  if (!process) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return process.error();
  }
  return shim_handle{
    .shim = pid, .process = *process, .control = std::move(control)};
}

} // namespace cts

#include "runtime/boot_clock.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/timerfd.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace cts {

namespace {

using std::chrono::nanoseconds;

timespec to_timespec(nanoseconds x) {
  constexpr auto second = std::int64_t{1'000'000'000};
  // Zero would disarm.
  auto count = std::max<std::int64_t>(x.count(), 1);
  return {.tv_sec = count / second, .tv_nsec = count % second};
}

} // namespace

nanoseconds boot_now() noexcept {
  auto now = timespec{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds{now.tv_sec} + nanoseconds{now.tv_nsec};
}

class boot_timer::armed
  : public std::enable_shared_from_this<boot_timer::armed> {
public:
  explicit armed(boost::asio::io_context& io) : timer_(io) {
    auto fd = ::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd < 0)
      throw std::system_error{errno, std::generic_category(), "timerfd_create"};
    timer_.assign(fd);
  }

  void arm(nanoseconds due, std::function<void()> tell) {
    tell_ = std::move(tell);
    due_ = due;
    auto when = itimerspec{.it_interval = {}, .it_value = to_timespec(due)};
    ::timerfd_settime(timer_.native_handle(), TFD_TIMER_ABSTIME, &when,
                      nullptr);
    timer_.cancel();
    wait(++turn_);
  }

  void disarm() {
    tell_ = nullptr;
    ++turn_;
    timer_.cancel();
  }

private:
  void wait(std::uint64_t turn) {
    timer_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                      [self = shared_from_this(), turn](const auto& problem) {
                        if (problem || turn != self->turn_)
                          return;
                        // The reactor may have noticed the end of what was
                        // armed before, and ends the newer wait for it.
                        if (boot_now() < self->due_)
                          return self->wait(turn);
                        if (auto due_now = std::exchange(self->tell_, nullptr))
                          due_now();
                      });
  }

  boost::asio::posix::stream_descriptor timer_;
  nanoseconds due_{0};
  /// Counts what was armed or disarmed.
  std::uint64_t turn_ = 0;
  std::function<void()> tell_;
};

boot_timer::boot_timer(boost::asio::io_context& io)
  : armed_(std::make_shared<armed>(io)) {}

void boot_timer::arm(nanoseconds due, std::function<void()> tell) {
  armed_->arm(due, std::move(tell));
}

void boot_timer::disarm() {
  armed_->disarm();
}

} // namespace cts

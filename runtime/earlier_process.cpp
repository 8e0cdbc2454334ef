#include "runtime/earlier_process.hpp"

#include "actors/log.hpp"
#include "runtime/process_identity.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <signal.h>
extern "C" { // glibc 2.36 forgot the C linkage in this header.
#include <sys/pidfd.h>
}

#include <chrono>
#include <utility>

namespace cts {

namespace {

constexpr auto patience = std::chrono::seconds{70};
constexpr auto stop_grace = std::chrono::seconds{10};

} // namespace

class earlier_process::waiting
  : public std::enable_shared_from_this<earlier_process::waiting> {
public:
  waiting(boost::asio::io_context& io, std::function<void()> tell)
    : tell_(std::move(tell)), pidfd_(io), timer_(io) {}

  void begin(boost::asio::io_context& io, const terraform::run_record& which) {
    pid_ = static_cast<pid_t>(which.process_id);
    auto handle = ::pidfd_open(pid_, 0);
    if (handle >= 0)
      pidfd_.assign(handle);
    // Only now the id is certain to stay with whom we look at.
    if (handle < 0 || process_start(pid_) != which.process_start) {
      boost::asio::post(io, [self = shared_from_this()] { self->finish(); });
      return;
    }
    pidfd_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                      [self = shared_from_this()](const auto& problem) {
                        if (!problem)
                          self->finish();
                      });
    signal_after(patience, SIGINT);
  }

  void forget() {
    tell_ = nullptr;
    finish();
  }

private:
  void signal_after(std::chrono::seconds pause, int signal) {
    timer_.expires_after(pause);
    timer_.async_wait([self = shared_from_this(), signal](const auto& problem) {
      if (problem)
        return;
      // Not an orphan: whoever runs it decides how long it may work.
      if (is_owned_by_another_instance(self->pid_))
        return self->signal_after(patience, SIGINT);
      log::warn("driver.terraform",
                "stopping the terraform that an earlier instance left behind",
                {{"process_id", std::to_string(self->pid_)}});
      ::kill(-self->pid_, signal);
      self->signal_after(stop_grace, SIGKILL);
    });
  }

  void finish() {
    timer_.cancel();
    if (pidfd_.is_open())
      pidfd_.close();
    if (auto tell = std::exchange(tell_, nullptr))
      tell();
  }

  std::function<void()> tell_;
  boost::asio::posix::stream_descriptor pidfd_;
  boost::asio::steady_timer timer_;
  pid_t pid_ = -1;
};

earlier_process::earlier_process(boost::asio::io_context& io,
                                 const terraform::run_record& which,
                                 std::function<void()> tell)
  : waiting_(std::make_shared<waiting>(io, std::move(tell))) {
  waiting_->begin(io, which);
}

void earlier_process::forget() {
  waiting_->forget();
}

} // namespace cts

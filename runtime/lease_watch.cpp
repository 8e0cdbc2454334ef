#include "runtime/lease_watch.hpp"

#include "actors/log.hpp"

#include <signal.h>

#include <algorithm>

namespace cts {

namespace guard = ha::lease_guard;

namespace {

/// What a shim has beyond the end of the lease.
constexpr auto shim_margin = std::chrono::milliseconds{200};

} // namespace

class lease_watch::watching
  : public std::enable_shared_from_this<lease_watch::watching> {
public:
  explicit watching(boost::asio::io_context& io)
    : timer_(io), shim_timer_(io) {}

  template <class Event>
  void on(const Event& event) {
    feed(guard_, event, boot_now(),
         [this](const auto& effect) { perform(effect); });
  }

  const guard::state& state() const { return guard_; }

  void add(std::uint64_t ticket, const child_process& child,
           const std::string& task) {
    children_.emplace(ticket, guarded{child, task});
    if (child.shim_id() < 0)
      return on(guard::process_started{ticket});
    // The lease may have grown while it was started.
    extend_shims();
  }

  void extend(std::chrono::nanoseconds deadline) {
    on(guard::extended{deadline});
    extend_shims();
  }

  void remove(std::uint64_t ticket) {
    if (children_.erase(ticket) == 0)
      return;
    on(guard::process_ended{ticket});
    // A timer left armed would keep the process from ending.
    if (!has_shims())
      shim_timer_.disarm();
  }

private:
  struct guarded {
    child_process child;
    std::string task;
  };

  bool has_shims() const {
    return std::ranges::any_of(
      children_, [](const auto& x) { return x.second.child.shim_id() >= 0; });
  }

  void extend_shims() {
    if (!guard_.deadline || !has_shims())
      return;
    for (auto& [ticket, x] : children_)
      x.child.extend_lease(*guard_.deadline);
    shim_timer_.arm(*guard_.deadline + shim_margin, [weak = weak_from_this()] {
      if (auto self = weak.lock())
        for (auto& [ticket, x] : self->children_)
          x.child.kill_shim();
    });
  }

  void perform(const guard::send_signal& x) {
    auto kill = x.what == guard::signal::kill;
    children_.at(x.id).child.end_lease(kill ? SIGKILL : SIGINT);
  }

  void perform(const guard::report_stop& x) {
    log::error("ha", "run stopped, lease over",
               {{"task_name", children_.at(x.id).task}});
  }

  void perform(const guard::arm_timer& x) {
    timer_.arm(x.due, [weak = weak_from_this()] {
      if (auto self = weak.lock())
        self->on(guard::timer_elapsed{});
    });
  }

  void perform(const guard::disarm_timer&) { timer_.disarm(); }

  boot_timer timer_;
  boot_timer shim_timer_;
  guard::state guard_;
  std::map<std::uint64_t, guarded> children_;
};

lease_watch::lease_watch(boost::asio::io_context& io)
  : watching_(std::make_shared<watching>(io)) {}

void lease_watch::extend(std::chrono::nanoseconds deadline) {
  watching_->extend(deadline);
}

void lease_watch::revoke() {
  watching_->on(guard::revoked{});
}

std::optional<std::chrono::nanoseconds> lease_watch::deadline() const {
  return watching_->state().deadline;
}

std::optional<std::chrono::nanoseconds> lease_watch::latest_start() const {
  auto now = boot_now();
  return guard::may_start(watching_->state(), now)
           ? guard::latest_start(watching_->state())
           : std::nullopt;
}

void lease_watch::started(std::uint64_t ticket, const child_process& child,
                          const std::string& task) {
  watching_->add(ticket, child, task);
}

void lease_watch::interrupted(std::uint64_t ticket) {
  watching_->on(guard::process_interrupted{ticket});
}

void lease_watch::ended(std::uint64_t ticket) {
  watching_->remove(ticket);
}

} // namespace cts

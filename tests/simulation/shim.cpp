#include "tests/simulation/shim.hpp"

#include <algorithm>
#include <utility>

namespace cts::simulation {

namespace {

using namespace std::chrono_literals;

/// The only process that a shim looks after.
constexpr auto program = ha::lease_guard::process_id{1};
/// From the death of the witness on.
constexpr auto farewell = 10s;
constexpr auto second_interrupt = 6s;

} // namespace

shim::shim(guard_time& time, std::shared_ptr<terraform_process> process,
           std::function<void()> kill)
  : time_(time), process_(std::move(process)), kill_(std::move(kill)) {}

template <class Event>
void shim::feed(const Event& event) {
  cts::feed(guard_, event, time_.now(),
            [this](const auto& effect) { perform(effect); });
}

void shim::begin(std::optional<nanoseconds> deadline) {
  fenced_ = deadline.has_value();
  if (!fenced_)
    return;
  feed(ha::lease_guard::extended{*deadline});
  feed(ha::lease_guard::process_started{program});
}

void shim::perform(const ha::lease_guard::send_signal& x) {
  interrupted_ = true;
  if (x.what == ha::lease_guard::signal::kill)
    time_.engine().after(0ns, kill_);
  else
    process_->interrupt();
}

void shim::perform(const ha::lease_guard::arm_timer& x) {
  time_.at(x.due, [self = shared_from_this()] {
    if (self->process_->is_alive())
      self->feed(ha::lease_guard::timer_elapsed{});
  });
}

void shim::extend(nanoseconds deadline) {
  if (fenced_ && !orphaned_)
    feed(ha::lease_guard::extended{deadline});
}

void shim::interrupt() {
  interrupted_ = true;
  process_->interrupt();
  feed(ha::lease_guard::process_interrupted{program});
}

void shim::stop(nanoseconds grace) {
  auto end = time_.now() + grace;
  auto is_new = !std::exchange(stopping_, true);
  if (is_new)
    interrupt();
  if (end >= kill_due_)
    return;
  kill_due_ = end;
  if (grace > second_interrupt)
    time_.at(end - second_interrupt, [self = shared_from_this(), end] {
      if (self->kill_due_ == end && !self->orphaned_)
        self->interrupt();
    });
  time_.at(end, [self = shared_from_this(), end] {
    if (self->kill_due_ == end && !self->orphaned_)
      self->kill_();
  });
}

// A second interrupt would have Terraform drop what it is about to save.
void shim::orphan() {
  if (std::exchange(orphaned_, true))
    return;
  if (!interrupted_)
    interrupt();
  auto end = time_.now() + farewell;
  if (fenced_)
    end = std::min(end, guard_.deadline.value_or(end));
  time_.at(end, [self = shared_from_this()] { self->kill_(); });
}

} // namespace cts::simulation

#include "tests/simulation/guard_link.hpp"

#include <algorithm>
#include <utility>

namespace cts::simulation {

namespace {

using namespace std::chrono_literals;

/// Between the death of a witness and the next one; doubles up to the maximum
/// while they keep dying.
constexpr auto restart_pause = nanoseconds{100ms};
constexpr auto restart_pause_max = nanoseconds{5s};
constexpr auto settled_after = 60s;
/// Beyond the grace of a drain.
constexpr auto drain_patience = 30s;
/// Between two looks whether shims are left.
constexpr auto look_every = 2ms;

process_finished killed_end() {
  auto out = process_finished{.signal = 9};
  out.stopped = true;
  return out;
}

} // namespace

// -- the socket ---------------------------------------------------------------

void guard_link::as_worker(std::function<void()> what) {
  if (is_closed_)
    return;
  if (is_paused_)
    put_off_.push_back(std::move(what));
  else
    what();
}

void guard_link::pause(bool paused) {
  is_paused_ = paused;
  if (paused)
    return;
  for (auto& each : std::exchange(put_off_, {}))
    as_worker(each);
}

void guard_link::post(witness_process::frame what) {
  if (witness_)
    witness_->post(std::move(what));
}

void guard_link::begin() {
  since_ = site_.time.engine().now();
  auto weak = weak_from_this();
  witness_ = site_.make(
    [weak](std::uint64_t ticket, const result<process_finished>& end) {
      if (auto self = weak.lock())
        self->as_worker([self, ticket, end] { self->ended(ticket, end); });
    });
  beat();
  if (deadline_)
    post([x = *deadline_](auto& to) { to.extend(x); });
  for (const auto& [name, x] : will_)
    post([what = x](auto& to) { to.bequeath(what); });
  for (const auto& [key, x] : lanes_)
    post([ticket = x.ticket, request = x.running.request](auto& to) {
      to.start(ticket, request);
    });
}

void guard_link::lease(std::optional<nanoseconds> deadline) {
  deadline_ = deadline;
  post([deadline](auto& to) {
    if (deadline)
      to.extend(*deadline);
    else
      to.revoke();
  });
}

void guard_link::bequeath(const ha::witness::bequest& x) {
  will_[x.name] = x;
  post([x](auto& to) { to.bequeath(x); });
}

void guard_link::withdraw(const std::string& name) {
  will_.erase(name);
  post([name](auto& to) { to.withdraw(name); });
}

void guard_link::beat() {
  post([](auto& to) { to.beat(); });
}

void guard_link::bye() {
  post([](auto& to) { to.bye(); });
}

// The kernel closes the socket, whatever the worker was about to say.
void guard_link::close() {
  is_closed_ = true;
  post([](auto& to) { to.close(); });
  lanes_.clear();
  put_off_.clear();
  drained_ = {};
}

// -- processes ----------------------------------------------------------------

void guard_link::start(const start_process& request,
                       answer_to<process_finished> tell) {
  auto [found, is_idle] = lanes_.try_emplace(request.key);
  auto next = waiting_process{request, std::move(tell)};
  if (is_idle)
    run(request.key, std::move(next));
  else
    found->second.waiting.push_back(std::move(next));
}

void guard_link::run(const std::string& key, waiting_process next) {
  auto& target = lanes_[key];
  target.ticket = ++tickets_;
  target.running = std::move(next);
  post([ticket = target.ticket, request = target.running.request](auto& to) {
    to.start(ticket, request);
  });
}

void guard_link::cancel_waiting(lane& x) {
  for (auto& each : std::exchange(x.waiting, {}))
    each.tell(fail(errc::cancelled, "the process was not started"));
}

void guard_link::stop(const stop_process& request) {
  auto found = lanes_.find(request.key);
  if (found == lanes_.end())
    return;
  auto ticket = found->second.ticket;
  cancel_waiting(found->second);
  if (!witness_ && !lost_.contains(ticket))
    return ended(ticket, fail(errc::cancelled, "the process was not started"));
  post([ticket, grace = nanoseconds{request.grace}](auto& to) {
    to.stop(ticket, grace);
  });
}

void guard_link::ended(std::uint64_t ticket,
                       const result<process_finished>& end) {
  auto found = std::ranges::find(
    lanes_, ticket, [](const auto& each) { return each.second.ticket; });
  if (found == lanes_.end())
    return;
  auto key = found->first;
  auto tell = std::move(found->second.running.tell);
  if (found->second.waiting.empty()) {
    lanes_.erase(found);
  } else {
    auto next = std::move(found->second.waiting.front());
    found->second.waiting.pop_front();
    run(key, std::move(next));
  }
  tell(end);
  finish_drain();
}

// -- the end of the worker ----------------------------------------------------

void guard_link::drain(nanoseconds grace, std::function<void()> done) {
  drained_ = std::move(done);
  for (auto& [key, x] : lanes_)
    cancel_waiting(x);
  post([grace](auto& to) { to.stop_all(grace); });
  site_.time.engine().after(grace + drain_patience,
                            [self = shared_from_this()] {
                              self->as_worker([self] { self->end_drain(); });
                            });
  finish_drain();
}

void guard_link::finish_drain() {
  if (lanes_.empty())
    end_drain();
}

void guard_link::end_drain() {
  if (auto done = std::exchange(drained_, {}))
    done();
}

// -- the end of the witness ---------------------------------------------------

void guard_link::kill_witness() {
  if (!witness_)
    return;
  witness_->kill();
  auto self = shared_from_this();
  site_.time.engine().after(site_.time.random().between(20us, 1ms), [self] {
    self->as_worker([self] { self->witness_died(); });
  });
}

// Shims stop what they run by themselves.
void guard_link::witness_died() {
  if (!witness_ || !witness_->is_over())
    return;
  auto number = witness_->number();
  witness_.reset();
  for (const auto& [key, x] : lanes_)
    lost_.insert(x.ticket);
  wait_for_shims(number);
}

void guard_link::wait_for_shims(std::uint64_t witness) {
  auto self = shared_from_this();
  if (site_.processes.has_any_of(witness)) {
    site_.time.engine().after(look_every, [self, witness] {
      self->as_worker([self, witness] { self->wait_for_shims(witness); });
    });
    return;
  }
  for (auto ticket : std::exchange(lost_, {}))
    ended(ticket, killed_end());
  auto lived = site_.time.engine().now() - since_;
  pause_ = lived > settled_after ? restart_pause
                                 : std::min(pause_ * 2, restart_pause_max);
  site_.time.engine().after(
    pause_, [self] { self->as_worker([self] { self->restart(); }); });
}

void guard_link::restart() {
  if (!witness_)
    begin();
}

} // namespace cts::simulation

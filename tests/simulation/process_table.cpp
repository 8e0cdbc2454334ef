#include "tests/simulation/process_table.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cts::simulation {

namespace {

using namespace std::chrono_literals;

/// Numbers of different machines differ.
constexpr auto machine_step = std::uint64_t{1} << 16U;
/// What an orphan has after its interrupt.
constexpr auto farewell = 10s;

std::uint64_t first_number(const std::string& machine) {
  auto out = std::uint64_t{0};
  for (auto c : machine)
    out = out * 31 + static_cast<unsigned char>(c);
  return out % machine_step * machine_step;
}

} // namespace

process_table::process_table(process_site site, const drifting_clock& clock,
                             process_observer observer)
  : site_(std::move(site)), clock_(clock), observer_(std::move(observer)),
    numbers_(first_number(site_.machine)) {}

void process_table::start(const start_process& request,
                          answer_to<process_finished> tell) {
  waiting_[request.key].push_back(
    {.request = request, .tell = std::move(tell), .life = life_});
  // Between the order and the program there is some time.
  site_.engine.after(
    site_.random.between(100us, 3ms),
    [this, key = request.key] { as_guard([this, key] { begin(key); }); });
}

std::shared_ptr<terraform_process>
process_table::running_with(const std::string& key) const {
  for (const auto& [number, x] : running_)
    if (x->request().key == key)
      return x;
  return nullptr;
}

void process_table::begin(const std::string& key) {
  auto& queue = waiting_[key];
  if (queue.empty() || running_with(key))
    return;
  auto order = std::move(queue.front());
  queue.pop_front();
  auto fenced = order.request.fenced;
  if (fenced
      && !ha::lease_guard::may_start(guard_, clock_.read(site_.engine.now()))) {
    order.tell(fail(errc::conflict, "lease: not enough of it is left"));
    return begin(key);
  }
  auto number = ++numbers_;
  auto process
    = std::make_shared<terraform_process>(site_, number, order.request);
  running_.emplace(number, process);
  orders_.emplace(number, std::move(order));
  site_.engine.note([&] {
    return site_.machine + " starts " + process->command() + " of "
           + process->task();
  });
  if (fenced)
    guard(ha::lease_guard::process_started{number});
  observer_(*process);
  process->start(
    [this, number](const process_finished& end) { finished(number, end); });
}

void process_table::finished(std::uint64_t number,
                             const process_finished& end) {
  auto process = running_.at(number);
  site_.engine.note([&] {
    return site_.machine + " ended " + process->command() + " of "
           + process->task() + " with " + std::to_string(end.exit_code);
  });
  leave(process, end);
}

void process_table::leave(const std::shared_ptr<terraform_process>& x,
                          const process_finished& end) {
  observer_(*x);
  guard(ha::lease_guard::process_ended{x->number()});
  running_.erase(x->number());
  auto order = orders_.extract(x->number());
  begin(x->request().key);
  if (!order || order.mapped().life != life_)
    return;
  // Until the instance has reaped it.
  site_.engine.after(site_.random.between(100us, 3ms),
                     [this, order = std::move(order.mapped()), end] {
                       if (order.life == life_)
                         order.tell(end);
                     });
}

void process_table::kill(const std::shared_ptr<terraform_process>& x) {
  if (!x->is_alive())
    return;
  x->kill();
  auto end = process_finished{.signal = 9};
  end.stopped = true;
  site_.engine.note([&] {
    return site_.machine + " kills " + x->command() + " of " + x->task();
  });
  leave(x, end);
}

void process_table::stop(const stop_process& request) {
  auto cancelled = std::exchange(waiting_[request.key], {});
  for (auto& x : cancelled)
    x.tell(fail(errc::cancelled, "the process was not started"));
  auto x = running_with(request.key);
  if (!x)
    return;
  x->interrupt();
  auto grace = nanoseconds{request.grace};
  if (grace > 6s)
    site_.engine.after(grace - 6s,
                       [this, x] { as_guard([x] { x->interrupt(); }); });
  site_.engine.after(grace, [this, x] { as_guard([this, x] { kill(x); }); });
}

template <class Event>
void process_table::guard(const Event& event) {
  feed(guard_, event, clock_.read(site_.engine.now()),
       [this](const auto& effect) { perform(effect); });
}

void process_table::lease(std::optional<nanoseconds> deadline) {
  if (deadline)
    guard(ha::lease_guard::extended{*deadline});
  else
    guard(ha::lease_guard::revoked{});
}

void process_table::perform(const ha::lease_guard::send_signal& x) {
  auto found = running_.find(x.id);
  if (found == running_.end())
    return;
  auto process = found->second;
  if (x.what == ha::lease_guard::signal::kill)
    site_.engine.after(0ns, [this, process] { kill(process); });
  else
    process->interrupt();
}

void process_table::perform(const ha::lease_guard::report_stop& x) {
  site_.engine.note([&] {
    return site_.machine + " lease over for process " + std::to_string(x.id);
  });
}

void process_table::perform(const ha::lease_guard::arm_timer& x) {
  auto due = clock_.when(x.due);
  auto now = site_.engine.now();
  site_.engine.after(due > now ? due - now : 0ns, [this] {
    as_guard([this] { guard(ha::lease_guard::timer_elapsed{}); });
  });
}

void process_table::orphan() {
  ++life_;
  auto deadline = std::exchange(guard_, {}).deadline;
  waiting_.clear();
  auto now = site_.engine.now();
  auto end = now + farewell;
  if (deadline)
    end = std::clamp(clock_.when(*deadline), now, end);
  auto running = running_;
  for (auto& [number, x] : running) {
    as_guard([x = x] { x->interrupt(); });
    site_.engine.after(end - now,
                       [this, x = x] { as_guard([this, x] { kill(x); }); });
  }
}

void process_table::crash(const std::shared_ptr<terraform_process>& x) {
  if (!x->is_alive())
    return;
  site_.engine.note([&] {
    return site_.machine + " crashes " + x->command() + " of " + x->task();
  });
  x->kill();
  leave(x, {.signal = 9});
}

void process_table::crash_one(std::size_t which) {
  if (running_.empty())
    return;
  auto at = running_.begin();
  std::advance(at, which % running_.size());
  crash(std::shared_ptr{at->second});
}

void process_table::crash_hanging() {
  auto running = running_;
  for (auto& [number, x] : running)
    if (x->hangs())
      crash(x);
}

void process_table::as_guard(std::function<void()> what) {
  if (is_frozen_)
    put_off_.push_back(std::move(what));
  else
    what();
}

void process_table::freeze(bool frozen) {
  is_frozen_ = frozen;
  auto running = running_;
  for (auto& [number, x] : running)
    x->pause(frozen);
  if (frozen)
    return;
  // The worst that was measured (P3).
  for (auto& each : std::exchange(put_off_, {}))
    site_.engine.after(site_.random.between(100us, 37ms),
                       [this, each] { as_guard(each); });
}

void process_table::kill_all() {
  auto running = running_;
  for (auto& [number, x] : running)
    kill(x);
}

} // namespace cts::simulation

#include "tests/simulation/engine.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace cts::simulation {

namespace {

/// So many steps at one time are an endless conversation.
constexpr auto steps_at_once_max = std::uint64_t{200'000};

} // namespace

// -- islands ------------------------------------------------------------------

island::island(std::string name, const drifting_clock& clock)
  : name_(std::move(name)), clock_(clock) {
  config_.set("scheduler.policy", caf::atom("testing"));
  system_ = std::make_unique<caf::actor_system>(config_);
  // Nobody runs its actors when it ends.
  system_->await_actors_before_shutdown(false);
  // Code may subtract from the time.
  scheduler().clock().current_time += std::chrono::hours{1};
  start_ = scheduler().clock().now();
}

island::~island() = default;

caf::scheduler::test_coordinator& island::scheduler() {
  return static_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
}

nanoseconds island::next_timer() {
  const auto& schedule = scheduler().clock().schedule();
  if (is_paused || schedule.empty())
    return nanoseconds::max();
  return clock_.when(schedule.begin()->first - start_);
}

void island::move_clock(nanoseconds now) {
  if (is_paused)
    return;
  auto& clock = scheduler().clock();
  auto passed
    = std::max<nanoseconds>(start_ + clock_.read(now) - clock.now(), {});
  // A timer may be set for now, or for a time that is over.
  const auto& schedule = clock.schedule();
  auto is_due
    = !schedule.empty() && schedule.begin()->first <= clock.now() + passed;
  if (is_due || passed > nanoseconds{0})
    clock.advance_time(passed);
}

// -- the engine ---------------------------------------------------------------

island& engine::add(std::string name, const drifting_clock& clock) {
  auto& out
    = *islands_.emplace_back(std::make_unique<island>(std::move(name), clock));
  out.move_clock(now_);
  return out;
}

void engine::after(nanoseconds delay, std::function<void()> what) {
  events_.push_back({.due = now_ + std::max(delay, nanoseconds{0}),
                     .number = ++numbers_,
                     .what = std::move(what)});
  std::push_heap(events_.begin(), events_.end(), later{});
}

void engine::run_until(nanoseconds time) {
  auto at_once = std::uint64_t{0};
  while (true) {
    if (step()) {
      if (++at_once > steps_at_once_max)
        throw std::runtime_error{"an endless conversation at one instant"};
      continue;
    }
    auto next = next_time();
    if (next > time)
      break;
    at_once = next > now_ ? 0 : at_once + 1;
    now_ = std::max(now_, next);
    for (auto& one : islands_)
      one->move_clock(now_);
  }
  now_ = std::max(now_, time);
  for (auto& one : islands_)
    one->move_clock(now_);
}

void engine::exhaust(island& one) {
  while (one.scheduler().has_job())
    take_message(one, 0);
}

void engine::retire(island& one) {
  auto found
    = std::find_if(islands_.begin(), islands_.end(),
                   [&](const auto& each) { return each.get() == &one; });
  if (found == islands_.end())
    return;
  retired_.push_back(std::move(*found));
  islands_.erase(found);
}

bool engine::has_due_event() const {
  return !events_.empty() && events_.front().due <= now_;
}

bool engine::step() {
  auto choices = std::size_t{0};
  for (auto& one : islands_)
    if (!one->is_paused)
      choices += one->scheduler().jobs.size();
  auto is_due = has_due_event();
  if (choices == 0 && !is_due)
    return false;
  auto choice = random_.below(choices + (is_due ? 1 : 0));
  for (auto& one : islands_) {
    auto jobs = one->is_paused ? 0 : one->scheduler().jobs.size();
    if (choice < jobs) {
      take_message(*one, choice);
      return true;
    }
    choice -= jobs;
  }
  take_event();
  return true;
}

void engine::take_message(island& where, std::size_t job) {
  auto& scheduler = where.scheduler();
  std::swap(scheduler.jobs.front(), scheduler.jobs[job]);
  auto* before = std::exchange(current_, &where);
  scheduler.try_run_once();
  current_ = before;
  ++steps_;
}

void engine::take_event() {
  std::pop_heap(events_.begin(), events_.end(), later{});
  auto what = std::move(events_.back().what);
  events_.pop_back();
  ++steps_;
  what();
}

nanoseconds engine::next_time() {
  auto out = events_.empty() ? nanoseconds::max() : events_.front().due;
  for (auto& one : islands_)
    out = std::min(out, one->next_timer());
  return out;
}

} // namespace cts::simulation

#include "actors/run_queue.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/guard_log.hpp"
#include "actors/log.hpp"
#include "actors/timers.hpp"
#include "core/run_queue.hpp"

#include <caf/system_messages.hpp>

namespace cts {

namespace {

using queue_impl
  = cafx::extended<run_queue_actor, caf::result<void>(timer_elapsed)>;

class queue_keeper {
public:
  using actor_type = queue_impl;
  static inline constexpr const char* name = "run_queue";

  queue_keeper(queue_impl::pointer self, const run_queue_limits& limits)
    : self_(self), queue_{.slots_max = limits.slots_max,
                          .hung_after = limits.hung_after,
                          .preparations_max = limits.preparations_max} {
    cafx::install_guards(self_, guard_log);
    self_->set_down_handler([this](caf::down_msg& msg) { on_down(msg); });
    // Tickets of an earlier incarnation must not be taken for ours.
    last_ticket_ = static_cast<std::uint64_t>(
      self_->clock().now().time_since_epoch().count());
  }

  queue_impl::behavior_type make_behavior() {
    return {
      [this](const acquire_slot& x) { return acquire(x); },
      [this](const release_slot& x) { release(x); },
      [this](timer_elapsed) { on(run_queue::timer_elapsed{}); },
    };
  }

private:
  struct holder {
    caf::actor_addr who{};
    bool granted = false;
    cafx::answer<slot_granted> answer{};
  };

  // A task has one slot at a time. Asking again is no second wish.
  caf::result<slot_granted> acquire(const acquire_slot& wish) {
    auto sender = self_->current_sender(); // the promise takes it over
    auto promise = self_->make_response_promise<slot_granted>();
    if (!sender)
      return promise;
    auto who = sender->address();
    for (auto& [ticket, x] : holders_)
      if (x.who == who) {
        x.answer = cafx::answer{promise};
        if (x.granted)
          x.answer.deliver(slot_granted{ticket});
        return promise;
      }
    self_->monitor(sender);
    auto ticket = ++last_ticket_;
    holders_[ticket] = {.who = who, .answer = cafx::answer{promise}};
    on(run_queue::slot_wanted{.ticket = ticket,
                              .priority = static_cast<int>(wish.use),
                              .order = wish.order});
    return promise;
  }

  void release(const release_slot& x) {
    auto found = holders_.find(x.ticket);
    if (found == holders_.end())
      return;
    self_->demonitor(found->second.who);
    holders_.erase(found);
    on(run_queue::slot_released{x.ticket, x.starved});
  }

  void on_down(const caf::down_msg& msg) {
    for (const auto& [ticket, x] : holders_)
      if (x.who == msg.source)
        return release({ticket});
  }

  template <class Event>
  void on(const Event& event) {
    feed(queue_, event, self_->clock().now(),
         [this](const auto& effect) { perform(effect); });
  }

  void perform(const run_queue::grant& effect) {
    auto found = holders_.find(effect.ticket);
    if (found == holders_.end())
      return;
    found->second.granted = true;
    found->second.answer.deliver(slot_granted{effect.ticket});
  }

  void perform(const run_queue::report_limit& effect) {
    auto limit = log::field{"slots", std::to_string(effect.slots_max)};
    if (effect.lowered)
      log::warn("tasksmanager",
                "the machine could not start a process, fewer runs are started "
                "at once",
                {limit});
    else
      log::info("tasksmanager", "processes can be started again", {limit});
  }

  void perform(const run_queue::arm_timer& effect) {
    self_->delayed_send(self_, effect.due - self_->clock().now(),
                        timer_elapsed{});
  }

  queue_impl::pointer self_;
  run_queue::state queue_;
  std::map<std::uint64_t, holder> holders_{};
  std::uint64_t last_ticket_ = 0;
};

} // namespace

// Terraform does not promise that initialisations may share a plugin cache at
// the same time (chapter terraform-driver, 8.1 items 4 and 6).
run_queue_limits run_limits_of(const config::settings& settings,
                               bool clustered) {
  using namespace std::chrono_literals;
  return {.slots_max = static_cast<std::size_t>(settings.max_parallel_runs),
          .hung_after = clustered ? duration{60s} : duration{0},
          .preparations_max
          = settings.driver.plugin_cache_dir.empty() ? 0U : 1U};
}

run_queue_actor make_run_queue(caf::local_actor* parent,
                               const run_queue_limits& limits) {
  return cafx::spawn_state<queue_keeper>(parent, limits);
}

} // namespace cts

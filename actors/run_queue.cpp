#include "actors/run_queue.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/guard_log.hpp"
#include "core/run_queue.hpp"

#include <caf/system_messages.hpp>

namespace cts {

namespace {

class queue_keeper {
public:
  using actor_type = run_queue_actor;
  static inline constexpr const char* name = "run_queue";

  queue_keeper(run_queue_actor::pointer self, std::size_t slots_max)
    : self_(self), queue_{.slots_max = slots_max} {
    cafx::install_guards(self_, guard_log);
    self_->set_down_handler([this](caf::down_msg& msg) { on_down(msg); });
    // Tickets of an earlier incarnation must not be taken for ours.
    last_ticket_ = static_cast<std::uint64_t>(
      self_->clock().now().time_since_epoch().count());
  }

  run_queue_actor::behavior_type make_behavior() {
    return {
      [this](const acquire_slot& x) { return acquire(x); },
      [this](const release_slot& x) { release(x.ticket); },
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

  void release(std::uint64_t ticket) {
    auto found = holders_.find(ticket);
    if (found == holders_.end())
      return;
    self_->demonitor(found->second.who);
    holders_.erase(found);
    on(run_queue::slot_released{ticket});
  }

  void on_down(const caf::down_msg& msg) {
    for (const auto& [ticket, x] : holders_)
      if (x.who == msg.source)
        return release(ticket);
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

  run_queue_actor::pointer self_;
  run_queue::state queue_;
  std::map<std::uint64_t, holder> holders_{};
  std::uint64_t last_ticket_ = 0;
};

} // namespace

run_queue_actor make_run_queue(caf::local_actor* parent,
                               std::size_t slots_max) {
  return cafx::spawn_state<queue_keeper>(parent, slots_max);
}

} // namespace cts

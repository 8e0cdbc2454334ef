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
    cafx::answer<slot_granted> answer{};
  };

  caf::result<slot_granted> acquire(const acquire_slot& wish) {
    auto sender = self_->current_sender(); // the promise takes it over
    auto promise = self_->make_response_promise<slot_granted>();
    auto ticket = ++last_ticket_;
    holders_[ticket].answer = cafx::answer{promise};
    if (sender) {
      holders_[ticket].who = sender->address();
      self_->monitor(sender);
    }
    on(run_queue::slot_wanted{.ticket = ticket,
                              .priority = static_cast<int>(wish.use),
                              .order = wish.order});
    return promise;
  }

  void release(std::uint64_t ticket) {
    holders_.erase(ticket);
    on(run_queue::slot_released{ticket});
  }

  void on_down(const caf::down_msg& msg) {
    auto gone = std::vector<std::uint64_t>{};
    for (const auto& [ticket, x] : holders_)
      if (x.who == msg.source)
        gone.push_back(ticket);
    for (auto ticket : gone)
      release(ticket);
  }

  template <class Event>
  void on(const Event& event) {
    feed(queue_, event, self_->clock().now(),
         [this](const auto& effect) { perform(effect); });
  }

  void perform(const run_queue::grant& effect) {
    if (auto found = holders_.find(effect.ticket); found != holders_.end())
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

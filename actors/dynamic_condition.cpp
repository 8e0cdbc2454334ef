#include "actors/dynamic_condition.hpp"

#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/guard_log.hpp"
#include "actors/input_gatherer.hpp"
#include "actors/timers.hpp"
#include "core/buffer_period.hpp"

#include <caf/send.hpp>

namespace cts {

namespace {

class dynamic_condition {
public:
  using actor_type = condition_impl;
  static inline constexpr const char* name = "condition";

  dynamic_condition(condition_impl::pointer self,
                    const condition_options& options)
    : self_(self), target_(options.target),
      inputs_(self, options, [this] { on(buffer_period::change_arrived{}); }),
      period_{.min = options.task->buffer.min,
              .max = options.task->buffer.max} {
    cafx::install_guards(self_, guard_log);
  }

  condition_impl::behavior_type make_behavior() {
    inputs_.start();
    return {
      [this](const dependency_changed& x) { inputs_.fetch(x.what); },
      [this](const dependency_failed& x) { inputs_.report(x); },
      [this](const get_inputs&) { return inputs_.newest(); },
      [this](const get_fresh_inputs& x) { return inputs_.renew(x); },
      [](const task_changed&) {},
      [this](timer_elapsed) {
        inputs_.look_at_clock();
        on(buffer_period::timer_elapsed{});
      },
      [this](const watch& x) { inputs_.subscribe_to(x.what); },
    };
  }

private:
  template <class Event>
  void on(const Event& event) {
    feed(period_, event, self_->clock().now(),
         [this](const auto& effect) { perform(effect); });
  }

  void perform(const buffer_period::arm_timer& effect) {
    self_->delayed_send(self_, effect.due - self_->clock().now(),
                        timer_elapsed{});
  }

  void perform(const buffer_period::request_run&) {
    caf::anon_send(target_, run_task{});
  }

  condition_impl::pointer self_;
  task_actor target_;
  input_gatherer inputs_;
  buffer_period::state period_;
};

} // namespace

condition_actor make_dynamic_condition(caf::local_actor* parent,
                                       condition_options options) {
  return cafx::spawn_state<dynamic_condition, caf::linked>(parent,
                                                           std::move(options));
}

} // namespace cts

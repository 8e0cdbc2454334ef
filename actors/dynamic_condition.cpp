#include "actors/dynamic_condition.hpp"

#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "actors/timers.hpp"
#include "core/buffer_period.hpp"
#include "core/inputs.hpp"

#include <caf/send.hpp>
#include <caf/system_messages.hpp>

namespace cts {

namespace {

using namespace std::chrono_literals;

/// How long the registry and a watcher may take to answer: both only look
/// something up.
constexpr auto answer_deadline = 10s;

/// The pause before a watcher that died is asked for again.
constexpr auto resubscribe_pause = 1s;

using condition_impl
  = cafx::extended<condition_actor, caf::result<void>(timer_elapsed),
                   caf::result<void>(watch)>;

class dynamic_condition {
public:
  using actor_type = condition_impl;
  static inline constexpr const char* name = "condition";

  dynamic_condition(condition_impl::pointer self, condition_options options)
    : self_(self),
      options_(std::move(options)), inputs_{.task = options_.task,
                                            .services = options_.services},
      period_{.min = options_.task->buffer.min,
              .max = options_.task->buffer.max} {
    cafx::install_guards(self_, guard_log);
    self_->set_down_handler([this](caf::down_msg& msg) { on_down(msg); });
  }

  condition_impl::behavior_type make_behavior() {
    on_inputs(inputs::started{});
    return {
      [this](const dependency_changed& x) { fetch(x.what); },
      [this](const dependency_failed& x) { report(x); },
      [this](const get_inputs&) {
        return gathered_inputs{inputs_.snapshots, inputs_.complete};
      },
      [this](timer_elapsed) { on_period(buffer_period::timer_elapsed{}); },
      [this](const watch& x) { subscribe_to(x.what); },
    };
  }

private:
  template <class Event>
  void on_inputs(const Event& event) {
    feed(inputs_, event, self_->clock().now(),
         [this](const auto& effect) { perform(effect); });
  }

  template <class Event>
  void on_period(const Event& event) {
    feed(period_, event, self_->clock().now(),
         [this](const auto& effect) { perform(effect); });
  }

  void perform(const inputs::watch& effect) { subscribe_to(effect.what); }

  void perform(const inputs::unwatch& effect) {
    auto found = watchers_.find(effect.what);
    if (found == watchers_.end())
      return;
    self_->demonitor(found->second.address());
    caf::anon_send(found->second, unsubscribe{me()});
    watchers_.erase(found);
  }

  void perform(const inputs::report_complete&) {
    caf::anon_send(options_.target, inputs_complete{});
  }

  void perform(const inputs::report_change&) {
    on_period(buffer_period::change_arrived{});
  }

  void perform(const buffer_period::arm_timer& effect) {
    self_->delayed_send(self_, effect.due - self_->clock().now(),
                        timer_elapsed{});
  }

  void perform(const buffer_period::request_run&) {
    caf::anon_send(options_.target, run_task{});
  }

  subscriber_actor me() const { return subscriber_actor{self_}; }

  void subscribe_to(const dependency& what) {
    if (!inputs_.watched.contains(what) || watchers_.contains(what))
      return;
    self_->request(options_.registry, answer_deadline, watch{what, me()})
      .then([this, what](const watcher_actor& x) { keep(what, x); },
            [this, what](caf::error&) { try_later(what); });
  }

  void keep(const dependency& what, const watcher_actor& watcher) {
    if (!inputs_.watched.contains(what)) {
      caf::anon_send(watcher, unsubscribe{me()});
      return;
    }
    self_->monitor(watcher);
    watchers_[what] = watcher;
    fetch(what);
  }

  void try_later(const dependency& what) {
    self_->delayed_send(self_, resubscribe_pause, watch{what, {}});
  }

  void on_down(const caf::down_msg& msg) {
    auto gone
      = std::find_if(watchers_.begin(), watchers_.end(), [&msg](const auto& x) {
          return x.second.address() == msg.source;
        });
    if (gone == watchers_.end())
      return;
    auto what = gone->first;
    watchers_.erase(gone);
    try_later(what);
  }

  void fetch(const dependency& what) {
    auto found = watchers_.find(what);
    if (found == watchers_.end())
      return; // not known yet: `keep` fetches
    self_->request(found->second, answer_deadline, get_snapshot{})
      .then([this](const dependency_snapshot& x) { arrived(x); },
            [](caf::error&) { /* the watcher is gone: on_down acts */ });
  }

  void arrived(const dependency_snapshot& x) {
    if (x.version > 0)
      on_inputs(inputs::snapshot_arrived{.what = x.what, .data = x.data});
  }

  void report(const dependency_failed& x) {
    caf::anon_send(options_.target, input_failed{x.message, x.permanent});
  }

  condition_impl::pointer self_;
  condition_options options_;
  inputs::state inputs_;
  buffer_period::state period_;
  std::map<dependency, watcher_actor> watchers_{};
};

} // namespace

condition_actor make_dynamic_condition(caf::local_actor* parent,
                                       condition_options options) {
  return cafx::spawn_state<dynamic_condition, caf::linked>(parent,
                                                           std::move(options));
}

} // namespace cts

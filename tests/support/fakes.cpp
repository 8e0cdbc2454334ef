#include "tests/support/fakes.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/guard_log.hpp"
#include "actors/timers.hpp"

#include <caf/send.hpp>

namespace cts::fakes {

namespace {

/// A driver that also takes the order to end what it holds.
using fake_driver_impl
  = cafx::extended<driver_actor, caf::result<void>(timer_elapsed)>;

class fake_driver {
public:
  using actor_type = fake_driver_impl;
  static inline constexpr const char* name = "fake_driver";

  fake_driver(fake_driver_impl::pointer self, driver_script_ptr script)
    : self_(self), script_(std::move(script)) {
    cafx::install_guards(self_, guard_log);
    ++script_->made;
    script_->release = [address = fake_driver_impl{self}.address()] {
      auto self_again = caf::actor_cast<caf::strong_actor_ptr>(address);
      caf::anon_send(caf::actor_cast<fake_driver_impl>(self_again),
                     timer_elapsed{});
    };
  }

  ~fake_driver() {
    if (apply_.pending())
      --script_->applies_open;
    script_->release = nullptr;
  }

  fake_driver_impl::behavior_type make_behavior() {
    return {
      [this](prepare_workspace) -> caf::result<void> {
        script_->asked.emplace_back("prepare");
        return outcome(script_->prepare_errors);
      },
      [this](const render_inputs& x) {
        script_->asked.emplace_back("render");
        script_->rendered = x.snapshots;
        return inputs_rendered{script_->render_changes};
      },
      [this](const apply_workspace&) { return apply(); },
      [this](inspect_workspace) { return inspect(); },
      [this](const stop_driver&) {
        script_->asked.emplace_back("stop");
        if (apply_.pending()) {
          --script_->applies_open;
          apply_.fail(to_caf(fail(errc::cancelled, "interrupted")));
        }
      },
      [this](timer_elapsed) { finish(); },
    };
  }

private:
  static caf::result<void> outcome(std::deque<std::string>& errors) {
    if (errors.empty())
      return caf::unit;
    auto text = errors.front();
    errors.pop_front();
    if (text.empty())
      return caf::unit;
    return to_caf(fail(errc::driver, text));
  }

  caf::result<run_inspected> inspect() {
    script_->asked.emplace_back("inspect");
    auto& errors = script_->inspect_errors;
    auto text = errors.empty() ? std::string{} : errors.front();
    if (!errors.empty())
      errors.pop_front();
    if (!text.empty())
      return to_caf(fail(errc::driver, text));
    return script_->inspected;
  }

  caf::result<run_applied> apply() {
    script_->asked.emplace_back("apply");
    auto promise = self_->make_response_promise<run_applied>();
    apply_ = cafx::answer{promise};
    script_->applies_open_max
      = std::max(script_->applies_open_max, ++script_->applies_open);
    if (!script_->hold_apply)
      finish();
    return promise;
  }

  void finish() {
    if (!apply_.pending())
      return;
    --script_->applies_open;
    auto& errors = script_->apply_errors;
    auto text = errors.empty() ? std::string{} : errors.front();
    if (!errors.empty())
      errors.pop_front();
    if (text.empty())
      apply_.deliver(run_applied{});
    else
      apply_.fail(to_caf(fail(errc::driver, text)));
  }

  fake_driver_impl::pointer self_;
  driver_script_ptr script_;
  cafx::answer<run_applied> apply_{};
};

class fake_watcher {
public:
  using actor_type = watcher_actor;
  static inline constexpr const char* name = "fake_watcher";

  fake_watcher(watcher_actor::pointer self, registry_script_ptr script,
               dependency what)
    : script_(std::move(script)), what_(std::move(what)) {
    cafx::install_guards(self, guard_log);
  }

  watcher_actor::behavior_type make_behavior() {
    return {
      [](const subscribe&) {},
      [this](const unsubscribe&) { script_->unwatched.push_back(what_); },
      [this](get_snapshot) {
        auto found = script_->snapshots.find(what_);
        return found == script_->snapshots.end() ? dependency_snapshot{what_}
                                                 : found->second;
      },
      [this](const refresh_snapshot&) { return refresh(); },
    };
  }

private:
  caf::result<dependency_snapshot> refresh() {
    script_->refreshed.push_back(what_);
    if (auto found = script_->world.find(what_); found != script_->world.end())
      script_->snapshots[what_] = found->second;
    if (script_->refuse_refresh.contains(what_))
      return to_caf(fail(errc::unavailable, "no agent"));
    return script_->snapshots[what_];
  }

  registry_script_ptr script_;
  dependency what_;
};

class fake_registry {
public:
  using actor_type = watch_registry_actor;
  static inline constexpr const char* name = "fake_registry";

  fake_registry(watch_registry_actor::pointer self, registry_script_ptr script)
    : self_(self), script_(std::move(script)) {
    cafx::install_guards(self_, guard_log);
  }

  watch_registry_actor::behavior_type make_behavior() {
    return {[this](const watch& x) {
      script_->watched.push_back(x.what);
      script_->subscribers[x.what].push_back(x.who);
      auto watcher = cafx::spawn_state<fake_watcher>(self_, script_, x.what);
      script_->watchers[x.what] = watcher;
      caf::anon_send(x.who, dependency_changed{x.what});
      return watcher;
    }};
  }

private:
  watch_registry_actor::pointer self_;
  registry_script_ptr script_;
};

class fake_store {
public:
  using actor_type = state_store_actor;
  static inline constexpr const char* name = "fake_store";

  fake_store(state_store_actor::pointer self, store_script_ptr script)
    : script_(std::move(script)) {
    cafx::install_guards(self, guard_log);
  }

  state_store_actor::behavior_type make_behavior() {
    return {
      [this](const record_event& x) -> caf::result<void> {
        if (script_->event_refusal)
          return to_caf(*script_->event_refusal);
        script_->records.push_back(x);
        script_->events->push_back(x.event);
        return caf::unit;
      },
      [](get_events) { return events_snapshot{}; },
      [this](const keep_task& x) -> caf::result<void> {
        if (script_->refusal)
          return to_caf(*script_->refusal);
        script_->kept.push_back(x.task);
        return caf::unit;
      },
      [this](const forget_task& x) -> caf::result<void> {
        if (script_->refusal)
          return to_caf(*script_->refusal);
        script_->forgotten.push_back(x.task);
        return caf::unit;
      },
    };
  }

private:
  store_script_ptr script_;
};

class fake_task {
public:
  using actor_type = task_actor;
  static inline constexpr const char* name = "fake_task";

  fake_task(task_actor::pointer self, std::shared_ptr<task_log> log)
    : log_(std::move(log)) {
    cafx::install_guards(self, guard_log);
  }

  task_actor::behavior_type make_behavior() {
    return {
      [this](inputs_complete) { ++log_->complete; },
      [this](const input_failed& x) { log_->failures.push_back(x); },
      [this](run_task) { ++log_->runs; },
      [](run_once) { return run_outcome{}; },
      [](start_monitoring) {},
      [](await_ready) {},
      [](switch_task) {},
      [](inspect_task) { return run_inspected{}; },
      [](const stop_task&) {},
    };
  }

private:
  std::shared_ptr<task_log> log_;
};

} // namespace

driver_actor make_driver(caf::local_actor* parent, driver_script_ptr script) {
  auto made = cafx::spawn_state<fake_driver>(parent, script);
  script->newest = made;
  return made;
}

void registry_script::publish(const dependency& what, snapshot data) {
  auto& newest = snapshots[what];
  newest = {.what = what,
            .version = newest.version + 1,
            .data = std::make_shared<const snapshot>(std::move(data))};
  for (const auto& who : subscribers[what])
    caf::anon_send(who, dependency_changed{what});
}

void registry_script::fail(const dependency& what, std::string message,
                           bool permanent) {
  for (const auto& who : subscribers[what])
    caf::anon_send(who, dependency_failed{what, message, permanent});
}

watch_registry_actor make_registry(caf::local_actor* parent,
                                   registry_script_ptr script) {
  return cafx::spawn_state<fake_registry>(parent, std::move(script));
}

state_store_actor make_store(caf::local_actor* parent, event_log log) {
  auto script = std::make_shared<store_script>();
  script->events = std::move(log);
  return make_store(parent, std::move(script));
}

state_store_actor make_store(caf::local_actor* parent,
                             store_script_ptr script) {
  return cafx::spawn_state<fake_store>(parent, std::move(script));
}

task_actor make_task(caf::local_actor* parent, std::shared_ptr<task_log> log) {
  return cafx::spawn_state<fake_task>(parent, std::move(log));
}

void registry_script::close() {
  for (const auto& [what, watcher] : watchers)
    caf::anon_send_exit(watcher, caf::exit_reason::user_shutdown);
  watchers.clear();
  subscribers.clear();
}

snapshot instances(const std::vector<std::string>& ids) {
  auto out = service_instances{};
  for (const auto& id : ids)
    out.push_back({.id = id});
  return {out};
}

} // namespace cts::fakes

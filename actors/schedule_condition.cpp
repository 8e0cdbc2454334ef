#include "actors/schedule_condition.hpp"

#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/guard_log.hpp"
#include "actors/input_gatherer.hpp"
#include "actors/timers.hpp"
#include "core/go_duration.hpp"
#include "core/ticks.hpp"

#include <caf/send.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace cts {

namespace {

constexpr auto component = "tasksmanager";

schedule::cron expression_of(const config::task& task) {
  const auto& x = std::get<config::schedule_condition>(task.condition);
  auto parsed = schedule::parse(x.cron);
  // Configurations are validated; what is not never fires.
  return parsed ? *std::move(parsed) : schedule::cron{};
}

/// As the reference prints it: `2024-05-04 12:30:49 +0200`.
std::string text_of(wall_time time, const zone_offset& zone) {
  auto offset = zone ? zone(time) : std::chrono::seconds{0};
  auto x = schedule::to_local(time, offset);
  auto minutes = std::abs(offset.count()) / 60;
  auto text = std::array<char, 96>{};
  std::snprintf(text.data(), text.size(),
                "%04d-%02d-%02d %02d:%02d:%02d %c%02d%02d", x.year, x.month,
                x.day, x.hour, x.minute, x.second,
                offset.count() < 0 ? '-' : '+', static_cast<int>(minutes / 60),
                static_cast<int>(minutes % 60));
  return text.data();
}

class schedule_condition {
public:
  using actor_type = condition_impl;
  static inline constexpr const char* name = "schedule";

  schedule_condition(condition_impl::pointer self,
                     const condition_options& options)
    : self_(self), task_(options.task->name), target_(options.target),
      clock_(options.clock),
      inputs_(self, options, [] {}), ticks_{.expression
                                            = expression_of(*options.task),
                                            .zone = options.zone} {
    cafx::install_guards(self_, guard_log);
  }

  ~schedule_condition() {
    if (ticks_.serving)
      log::info(component, "stopping scheduled task", {{"task_name", task_}});
  }

  condition_impl::behavior_type make_behavior() {
    inputs_.start();
    return {
      [this](const dependency_changed& x) { inputs_.fetch(x.what); },
      [this](const dependency_failed& x) { inputs_.report(x); },
      [this](const get_inputs&) { return inputs_.newest(); },
      [this](const get_fresh_inputs& x) { return inputs_.renew(x); },
      [this](const task_changed& x) { follow(x); },
      [this](timer_elapsed) {
        inputs_.look_at_clock();
        on(ticks::timer_elapsed{clock_()});
      },
      [this](const watch& x) { inputs_.subscribe_to(x.what); },
    };
  }

private:
  void follow(const task_changed& x) {
    on(ticks::task_followed{.wall = clock_(),
                            .serving = x.monitoring,
                            .disabled = x.phase == task_phase::disabled,
                            .busy = x.phase == task_phase::queued
                                    || x.phase == task_phase::running});
  }

  template <class Event>
  void on(const Event& event) {
    feed(ticks_, event, self_->clock().now(),
         [this](const auto& effect) { perform(effect); });
  }

  void perform(const ticks::request_run&) {
    caf::anon_send(target_, run_task{});
  }

  void perform(const ticks::report_next& effect) {
    if (!effect.next) {
      log::warn(component, "scheduled task has no next run time",
                {{"task_name", task_}});
      return;
    }
    log::info(component, "scheduled task next run time",
              {{"task_name", task_},
               {"wait_time", go_duration::to_string(*effect.next - effect.now)},
               {"next_runtime", text_of(*effect.next, ticks_.zone)}});
  }

  void perform(const ticks::report_busy&) {
    log::error(component, "error running task",
               {{"task_name", task_},
                {"error", "task '" + task_
                            + "' is active and cannot be run at this time"}});
  }

  void perform(const ticks::report_disabled&) {
    log::info(component, "skipping disabled scheduled task",
              {{"task_name", task_}});
  }

  void perform(const ticks::arm_timer& effect) {
    self_->delayed_send(self_, effect.due - self_->clock().now(),
                        timer_elapsed{});
  }

  condition_impl::pointer self_;
  task_name task_;
  task_actor target_;
  wall_clock clock_;
  input_gatherer inputs_;
  ticks::state ticks_;
};

} // namespace

condition_actor make_schedule_condition(caf::local_actor* parent,
                                        condition_options options) {
  return cafx::spawn_state<schedule_condition, caf::linked>(parent,
                                                            std::move(options));
}

} // namespace cts

#include "actors/task_runner.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/condition.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "actors/timers.hpp"
#include "core/inputs.hpp"
#include "core/task.hpp"

#include <caf/send.hpp>

namespace cts {

namespace {

using namespace std::chrono_literals;

/// For answers that only need a look: condition, event recorder.
constexpr auto answer_deadline = 10s;

/// For answers that come when Terraform is done. The driver has its own limits;
/// this one only keeps a lost answer from waiting for ever.
constexpr auto work_deadline = 24 * 60min;

/// For a file to be written.
constexpr auto render_deadline = 5min;

/// After this time the run queue is asked again, which changes nothing for a
/// wish that it knows. (An answered request is remembered by the actor system
/// until its deadline: short ones keep it small.)
constexpr auto slot_deadline = 10min;

/// What a driver may take to answer beyond the grace that it was given.
constexpr auto stop_margin = 10s;

/// The pause before an event is offered again.
constexpr auto recorder_pause = 1s;

/// The pause before the run queue is asked again.
constexpr auto queue_pause = 1s;

using task_impl = cafx::extended<task_actor, caf::result<void>(timer_elapsed),
                                 caf::result<void>(acquire_slot),
                                 caf::result<void>(record_event)>;

class task_runner {
public:
  using actor_type = task_impl;
  static inline constexpr const char* name = "task";

  task_runner(task_impl::pointer self, task_options options)
    : self_(self), options_(std::move(options)) {
    cafx::install_guards(self_, guard_log);
    machine_.name = options_.task->name;
    machine_.enabled = options_.task->enabled;
    machine_.monitoring = options_.monitoring;
    machine_.triggered = options_.triggered;
  }

  task_impl::behavior_type make_behavior() {
    driver_ = options_.make_driver(self_, {.task = options_.task,
                                           .program = options_.program,
                                           .consul = options_.consul});
    self_->link_to(driver_);
    if (machine_.enabled) // a disabled task is prepared, but not watched
      condition_ = make_condition(self_, {.task = options_.task,
                                          .services = options_.services,
                                          .registry = options_.registry,
                                          .target = self_,
                                          .clock = options_.clock,
                                          .zone = options_.zone});
    on(task::started{});
    return {
      [this](inputs_complete) { on(task::inputs_complete{}); },
      [this](const input_failed& x) {
        on(task::input_failed{x.message, x.permanent});
      },
      [this](run_task) { on(task::run_requested{}); },
      [this](run_once) { return run_in_once_mode(); },
      [this](start_monitoring) { on(task::monitoring_started{}); },
      [this](const stop_task& x) { return stop(x); },
      [this](timer_elapsed) { on(task::timer_elapsed{}); },
      [this](const acquire_slot& x) { ask_for_slot(x); },
      [this](const record_event& x) { deliver(x); },
    };
  }

private:
  template <class Event>
  void on(const Event& event) {
    auto before = std::string{task::name_of(machine_.at)};
    feed(machine_, event, self_->clock().now(),
         [this](const auto& effect) { perform(effect); });
    auto after = std::string{task::name_of(machine_.at)};
    if (before != after)
      log::debug("tasksmanager", "task changed state",
                 {{"task_name", title()}, {"from", before}, {"to", after}});
    auto news = task_changed{.task = title(),
                             .phase = phase_of(machine_.at),
                             .due = machine_.due || machine_.triggered,
                             .monitoring = machine_.monitoring};
    caf::anon_send(options_.observer, news);
    if (condition_)
      caf::anon_send(condition_, news);
  }

  static task_phase phase_of(const task::phase& at) {
    constexpr task_phase phases[]
      = {task_phase::creating, task_phase::idle,     task_phase::queued,
         task_phase::running,  task_phase::disabled, task_phase::failed,
         task_phase::idle};
    return phases[at.index()];
  }

  caf::result<run_outcome> run_in_once_mode() {
    auto promise = self_->make_response_promise<run_outcome>();
    once_answer_ = cafx::answer{promise};
    on(task::once_requested{});
    return promise;
  }

  caf::result<void> stop(const stop_task& x) {
    auto promise = self_->make_response_promise<caf::unit_t>();
    grace_ = x.grace;
    stop_answer_ = cafx::answer{promise};
    on(task::stop_requested{});
    return promise;
  }

  // -- effects ----------------------------------------------------------------

  void perform(const task::want_slot& effect) {
    ask_for_slot({.task = title(),
                  .order = options_.order,
                  .use = effect.for_run ? slot_use::run : slot_use::prepare});
  }

  void ask_for_slot(const acquire_slot& wish) {
    self_->request(options_.queue, slot_deadline, wish)
      .then([this](const slot_granted& x) { on(task::slot_granted{x.ticket}); },
            [this, wish](caf::error&) {
              self_->delayed_send(self_, queue_pause, wish);
            });
  }

  void perform(const task::give_slot& effect) {
    caf::anon_send(options_.queue, release_slot{effect.ticket, starved_});
    starved_ = false;
  }

  void perform(const task::prepare&) {
    self_->request(driver_, work_deadline, prepare_workspace{})
      .then([this] { on(task::prepared{}); },
            [this](caf::error& reason) {
              starved_ = to_core(reason).code == errc::limit;
              on(task::prepare_failed{to_core(reason).message});
            });
  }

  void perform(const task::render&) {
    run_started_ = options_.clock();
    self_->request(condition_, answer_deadline, get_inputs{})
      .then([this](const gathered_inputs& x) { render(x.snapshots); },
            [this](caf::error& reason) { render_failed(reason); });
  }

  // To lose everything at once is more likely than that there is nothing left.
  void hold_run() {
    log::warn("tasksmanager",
              "run held back: no input of the task has any data (hold_empty)",
              {{"task_name", title()}});
    on(task::held{});
  }

  void render(const task_inputs& snapshots) {
    if (options_.task->hold_empty
        && inputs::are_empty(*options_.task, snapshots))
      return hold_run();
    auto basis = inputs::basis_of(*options_.task, options_.services, snapshots);
    self_->request(driver_, render_deadline, render_inputs{snapshots})
      .then(
        [this, basis](const inputs_rendered& x) {
          auto same = !x.changed && applied_ == basis
                      && !options_.task->always_apply.value_or(false);
          rendered_ = basis;
          on(task::rendered{.unchanged = same});
        },
        [this](caf::error& reason) { render_failed(reason); });
  }

  void render_failed(const caf::error& reason) {
    on(task::render_failed{"error rendering template for task " + title() + ": "
                           + to_core(reason).message});
  }

  void perform(const task::apply& effect) {
    if (effect.attempt == 1)
      log::info("tasksmanager", "executing task", {{"task_name", title()}});
    else if (effect.attempt > 2)
      log::warn("retry", "retrying",
                {{"attempt_number", std::to_string(effect.attempt - 1)},
                 {"description", "ApplyTask " + title()}});
    self_->request(driver_, work_deadline, apply_workspace{effect.run})
      .then(
        [this](const run_applied&) {
          applied_ = rendered_;
          starved_ = false;
          on(task::applied{});
        },
        [this](caf::error& reason) {
          starved_ = to_core(reason).code == errc::limit;
          on(task::apply_failed{.message = to_core(reason).message,
                                .jitter = jitter()});
        });
  }

  double jitter() {
    return static_cast<double>(options_.random() >> 11U) * 0x1p-53;
  }

  void perform(const task::finish_run& effect) {
    if (!effect.error)
      log::info("tasksmanager", "task completed", {{"task_name", title()}});
    else if (once_answer_.pending())
      log::error("tasksmanager", "error applying task",
                 {{"task_name", title()}, {"error", *effect.error}});
    else
      log::error("tasksmanager", "error running task",
                 {{"task_name", title()},
                  {"error", "could not apply changes for task " + title() + ": "
                              + *effect.error}});
    record(run_started_, effect.error);
  }

  // A tick leaves an event in any case.
  void perform(const task::skip_run&) {
    if (is_scheduled()) {
      log::info("tasksmanager", "scheduled task triggered but had no changes",
                {{"task_name", title()}});
      record(run_started_, std::nullopt);
      return;
    }
    log::debug("tasksmanager", "task triggered but had no changes",
               {{"task_name", title()}});
  }

  bool is_scheduled() const {
    return std::holds_alternative<config::schedule_condition>(
      options_.task->condition);
  }

  void perform(const task::answer_once& effect) {
    once_answer_.deliver(run_outcome{effect.ran, effect.error});
  }

  void perform(const task::report_failure& effect) {
    log::error("ctrl", "error initializing task",
               {{"task_name", title()}, {"error", effect.error}});
    record(options_.clock(), effect.error);
  }

  void perform(const task::arm_timer& effect) {
    self_->delayed_send(self_, effect.due - self_->clock().now(),
                        timer_elapsed{});
  }

  void perform(const task::stop_driver&) {
    self_->request(driver_, grace_ + stop_margin, cts::stop_driver{grace_})
      .then([this] { on(task::driver_stopped{}); },
            [this](caf::error&) { on(task::driver_stopped{}); });
  }

  void perform(const task::report_stopped&) { stop_answer_.deliver(caf::unit); }

  void record(wall_time start, const std::optional<std::string>& failure) {
    auto event = task_event{
      .id = make_uuid(options_.random(), options_.random()),
      .success = !failure,
      .start_time = start,
      .end_time = options_.clock(),
      .task = title(),
      .error = failure,
      .providers = options_.task->providers,
      .services = options_.task->services,
      .source = options_.module_source,
    };
    deliver(record_event{std::move(event)});
  }

  // The recorder may be down for a moment; the event must not be lost.
  void deliver(const record_event& event) {
    self_->request(options_.recorder, answer_deadline, event)
      .then([] {},
            [this, event](caf::error&) {
              self_->delayed_send(self_, recorder_pause, event);
            });
  }

  const task_name& title() const { return options_.task->name; }

  task_impl::pointer self_;
  task_options options_;
  task::state machine_{};
  driver_actor driver_{};
  condition_actor condition_{};
  cafx::answer<run_outcome> once_answer_{};
  cafx::done_answer stop_answer_{};
  milliseconds grace_{0};
  wall_time run_started_{};
  /// The machine could not start the newest process.
  bool starved_ = false;
  /// The basis of what was rendered last, and of the last successful run.
  std::optional<inputs::basis> rendered_{};
  std::optional<inputs::basis> applied_{};
};

} // namespace

task_actor make_task_runner(caf::local_actor* parent, task_options options) {
  return cafx::spawn_state<task_runner>(parent, std::move(options));
}

} // namespace cts

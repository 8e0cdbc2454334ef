#include "actors/task_runner.hpp"

#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "actors/input_reader.hpp"
#include "actors/task_answers.hpp"
#include "actors/task_log.hpp"
#include "actors/timers.hpp"
#include "core/inputs.hpp"
#include "core/task.hpp"

#include <caf/send.hpp>

#include <utility>

namespace cts {

namespace {

using namespace std::chrono_literals;

/// For answers that come when Terraform is done. The driver has its own limits;
/// this one only keeps a lost answer from waiting for ever.
constexpr auto work_deadline = 24 * 60min;

/// For a file to be written.
constexpr auto render_deadline = 5min;

/// For an event to be stored, or the intent of a run: what waits for Consul.
constexpr auto commit_deadline = 60s;

/// A turn may take long to come; then the elector is asked again.
constexpr auto turn_deadline = 10min;

/// After this time the run queue is asked again, which changes nothing for a
/// wish that it knows. (An answered request is remembered by the actor system
/// until its deadline: short ones keep it small.)
constexpr auto slot_deadline = 10min;

/// What a driver may take to answer beyond the grace that it was given.
constexpr auto stop_margin = 10s;

/// The pause before an event is offered again.
constexpr auto store_pause = 1s;

/// The pause before the run queue is asked again.
constexpr auto queue_pause = 1s;

class task_runner {
public:
  using actor_type = task_impl;
  static inline constexpr const char* name = "task";

  task_runner(task_impl::pointer self, task_options options)
    : self_(self), options_(std::move(options)), inputs_(self, options_) {
    cafx::install_guards(self_, guard_log);
    machine_.name = options_.task->name;
    machine_.enabled = options_.enabled;
    machine_.fenced = options_.elector != nullptr;
    machine_.monitoring = options_.monitoring;
    machine_.triggered = options_.triggered;
  }

  task_impl::behavior_type make_behavior() {
    driver_ = options_.make_driver(self_, {.task = options_.task,
                                           .program = options_.program,
                                           .consul = options_.consul});
    self_->link_to(driver_);
    on(task::started{});
    return {
      [this](inputs_complete) { on(task::inputs_complete{}); },
      [this](const input_failed& x) {
        on(task::input_failed{x.message, x.permanent});
      },
      [this](run_task) { on(task::run_requested{}); },
      [this](const run_once& x) { return run_in_once_mode(x); },
      [this](start_monitoring) { on(task::monitoring_started{}); },
      [this](await_ready) { return become_ready(task::ready_requested{}); },
      [this](const switch_task& x) { return turn(x.enabled); },
      [this](inspect_task) { return look_ahead(); },
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
    task_log::moved(title(), before, task::name_of(machine_.at));
    const auto* waiting = std::get_if<task::queued>(&machine_.at);
    auto news = task_changed{.task = title(),
                             .phase = phase_of(machine_.at),
                             .due = machine_.due || machine_.triggered
                                    || inputs_.are_stale(),
                             .waiting = waiting && waiting->waits,
                             .monitoring = machine_.monitoring};
    caf::anon_send(options_.observer, news);
    inputs_.follow(news);
  }

  static task_phase phase_of(const task::phase& at) {
    constexpr task_phase phases[]
      = {task_phase::creating, task_phase::idle,     task_phase::queued,
         task_phase::running,  task_phase::disabled, task_phase::failed,
         task_phase::idle};
    return phases[at.index()];
  }

  caf::result<run_outcome> run_in_once_mode(const run_once& x) {
    auto promise = self_->make_response_promise<run_outcome>();
    answers_.once = cafx::answer{promise};
    if (x.epoch > options_.epoch) {
      options_.epoch = x.epoch;
      inputs_.expect_to_be_behind();
    }
    on(task::once_requested{});
    return promise;
  }

  template <class Event>
  caf::result<void> become_ready(const Event& event) {
    auto promise = self_->make_response_promise<caf::unit_t>();
    answers_.ready = cafx::answer{promise};
    on(event);
    return promise;
  }

  caf::result<void> turn(bool enabled) {
    if (enabled)
      return become_ready(task::enable_requested{});
    on(task::disable_requested{});
    return caf::unit;
  }

  caf::result<run_inspected> look_ahead() {
    auto promise = self_->make_response_promise<run_inspected>();
    answers_.inspection = cafx::answer{promise};
    on(task::inspect_requested{});
    return promise;
  }

  caf::result<void> stop(const stop_task& x) {
    auto promise = self_->make_response_promise<caf::unit_t>();
    grace_ = x.grace;
    answers_.stops.emplace_back(promise);
    on(task::stop_requested{x.drain});
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

  void perform(const task::want_turn&) {
    self_
      ->request(options_.elector, turn_deadline,
                await_turn{.epoch = options_.epoch, .task = title()})
      .then([this] { on(task::turn_came{}); },
            [this](caf::error&) { on(task::turn_refused{}); });
  }

  void perform(const task::want_permit&) {
    self_
      ->request(options_.elector, commit_deadline,
                request_permit{.epoch = options_.epoch,
                               .task = title(),
                               .will = event_from(run_started_)})
      .then([this](const ha::run_permit& x) { on(task::permit_given{x}); },
            [this](caf::error&) { on(task::permit_refused{}); });
  }

  void perform(const task::watch_inputs&) { inputs_.watch(); }
  void perform(const task::unwatch_inputs&) { inputs_.unwatch(); }

  void perform(const task::prepare&) {
    self_->request(driver_, work_deadline, prepare_workspace{})
      .then([this] { on(task::prepared{}); },
            [this](caf::error& reason) {
              note_end(reason);
              on(task::prepare_failed{to_core(reason).message});
            });
  }

  void perform(const task::render&) {
    run_started_ = options_.clock();
    inputs_.gather([this](const task_inputs& snapshots) { render(snapshots); },
                   [this](caf::error& reason) { render_failed(reason); });
  }

  void hold_run() {
    task_log::held(title());
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
          measure(options_.meter, render_measured{});
          on(task::rendered{.unchanged = same});
        },
        [this](caf::error& reason) { render_failed(reason); });
  }

  void render_failed(const caf::error& reason) {
    on(task::render_failed{"error rendering template for task " + title() + ": "
                           + to_core(reason).message});
  }

  void perform(const task::apply& effect) {
    task_log::tried(title(), effect.attempt);
    self_->request(driver_, work_deadline, order_of(effect))
      .then(
        [this](const run_applied&) {
          applied_ = rendered_;
          starved_ = false;
          on(task::applied{});
        },
        [this](caf::error& reason) {
          note_end(reason);
          on(task::apply_failed{.message = to_core(reason).message,
                                .jitter = jitter()});
        });
  }

  static apply_workspace order_of(const task::apply& effect) {
    auto order = apply_workspace{.run = effect.run};
    if (!effect.permit)
      return order;
    order.lease_job = effect.permit->run;
    if (const auto& former = effect.permit->former)
      order.former_owner
        = former_run{.who = former->who, .started_at = former->started_at};
    return order;
  }

  void perform(const task::inspect&) {
    self_->request(driver_, work_deadline, inspect_workspace{})
      .then(
        [this](const run_inspected& x) {
          answers_.inspected = x;
          on(task::inspected{});
        },
        [this](caf::error& reason) {
          on(task::inspect_failed{to_core(reason).message});
        });
  }

  void note_end(const caf::error& reason) {
    starved_ = to_core(reason).code == errc::limit;
  }

  double jitter() {
    return static_cast<double>(options_.random() >> 11U) * 0x1p-53;
  }

  void perform(const task::finish_run& effect) {
    task_log::ended(title(), effect.error, answers_.once.pending());
    record(run_started_, effect.error, effect.permit);
    measure(options_.meter,
            run_measured{{.task = title(),
                          .failed = effect.error.has_value(),
                          .took = options_.clock() - run_started_}});
  }

  // A tick leaves an event in any case.
  void perform(const task::skip_run&) {
    if (!is_scheduled() || inputs_.are_stale())
      return task_log::skipped(title());
    task_log::skipped_at_tick(title());
    record(run_started_, std::nullopt, std::nullopt);
  }

  bool is_scheduled() const {
    return std::holds_alternative<config::schedule_condition>(
      options_.task->condition);
  }

  void perform(const task::answer_once& effect) { answers_.deliver(effect); }
  void perform(const task::answer_ready& effect) { answers_.deliver(effect); }
  void perform(const task::answer_inspect& effect) { answers_.deliver(effect); }
  void perform(const task::report_stopped& effect) { answers_.deliver(effect); }

  void perform(const task::report_failure& effect) {
    task_log::not_created(title(), effect.error);
    record(options_.clock(), effect.error, std::nullopt);
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

  task_event event_from(wall_time start) const {
    return {.start_time = start,
            .task = title(),
            .providers = options_.task->providers,
            .services = options_.task->services,
            .source = options_.module_source};
  }

  void record(wall_time start, const std::optional<std::string>& failure,
              const std::optional<ha::run_permit>& permit) {
    // With a permit the record of the run names the event (3.2).
    auto event = event_from(start);
    event.id
      = permit ? permit->run : make_uuid(options_.random(), options_.random());
    event.success = !failure;
    event.end_time = options_.clock();
    event.error = failure;
    answers_.event_sent();
    deliver(record_event{.event = std::move(event), .permit = permit});
  }

  // The store may be down for a moment; the event must not be lost. If it is
  // not ours to write any more, the store has told the elector.
  void deliver(const record_event& event) {
    self_->request(options_.store, commit_deadline, event)
      .then([this, event] { recorded(event); },
            [this, event](caf::error& reason) {
              if (to_core(reason).code == errc::conflict)
                return recorded(event);
              self_->delayed_send(self_, store_pause, event);
            });
  }

  void recorded(const record_event& event) {
    answers_.event_stored();
    if (event.permit)
      on(task::run_recorded{});
  }

  const task_name& title() const { return options_.task->name; }

  task_impl::pointer self_;
  task_options options_;
  task::state machine_{};
  driver_actor driver_{};
  input_reader inputs_;
  task_answers answers_{};
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

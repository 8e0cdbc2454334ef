#include "actors/task_manager.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "actors/task_runner.hpp"
#include "actors/timers.hpp"
#include "core/once_mode.hpp"
#include "core/restart_intensity.hpp"

#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <filesystem>

namespace cts {

namespace {

using namespace std::chrono_literals;

/// A once-mode run lasts as long as Terraform does.
constexpr auto work_deadline = 24 * 60min;

/// What a task may take to stop beyond the grace that it was given.
constexpr auto stop_margin = 15s;

using manager_impl
  = cafx::extended<task_manager_actor, caf::result<void>(timer_elapsed),
                   caf::result<void>(task_changed)>;

class task_manager {
public:
  using actor_type = manager_impl;
  static inline constexpr const char* name = "task_manager";

  task_manager(manager_impl::pointer self, task_manager_options options)
    : self_(self), options_(std::move(options)) {
    cafx::install_guards(self_, guard_log);
    self_->set_down_handler([this](caf::down_msg& msg) { on_down(msg); });
    self_->set_exit_handler([this](caf::exit_msg& msg) { on_exit(msg); });
    for (const auto& task : options_.settings->tasks)
      add(std::make_shared<const config::task>(task));
  }

  manager_impl::behavior_type make_behavior() {
    return {
      [this](const start_tasks& x) { return start(x); },
      [this](get_tasks) { return views(); },
      [this](const stop_tasks& x) { return stop(x); },
      [this](timer_elapsed) { restart_what_is_due(); },
      [this](const task_changed& x) { note(x); },
    };
  }

private:
  struct supervised_task {
    std::shared_ptr<const config::task> task{};
    task_actor actor{};
    task_phase phase = task_phase::creating;
    bool due = false;
    restart_intensity::state intensity{};
    std::optional<time_point> restart_at{};
    /// Its turn in once-mode came while it was down.
    bool once_due = false;
  };

  void add(std::shared_ptr<const config::task> task) {
    children_.push_back({.task = std::move(task)});
    once_.tasks.push_back(children_.back().task->name);
  }

  supervised_task* find(const task_name& wanted) {
    for (auto& x : children_)
      if (x.task->name == wanted)
        return &x;
    return nullptr;
  }

  // -- start and stop ---------------------------------------------------------

  caf::result<once_finished> start(const start_tasks& x) {
    auto promise = self_->make_response_promise<once_finished>();
    if (started_)
      return to_caf(fail(errc::conflict, "the tasks have been started"));
    started_ = true;
    order_ = x;
    once_answer_ = cafx::answer{promise};
    once_.keep_going = x.policy == once_policy::keep_going;
    if (!x.resume)
      log::info("ctrl", children_.empty() ? "no tasks configured"
                                          : "executing all tasks once through");
    if (x.resume)
      resume();
    for (auto& child : children_)
      spawn(child);
    if (!x.resume)
      on(once_mode::started{});
    return promise;
  }

  void resume() {
    once_.over = true;
    monitoring_ = true;
    log::info("ctrl", "start task monitoring");
    once_answer_.deliver(once_finished{});
  }

  caf::result<void> stop(const stop_tasks& x) {
    auto promise = self_->make_response_promise<caf::unit_t>();
    stopping_ = true;
    stop_answers_.emplace_back(promise);
    if (monitoring_)
      log::info("tasksmanager", "stopping dependency monitoring");
    for (auto& child : children_)
      if (child.actor)
        stop(child, x.grace);
    finish_stop();
    return promise;
  }

  void stop(supervised_task& child, milliseconds grace) {
    ++stops_open_;
    auto done = [this] {
      --stops_open_;
      finish_stop();
    };
    self_->request(child.actor, grace + stop_margin, stop_task{grace})
      .then(done, [done](caf::error&) { done(); });
  }

  void finish_stop() {
    if (stops_open_ > 0)
      return;
    if (std::exchange(monitoring_, false))
      log::info("tasksmanager", "stop monitoring tasks");
    for (auto& answer : std::exchange(stop_answers_, {}))
      answer.deliver(caf::unit);
  }

  void note(const task_changed& x) {
    if (auto* child = find(x.task)) {
      child->phase = x.phase;
      child->due = x.due;
    }
  }

  task_views views() const {
    auto out = task_views{};
    for (const auto& x : children_)
      out.tasks.push_back({.configuration = x.task,
                           .enabled = x.task->enabled,
                           .phase = x.phase,
                           .due = x.due});
    return out;
  }

  // -- supervision ------------------------------------------------------------

  void spawn(supervised_task& child) {
    child.restart_at.reset();
    child.actor = make_task_runner(
      self_, {.task = child.task,
              .services = options_.settings->services,
              .order = index_of(child),
              .monitoring = monitoring_,
              .triggered = had_its_turn(child),
              .module_source
              = absolute_module(child.task->module, options_.process_directory),
              .make_driver = options_.make_driver,
              .program = order_.program,
              .consul = options_.consul,
              .registry = options_.registry,
              .queue = options_.queue,
              .recorder = options_.recorder,
              .observer = self_,
              .clock = options_.clock,
              .zone = options_.zone,
              .random = options_.random});
    self_->link_to(child.actor);
    self_->monitor(child.actor);
    on(child, restart_intensity::child_started{});
  }

  void on_down(const caf::down_msg& msg) {
    for (auto& child : children_) {
      if (!child.actor || child.actor.address() != msg.source)
        continue;
      child.actor = nullptr;
      if (stopping_)
        return;
      log::error("tasksmanager", "task ended unexpectedly and is restarted",
                 {{"task_name", child.task->name},
                  {"error", to_core(msg.reason).message}});
      on(child, restart_intensity::child_failed{});
    }
  }

  // Links echo the end of a task, which on_down deals with; the order to stop
  // comes from elsewhere.
  void on_exit(caf::exit_msg& msg) {
    if (tasks_seen_.erase(msg.source) > 0 || !msg.reason)
      return;
    self_->quit(std::move(msg.reason));
  }

  template <class Event>
  void on(supervised_task& child, const Event& event) {
    if (child.actor)
      tasks_seen_.insert(child.actor.address());
    feed(child.intensity, event, self_->clock().now(),
         [&](const auto& effect) { perform(child, effect); });
  }

  void perform(supervised_task& child,
               const restart_intensity::restart& effect) {
    child.restart_at = effect.due;
    self_->delayed_send(self_, effect.due - self_->clock().now(),
                        timer_elapsed{});
  }

  // Its limits say never: one bad task must not end the others.
  void perform(supervised_task&, const restart_intensity::give_up&) {}

  void restart_what_is_due() {
    auto now = self_->clock().now();
    for (auto& child : children_) {
      if (stopping_ || !child.restart_at || now < *child.restart_at)
        continue;
      spawn(child);
      if (std::exchange(child.once_due, false))
        ask_to_run_once(child);
    }
  }

  // A restarted task that has run before does not know what it missed.
  bool had_its_turn(const supervised_task& child) const {
    return once_.over || index_of(child) < once_.done;
  }

  std::size_t index_of(const supervised_task& child) const {
    return static_cast<std::size_t>(&child - children_.data());
  }

  // -- once-mode --------------------------------------------------------------

  template <class Event>
  void on(const Event& event) {
    feed(once_, event, self_->clock().now(),
         [this](const auto& effect) { perform(effect); });
  }

  void perform(const once_mode::run_task_once& effect) {
    log::info("ctrl", "running task once", {{"task_name", effect.name}});
    auto* child = find(effect.name);
    if (child->actor)
      ask_to_run_once(*child);
    else
      child->once_due = true;
  }

  void ask_to_run_once(const supervised_task& child) {
    auto task = child.task->name;
    self_->request(child.actor, work_deadline, run_once{})
      .then([this, task](const run_outcome& x) { finished(task, x); },
            [this, task](caf::error& reason) {
              finished(task, {.error = "task " + task
                                       + " ended: " + to_core(reason).message});
            });
  }

  void finished(const task_name& task, const run_outcome& outcome) {
    if (!outcome.error)
      log::info("ctrl", "task completed", {{"task_name", task}});
    else if (once_.keep_going)
      log::error("ctrl",
                 "error while running task once after creation. will "
                 "still add task to CTS",
                 {{"task_name", task}, {"error", *outcome.error}});
    on(once_mode::task_finished{.name = task, .error = outcome.error});
  }

  void perform(const once_mode::report_over& effect) {
    if (!effect.error && !children_.empty())
      log::info("ctrl", "all tasks completed once");
    if (!effect.error && order_.monitor && !stopping_)
      monitor();
    once_answer_.deliver(once_finished{effect.error});
  }

  void monitor() {
    log::info("ctrl", "start task monitoring");
    monitoring_ = true;
    for (const auto& child : children_)
      if (child.actor)
        caf::anon_send(child.actor, start_monitoring{});
  }

  manager_impl::pointer self_;
  task_manager_options options_;
  std::vector<supervised_task> children_{};
  std::set<caf::actor_addr> tasks_seen_{};
  once_mode::state once_{};
  start_tasks order_{};
  bool started_ = false;
  bool monitoring_ = false;
  bool stopping_ = false;
  std::size_t stops_open_ = 0;
  cafx::answer<once_finished> once_answer_{};
  std::vector<cafx::done_answer> stop_answers_{};
};

} // namespace

task_manager_actor make_task_manager(caf::local_actor* parent,
                                     task_manager_options options) {
  return cafx::spawn_state<task_manager>(parent, std::move(options));
}

std::string absolute_module(const std::string& module,
                            const std::string& directory) {
  if (!module.starts_with("./") && !module.starts_with("../"))
    return module;
  auto path = (std::filesystem::path{directory} / module).lexically_normal();
  auto text = path.string();
  if (text.size() > 1 && text.ends_with('/'))
    text.pop_back();
  return text;
}

} // namespace cts

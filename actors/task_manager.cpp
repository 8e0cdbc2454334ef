#include "actors/task_manager.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "actors/task_mutations.hpp"
#include "actors/task_renewal.hpp"
#include "core/once_mode.hpp"

#include <caf/send.hpp>

#include <filesystem>
#include <utility>

namespace cts {

namespace {

/// What an inspection of a disabled task says.
constexpr auto skipped_plan = "Task is disabled, inspection was skipped.";

kept_tasks tasks_of(const config::settings& settings) {
  auto out = kept_tasks{};
  for (const auto& task : settings.tasks)
    out.push_back({.configuration = std::make_shared<const config::task>(task),
                   .enabled = task.enabled});
  return out;
}

class task_manager {
public:
  using actor_type = manager_impl;
  static inline constexpr const char* name = "task_manager";

  task_manager(manager_impl::pointer self, task_manager_options options)
    : self_(self), tasks_(self, std::move(options)),
      mutations_(self, tasks_,
                 [this](const task_name& task) {
                   on(once_mode::task_finished{.name = task});
                 }),
      renewal_(self, tasks_, mutations_) {
    cafx::install_guards(self_, guard_log);
    self_->set_down_handler(
      [this](caf::down_msg& msg) { tasks_.on_down(msg); });
    self_->set_exit_handler([this](caf::exit_msg& msg) {
      if (!tasks_.is_echo(msg) && msg.reason)
        self_->quit(std::move(msg.reason));
    });
    if (!tasks_.options().elector) // a cluster has tasks of its own
      tasks_.adopt(tasks_of(*tasks_.options().settings));
  }

  manager_impl::behavior_type make_behavior() {
    return {
      [this](const start_tasks& x) { return start(x); },
      [this](const stand_by& x) { return follow(x); },
      [this](const inspect_tasks& x) { return inspect(x); },
      [this](get_tasks) { return tasks_.views(); },
      [this](const create_task& x) {
        return mutations_.create(renewal_.inheriting(x));
      },
      [this](const change_task& x) { return mutations_.change(x); },
      [this](const delete_task& x) { return mutations_.remove(x); },
      [this](const stop_tasks& x) { return stop(x); },
      [this](const renew_settings& x) { renewal_.renew(x); },
      [this](timer_elapsed) {
        restart();
        renewal_.look_at_clock();
      },
      [this](const task_changed& x) { note(x); },
      [this](const forget_task& x) { mutations_.forget(x.task); },
    };
  }

private:
  // -- start and stop ---------------------------------------------------------

  caf::result<once_finished> start(const start_tasks& x) {
    begin_anew();
    if (tasks_.now.started)
      return to_caf(fail(errc::conflict, "the tasks have been started"));
    auto promise = self_->make_response_promise<once_finished>();
    once_answer_ = cafx::answer{promise};
    order_ = x;
    tasks_.now = {.program = x.program, .epoch = x.epoch, .started = true};
    if (x.tasks)
      tasks_.adopt(*x.tasks);
    if (x.resume)
      resume();
    else
      log::info("ctrl", tasks_.all().empty()
                          ? "no tasks configured"
                          : "executing all tasks once through");
    spawn_missing();
    if (!x.resume)
      begin_once_mode(x);
    return promise;
  }

  void begin_once_mode(const start_tasks& x) {
    once_.keep_going = x.policy == once_policy::keep_going;
    once_.at_once = x.at_once;
    tasks_.now.monitoring = x.at_once && x.monitor;
    name_tasks();
    finish_deletions();
    on(once_mode::started{});
  }

  void name_tasks() {
    for (const auto& task : tasks_.all())
      if (task.can_live())
        once_.tasks.push_back(task.name());
  }

  void resume() {
    once_.over = true;
    log::info("ctrl", "start task monitoring");
    tasks_.now.monitoring = true;
    for (auto& task : tasks_.all())
      task.ran = task.monitored = true;
    finish_deletions();
    once_answer_.deliver(once_finished{});
  }

  // What the last leader has promised.
  void finish_deletions() {
    auto marked = std::vector<task_name>{};
    for (const auto& task : tasks_.all())
      if (task.kept.deleting)
        marked.push_back(task.name());
    for (const auto& task : marked)
      mutations_.finish_deletion(*tasks_.find(task));
  }

  void spawn_missing() {
    for (auto& task : tasks_.all())
      if (!task.actor && !task.restart_at)
        tasks_.spawn(task);
  }

  caf::result<void> follow(const stand_by& x) {
    begin_anew();
    if (tasks_.now.started)
      return to_caf(fail(errc::conflict, "the tasks have been started"));
    tasks_.now.program = x.program;
    tasks_.adopt(x.tasks);
    spawn_missing();
    return caf::unit;
  }

  /// After a stop everything may be started again.
  void begin_anew() {
    if (!tasks_.now.stopping || stops_open_ > 0)
      return;
    tasks_.clear();
    tasks_.now = {};
    once_ = {};
    inspecting_ = false;
  }

  caf::result<void> stop(const stop_tasks& x) {
    auto promise = self_->make_response_promise<caf::unit_t>();
    tasks_.now.stopping = true;
    stop_answers_.emplace_back(promise);
    if (tasks_.now.monitoring)
      log::info("tasksmanager", "stopping dependency monitoring");
    for (auto& task : tasks_.all())
      if (task.actor)
        stop(task, {.grace = x.grace, .drain = x.drain});
    finish_stop();
    return promise;
  }

  void stop(const supervised_task& task, const stop_task& order) {
    ++stops_open_;
    auto done = [this] {
      --stops_open_;
      finish_stop();
    };
    self_
      ->request(task.actor, order.drain + order.grace + task_stop_margin, order)
      .then(done, [done](caf::error&) { done(); });
  }

  void finish_stop() {
    if (stops_open_ > 0)
      return;
    if (std::exchange(tasks_.now.monitoring, false))
      log::info("tasksmanager", "stop monitoring tasks");
    for (auto& answer : std::exchange(stop_answers_, {}))
      answer.deliver(caf::unit);
  }

  void note(const task_changed& x) {
    tasks_.note(x);
    if (x.waiting)
      on(once_mode::task_waits{x.task});
  }

  void restart() {
    tasks_.restart_what_is_due([this](supervised_task& task) {
      if (std::exchange(task.once_due, false))
        ask_to_run_once(task);
    });
  }

  // -- once-mode and inspect mode ---------------------------------------------

  caf::result<once_finished> inspect(const inspect_tasks& x) {
    auto promise = self_->make_response_promise<once_finished>();
    if (tasks_.now.started)
      return to_caf(fail(errc::conflict, "the tasks have been started"));
    once_answer_ = cafx::answer{promise};
    tasks_.now = {.program = x.program, .started = true};
    inspecting_ = true;
    log::info("ctrl", "inspecting all tasks");
    spawn_missing();
    name_tasks();
    on(once_mode::started{});
    return promise;
  }

  template <class Event>
  void on(const Event& event) {
    feed(once_, event, self_->clock().now(),
         [this](const auto& effect) { perform(effect); });
  }

  void perform(const once_mode::run_task_once& effect) {
    auto* task = tasks_.find(effect.name);
    if (task == nullptr || task->kept.deleting)
      return finished(effect.name, {});
    log::info("ctrl", inspecting_ ? "inspecting task" : "running task once",
              {{"task_name", effect.name}});
    if (task->actor)
      ask_to_run_once(*task);
    else
      task->once_due = true;
  }

  void ask_to_run_once(const supervised_task& task) {
    auto title = task.name();
    auto failed = [this, title](caf::error& reason) {
      finished(title, {.error = inspecting_ ? to_core(reason).message
                                            : "task " + title + " ended: "
                                                + to_core(reason).message});
    };
    if (!inspecting_)
      self_
        ->request(task.actor, terraform_deadline,
                  run_once{.epoch = tasks_.now.epoch})
        .then([this, title](const run_outcome& x) { finished(title, x); },
              failed);
    else if (task.kept.enabled)
      self_->request(task.actor, terraform_deadline, inspect_task{})
        .then([this, title](const run_inspected& x) { inspected(title, x); },
              failed);
    else
      self_->request(task.actor, terraform_deadline, await_ready{})
        .then(
          [this, title] {
            inspected(title, run_inspected{.plan = skipped_plan});
          },
          failed);
  }

  void inspected(const task_name& task, const run_inspected& x) {
    log::info("ctrl", "inspection results",
              {{"task_name", task}, {"plan", x.plan}});
    if (const auto& show = tasks_.options().show_plan)
      show(task, x.plan);
    log::info("ctrl", "inspected task", {{"task_name", task}});
    on(once_mode::task_finished{.name = task});
  }

  void finished(const task_name& title, run_outcome outcome) {
    auto* task = tasks_.find(title);
    if (task == nullptr || task->kept.deleting)
      outcome.error.reset(); // that it was ended is no failure
    else
      task->ran = true;
    if (inspecting_)
      return on(
        once_mode::task_finished{.name = title, .error = outcome.error});
    if (!outcome.error)
      log::info("ctrl", "task completed", {{"task_name", title}});
    else if (once_.keep_going)
      log::error("ctrl",
                 "error while running task once after creation. will "
                 "still add task to CTS",
                 {{"task_name", title}, {"error", *outcome.error}});
    on(once_mode::task_finished{.name = title, .error = outcome.error});
  }

  void perform(const once_mode::monitor_task& effect) {
    if (auto* task = tasks_.find(effect.name))
      tasks_.start_monitoring_of(*task);
  }

  void perform(const once_mode::report_over& effect) {
    if (inspecting_ && !effect.error)
      log::info("ctrl", "all tasks inspected");
    else if (once_.at_once)
      log::info("ctrl", "attempted to run all tasks once",
                {{"tasks", std::to_string(once_.tasks.size())},
                 {"failed", std::to_string(effect.failed)},
                 {"waiting", std::to_string(effect.waiting)}});
    else if (!effect.error && !once_.tasks.empty())
      log::info("ctrl", "all tasks completed once");
    if (!effect.error && order_.monitor && !tasks_.now.stopping && !inspecting_)
      monitor();
    once_answer_.deliver(once_finished{effect.error});
  }

  // All at once, each has begun by itself.
  void monitor() {
    log::info("ctrl", "start task monitoring");
    if (once_.at_once)
      return;
    tasks_.now.monitoring = true;
    for (auto& task : tasks_.all())
      if (!task.provisional)
        tasks_.start_monitoring_of(task);
  }

  manager_impl::pointer self_;
  task_supervisor tasks_;
  task_mutations mutations_;
  task_renewal renewal_;
  once_mode::state once_{};
  start_tasks order_{};
  bool inspecting_ = false;
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

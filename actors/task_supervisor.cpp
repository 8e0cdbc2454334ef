#include "actors/task_supervisor.hpp"

#include "actors/errors.hpp"
#include "actors/log.hpp"
#include "actors/task_runner.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace cts {

namespace {

/// What a task is given that is ended because it changed: nothing of it but
/// its preparation goes on.
constexpr auto dismissal_grace = std::chrono::seconds{10};

bool is_same(const kept_task& a, const kept_task& b) {
  auto same_configuration = a.configuration == b.configuration
                            || *a.configuration == *b.configuration;
  return same_configuration && a.enabled == b.enabled
         && a.deleting == b.deleting && a.problem == b.problem;
}

} // namespace

task_supervisor::task_supervisor(manager_impl::pointer self,
                                 task_manager_options options)
  : self_(self), options_(std::move(options)),
    live_(std::make_shared<renew_settings>(
      renew_settings{options_.settings, options_.settings, {}})) {}

void task_supervisor::go_by(const renew_settings& x) {
  options_.settings = x.settings;
  live_ = std::make_shared<const renew_settings>(x);
  const auto none = dynamic::values{};
  secrets_ = std::make_shared<const dynamic::values>(dynamic::remembering(
    x.values ? *x.values : none, secrets_ ? *secrets_ : none));
}

// Tasks are shown and kept with their templates; only drivers see values.
driver_factory task_supervisor::factory() const {
  return [make = options_.make_driver, live = live_, secrets = secrets_](
           caf::local_actor* parent, const driver_order& order) {
    auto wanted = order;
    wanted.settings = live->rendered;
    wanted.secrets = secrets;
    if (live->values && live->settings->dynamic_values)
      wanted.task = std::make_shared<const config::task>(
        dynamic::rendered(*order.task, *live->values));
    return make(parent, wanted);
  };
}

supervised_task* task_supervisor::find(const task_name& wanted) {
  auto found = std::find_if(tasks_.begin(), tasks_.end(),
                            [&](const auto& x) { return x.name() == wanted; });
  return found == tasks_.end() ? nullptr : &*found;
}

supervised_task& task_supervisor::add(kept_task task) {
  tasks_.push_back({.kept = std::move(task), .order = orders_given_++});
  auto& added = tasks_.back();
  if (!added.can_live())
    added.phase = task_phase::failed;
  return added;
}

void task_supervisor::spawn(supervised_task& task) {
  task.restart_at.reset();
  if (!task.can_live())
    return;
  task.made_with = live_;
  task.actor = make_task_runner(
    self_, {.task = task.kept.configuration,
            .enabled = task.kept.enabled,
            .services = options_.settings->services,
            .order = task.order,
            .monitoring = task.monitored,
            .triggered = task.ran,
            .module_source = absolute_module(task.kept.configuration->module,
                                             options_.process_directory),
            .make_driver = factory(),
            .program = now.program,
            .consul = options_.consul,
            .registry = options_.registry,
            .queue = options_.queue,
            .store = options_.store,
            .elector = options_.elector,
            .epoch = now.epoch,
            .observer = self_,
            .clock = options_.clock,
            .zone = options_.zone,
            .random = options_.random,
            .meter = options_.meter});
  self_->link_to(task.actor);
  self_->monitor(task.actor);
  actors_seen_.insert(task.actor.address());
  on(task, restart_intensity::child_started{});
}

void task_supervisor::start_monitoring_of(supervised_task& task) {
  if (!now.monitoring || now.stopping)
    return;
  task.monitored = true;
  if (task.actor)
    caf::anon_send(task.actor, start_monitoring{});
}

void task_supervisor::end(const task_name& name, const stop_task& order,
                          std::function<void()> done) {
  auto* task = find(name);
  if (task == nullptr)
    return done();
  task->ending = true;
  task->restart_at.reset();
  auto gone = [this, name, done = std::move(done)] {
    auto* ended = find(name);
    if (ended != nullptr && ended->ending) {
      if (auto actor = std::exchange(ended->actor, nullptr))
        self_->send_exit(actor, caf::exit_reason::user_shutdown);
      tasks_.remove_if([ended](const auto& x) { return &x == ended; });
    }
    done();
  };
  if (!task->actor)
    return gone();
  self_
    ->request(task->actor, order.drain + order.grace + task_stop_margin, order)
    .then(gone, [gone](caf::error&) { gone(); });
}

void task_supervisor::dismiss(supervised_task& task) {
  auto actor = std::exchange(task.actor, nullptr);
  if (!actor)
    return;
  auto exit = [this, actor] {
    self_->send_exit(actor, caf::exit_reason::user_shutdown);
  };
  self_
    ->request(actor, dismissal_grace + task_stop_margin,
              stop_task{.grace = dismissal_grace})
    .then(exit, [exit](caf::error&) { exit(); });
}

void task_supervisor::adopt(const kept_tasks& wanted) {
  auto former = std::exchange(tasks_, {});
  for (const auto& kept : wanted) {
    auto same = std::find_if(former.begin(), former.end(), [&](const auto& x) {
      return is_same(x.kept, kept);
    });
    if (same != former.end())
      tasks_.splice(tasks_.end(), former, same);
    else
      add(kept);
  }
  orders_given_ = 0;
  for (auto& task : tasks_)
    task.order = orders_given_++;
  for (auto& task : former)
    dismiss(task);
}

void task_supervisor::clear() {
  for (auto& task : tasks_)
    if (task.actor)
      self_->send_exit(task.actor, caf::exit_reason::user_shutdown);
  tasks_.clear();
}

void task_supervisor::note(const task_changed& x) {
  if (auto* task = find(x.task)) {
    task->phase = x.phase;
    task->due = x.due;
    task->waiting = x.waiting;
  }
}

task_views task_supervisor::views() const {
  auto out = task_views{};
  for (const auto& x : tasks_)
    if (!x.provisional)
      out.tasks.push_back({.configuration = x.kept.configuration,
                           .enabled = x.kept.enabled,
                           .phase = x.phase,
                           .due = x.due,
                           .waiting = x.waiting,
                           .deleting = x.kept.deleting,
                           .problem = x.kept.problem});
  return out;
}

// -- supervision --------------------------------------------------------------

void task_supervisor::on_down(const caf::down_msg& msg) {
  for (auto& task : tasks_) {
    if (!task.actor || task.actor.address() != msg.source)
      continue;
    task.actor = nullptr;
    if (now.stopping || task.ending || task.provisional)
      return;
    log::error(
      "tasksmanager", "task ended unexpectedly and is restarted",
      {{"task_name", task.name()}, {"error", to_core(msg.reason).message}});
    return on(task, restart_intensity::child_failed{});
  }
}

bool task_supervisor::is_echo(const caf::exit_msg& msg) {
  return actors_seen_.erase(msg.source) > 0;
}

template <class Event>
void task_supervisor::on(supervised_task& task, const Event& event) {
  feed(task.intensity, event, self_->clock().now(),
       [&](const auto& effect) { perform(task, effect); });
}

void task_supervisor::perform(supervised_task& task,
                              const restart_intensity::restart& effect) {
  task.restart_at = effect.due;
  self_->delayed_send(self_, effect.due - self_->clock().now(),
                      timer_elapsed{});
}

// Its limits say never: one bad task must not end the others.
void task_supervisor::perform(supervised_task&,
                              const restart_intensity::give_up&) {}

void task_supervisor::restart_what_is_due(
  const std::function<void(supervised_task&)>& restarted) {
  auto time = self_->clock().now();
  for (auto& task : tasks_) {
    if (now.stopping || !task.restart_at || time < *task.restart_at)
      continue;
    spawn(task);
    restarted(task);
  }
}

} // namespace cts

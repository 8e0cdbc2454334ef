#include "actors/task_renewal.hpp"

#include "actors/log.hpp"
#include "core/reload.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace cts {

namespace {

using namespace std::chrono_literals;

/// What a task is given to stop when its run is over.
constexpr auto renewal_grace = 10s;

/// The pause before a task is looked at again that was being changed.
constexpr auto busy_pause = 1s;

void say(const char* what, const task_name& task) {
  log::info("tasksmanager", what, {{"task_name", task}});
}

} // namespace

create_task task_renewal::inheriting(const create_task& x) const {
  auto out = x;
  out.configuration = std::make_shared<const config::task>(
    reload::inheriting(*x.configuration, *tasks_.live()->settings));
  return out;
}

void task_renewal::renew(renew_settings x) {
  look_again_at_.reset();
  tasks_.go_by(x);
  configured_.clear();
  for (const auto& task : x.settings->tasks)
    configured_.emplace(task.name, &task);
  auto names = std::vector<task_name>{};
  for (const auto& task : tasks_.all())
    names.push_back(task.name());
  for (const auto& name : names)
    if (auto* task = tasks_.find(name))
      look_at(*task);
  if (!tasks_.options().elector)
    add_new();
}

/// The configuration that a task should have; null if it should not be.
task_renewal::task_ptr
task_renewal::wanted_for(const supervised_task& task) const {
  const auto& kept = task.kept;
  if (tasks_.options().elector)
    return kept.configuration;
  if (!kept.configured)
    return std::make_shared<const config::task>(
      reload::inheriting(*kept.configuration, *tasks_.live()->settings));
  auto found = configured_.find(task.name());
  return found == configured_.end()
           ? nullptr
           : std::make_shared<const config::task>(*found->second);
}

bool task_renewal::is_concerned(const supervised_task& task,
                                const task_ptr& wanted) const {
  if (*task.kept.configuration != *wanted)
    return true;
  if (!task.made_with)
    return false;
  const auto& before = *task.made_with;
  const auto& after = *tasks_.live();
  if (reload::concerns(*wanted, *before.rendered, *after.rendered))
    return true;
  auto rendered = [&wanted](const renew_settings& x) {
    return x.values && x.settings->dynamic_values
             ? dynamic::rendered(*wanted, *x.values)
             : *wanted;
  };
  return before.values != after.values && rendered(before) != rendered(after);
}

void task_renewal::look_at(supervised_task& task) {
  if (task.kept.deleting)
    return;
  auto wanted = wanted_for(task);
  if (wanted && !is_concerned(task, wanted)) {
    if (!task.kept.configured && configured_.contains(task.name()))
      log::warn("tasksmanager",
                "a task of the configuration has the name of one that was "
                "created through the API, which stays",
                {{"task_name", task.name()}});
    return;
  }
  if (task.busy || task.ending || task.provisional)
    return try_later();
  if (!wanted)
    remove(task);
  else
    replace(task, wanted);
}

void task_renewal::remove(supervised_task& task) {
  say("task is no longer configured and ends", task.name());
  task.kept.deleting = true;
  mutations_.finish_deletion(task);
}

// -- change -------------------------------------------------------------------

void task_renewal::replace(supervised_task& task, const task_ptr& wanted) {
  auto name = task.name();
  if (!task.actor && !tasks_.now.started) {
    task.kept.enabled = wanted->enabled;
    task.kept.configuration = wanted;
    return;
  }
  say("task has changed and is created anew", name);
  task.ending = true;
  task.busy = true;
  task.restart_at.reset();
  auto ended = [this, name, wanted] { make_anew(name, wanted); };
  if (!task.actor)
    return ended();
  auto order = stop_task{.grace = renewal_grace, .drain = terraform_deadline};
  self_
    ->request(task.actor, terraform_deadline + renewal_grace + task_stop_margin,
              order)
    .then(ended, [ended](caf::error&) { ended(); });
}

void task_renewal::make_anew(const task_name& name, const task_ptr& wanted) {
  auto* task = tasks_.find(name);
  if (task == nullptr || !task->ending)
    return;
  if (auto actor = std::exchange(task->actor, nullptr))
    self_->send_exit(actor, caf::exit_reason::user_shutdown);
  task->ending = task->busy = task->due = task->waiting = false;
  task->phase = task_phase::creating;
  task->intensity = {};
  // What the API has switched stays unless the configuration switches.
  if (task->kept.configuration->enabled != wanted->enabled)
    task->kept.enabled = wanted->enabled;
  task->kept.configuration = wanted;
  if (task->kept.deleting)
    mutations_.finish_deletion(*task);
  else if (!tasks_.now.stopping)
    tasks_.spawn(*task);
}

// -- addition -----------------------------------------------------------------

std::string task_renewal::directory_of(const config::task& task) const {
  auto base = std::filesystem::path{tasks_.options().process_directory};
  return (base / task.working_dir / "").lexically_normal().string();
}

void task_renewal::add_new() {
  auto present = std::map<task_name, bool>{};
  for (const auto& task : tasks_.all())
    present.emplace(task.name(), task.kept.deleting);
  for (const auto& task : tasks_.live()->settings->tasks) {
    auto found = present.find(task.name);
    if (found == present.end() && fits(task))
      add(task);
    else if (found != present.end() && found->second)
      try_later(); // the former task of this name is on its way out
  }
}

bool task_renewal::fits(const config::task& task) const {
  auto refuse = [&task](const std::string& reason) {
    log::error("tasksmanager", "a new task is not created",
               {{"task_name", task.name}, {"error", reason}});
    return false;
  };
  if (tasks_.all().size() >= tasks_max)
    return refuse("there are " + std::to_string(tasks_max)
                  + " tasks, as many as one instance serves");
  auto wanted = directory_of(task);
  for (const auto& other : tasks_.all())
    if (!other.kept.configured
        && directory_of(*other.kept.configuration) == wanted)
      return refuse("task \"" + other.name()
                    + "\" uses the same working directory " + wanted
                    + ": give each a directory of its own");
  return true;
}

void task_renewal::add(const config::task& task) {
  auto& added
    = tasks_.add({.configuration = std::make_shared<const config::task>(task),
                  .enabled = task.enabled});
  if (!tasks_.now.started)
    return;
  say("task is new", task.name);
  added.ran = true; // it must run
  added.monitored = tasks_.now.monitoring;
  if (!tasks_.now.stopping)
    tasks_.spawn(added);
}

void task_renewal::try_later() {
  if (look_again_at_)
    return;
  look_again_at_ = self_->clock().now() + busy_pause;
  self_->delayed_send(self_, busy_pause, timer_elapsed{});
}

void task_renewal::look_at_clock() {
  if (look_again_at_ && self_->clock().now() >= *look_again_at_)
    renew(*tasks_.live());
}

} // namespace cts

#include "actors/task_mutations.hpp"

#include "actors/errors.hpp"
#include "actors/log.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace cts {

namespace {

using namespace std::chrono_literals;

/// For the state store: what waits for Consul.
constexpr auto store_deadline = 60s;

/// The pause before the store is asked again to forget a task.
constexpr auto forget_pause = 1s;

/// What a task is given to stop that is withdrawn or deleted.
constexpr auto removal_grace = 10s;

/// A deletion waits as long for the end of the run.
constexpr auto deletion_drain = terraform_deadline;

constexpr auto skipped_plan = "Task is disabled, inspection was skipped.";

error as_active(const task_name& task) {
  return fail(errc::conflict, "task '", task,
              "' is active and cannot be updated at this time");
}

error with_prefix(const task_name& task, const char* what,
                  const error& reason) {
  return error{reason.code, "Error updating task '" + task + "'. Unable to "
                              + what + " task: " + reason.message};
}

} // namespace

// -- create -------------------------------------------------------------------

std::optional<error> task_mutations::problem_of(const create_task& x) {
  const auto& wanted = *x.configuration;
  if (!tasks_.now.started || tasks_.now.stopping)
    return fail(errc::unavailable, "the tasks are not being served now; try "
                                   "again in a moment");
  if (tasks_.find(wanted.name) != nullptr)
    return fail(errc::conflict, "task with name ", wanted.name,
                " already exists");
  if (tasks_.all().size() >= tasks_max)
    return fail(errc::limit, "there are ", tasks_max,
                " tasks, as many as one instance serves; delete one first");
  auto directory = [this](const config::task& task) {
    auto base = std::filesystem::path{tasks_.options().process_directory};
    return (base / task.working_dir / "").lexically_normal();
  };
  for (const auto& other : tasks_.all())
    if (directory(*other.kept.configuration) == directory(wanted))
      return fail(errc::driver, "tasks \"", other.name(), "\" and \"",
                  wanted.name, "\" use the same working directory ",
                  directory(wanted).string(),
                  ": give each a directory of its own");
  return std::nullopt;
}

caf::result<task_mutated> task_mutations::create(const create_task& x) {
  if (auto problem = problem_of(x))
    return to_caf(*problem);
  auto& task = tasks_.add({.configuration = x.configuration,
                           .enabled = x.configuration->enabled,
                           .configured = false});
  task.provisional = true;
  task.busy = true;
  tasks_.spawn(task);
  auto promise = self_->make_response_promise<task_mutated>();
  auto m = std::make_shared<mutation>();
  m->task = x.configuration->name;
  m->enabled = x.configuration->enabled;
  m->run = x.run;
  m->answer = cafx::answer{promise};
  prepare_new(m);
  return promise;
}

void task_mutations::prepare_new(const mutation_ptr& m) {
  ask(
    m->task, await_ready{},
    [this, m] { m->run == task_run::inspect ? inspect_new(m) : keep_new(m); },
    [this, m](const error& reason) { refuse_new(m, reason); });
}

void task_mutations::inspect_new(const mutation_ptr& m) {
  auto done = [this, m](const run_inspected& x) {
    withdraw(m, [this, m, x] { m->answer.deliver(task_mutated{x}); });
  };
  if (!m->enabled)
    return done({.plan = skipped_plan});
  ask(m->task, inspect_task{}, done,
      [this, m](const error& reason) { refuse_new(m, reason); });
}

void task_mutations::keep_new(const mutation_ptr& m) {
  auto* task = tasks_.find(m->task);
  if (task == nullptr)
    return refuse_new(m, failure("the task is gone"));
  auto runs = m->run == task_run::now && m->enabled;
  keep(
    task->kept, [this, m, runs] { runs ? run_new(m) : publish_new(m); },
    [this, m](const error& reason) { refuse_new(m, reason); });
}

void task_mutations::run_new(const mutation_ptr& m) {
  ask(
    m->task, run_once{.epoch = tasks_.now.epoch},
    [this, m](const run_outcome& x) {
      x.error ? forget_new(m, failure(*x.error)) : publish_new(m);
    },
    [this, m](const error& reason) { forget_new(m, reason); });
}

void task_mutations::publish_new(const mutation_ptr& m) {
  if (auto* task = tasks_.find(m->task)) {
    task->provisional = false;
    task->ran = true; // restarted, it must see what it missed
    tasks_.start_monitoring_of(*task);
    if (!task->actor) // it died just now
      tasks_.spawn(*task);
  }
  finish(m, {});
}

void task_mutations::withdraw(const mutation_ptr& m,
                              const std::function<void()>& answer) {
  tasks_.end(m->task, stop_task{.grace = removal_grace}, answer);
}

void task_mutations::refuse_new(const mutation_ptr& m, const error& reason) {
  withdraw(m, [m, reason] { m->answer.fail(to_caf(reason)); });
}

// If it cannot be forgotten, it is there after a restart: as if the answer had
// been lost.
void task_mutations::forget_new(const mutation_ptr& m, const error& reason) {
  auto end = [this, m, reason] { refuse_new(m, reason); };
  self_->request(tasks_.options().store, store_deadline, forget_task{m->task})
    .then(end, [end](caf::error&) { end(); });
}

// -- change -------------------------------------------------------------------

std::optional<error> task_mutations::problem_of(const change_task& x) {
  const auto* task = tasks_.find(x.task);
  if (task == nullptr || task->provisional)
    return fail(errc::not_found, "a task with name '", x.task,
                "' does not exist or has not been initialized yet");
  if (!task->kept.problem.empty())
    return fail(errc::driver, "task '", x.task,
                "' cannot be used: ", task->kept.problem,
                "; delete it and create it again");
  if (task->phase == task_phase::creating && !task->busy)
    return fail(errc::refused, "task ", x.task, " does not exist to run");
  auto active
    = task->busy || task->kept.deleting || task->phase == task_phase::running;
  if (active)
    return as_active(x.task);
  if (!tasks_.now.started || tasks_.now.stopping)
    return fail(errc::unavailable, "the tasks are not being served now; try "
                                   "again in a moment");
  return std::nullopt;
}

caf::result<task_mutated> task_mutations::change(const change_task& x) {
  if (auto problem = problem_of(x))
    return to_caf(*problem);
  auto* task = tasks_.find(x.task);
  if (x.run == task_run::inspect && !x.enabled)
    return task_mutated{run_inspected{}};
  if (!x.enabled && !task->kept.enabled)
    return task_mutated{};
  task->busy = true;
  auto promise = self_->make_response_promise<task_mutated>();
  auto m = std::make_shared<mutation>();
  m->task = x.task;
  m->enabled = x.enabled;
  m->run = x.run;
  m->answer = cafx::answer{promise};
  if (x.run == task_run::inspect)
    inspect(m);
  else if (!x.enabled)
    disable(m);
  else if (task->kept.enabled)
    run_changed(m);
  else
    enable(m);
  return promise;
}

void task_mutations::inspect(const mutation_ptr& m) {
  ask(
    m->task, inspect_task{},
    [this, m](const run_inspected& x) { finish(m, {x}); },
    [this, m](const error& reason) {
      refuse(m, with_prefix(m->task, "inspect", reason));
    });
}

void task_mutations::disable(const mutation_ptr& m) {
  auto kept = tasks_.find(m->task)->kept;
  kept.enabled = false;
  keep(
    kept,
    [this, m] {
      if (auto* task = tasks_.find(m->task)) {
        task->kept.enabled = false;
        if (task->actor)
          caf::anon_send(task->actor, switch_task{false});
      }
      finish(m, {});
    },
    [this, m](const error& reason) { refuse(m, reason); });
}

void task_mutations::enable(const mutation_ptr& m) {
  ask(
    m->task, switch_task{true}, [this, m] { keep_enabled(m); },
    [this, m](const error& reason) {
      refuse(m, with_prefix(m->task, "init", reason));
    });
}

// It serves no trigger before it is kept.
void task_mutations::keep_enabled(const mutation_ptr& m) {
  auto* task = tasks_.find(m->task);
  if (task == nullptr)
    return refuse(m, failure("the task is gone"));
  auto kept = task->kept;
  kept.enabled = true;
  keep(
    kept,
    [this, m] {
      if (auto* changed = tasks_.find(m->task)) {
        changed->kept.enabled = true;
        tasks_.start_monitoring_of(*changed);
      }
      run_changed(m);
    },
    [this, m](const error& reason) {
      auto* unchanged = tasks_.find(m->task);
      if (unchanged != nullptr && unchanged->actor)
        caf::anon_send(unchanged->actor, switch_task{false});
      refuse(m, reason);
    });
}

void task_mutations::run_changed(const mutation_ptr& m) {
  if (m->run != task_run::now)
    return finish(m, {});
  ask(
    m->task, run_once{.epoch = tasks_.now.epoch},
    [this, m](const run_outcome& x) {
      x.error ? refuse(m, failure(*x.error)) : finish(m, {});
    },
    [this, m](const error& reason) { refuse(m, reason); });
}

// -- delete -------------------------------------------------------------------

caf::result<void> task_mutations::remove(const delete_task& x) {
  auto* task = tasks_.find(x.task);
  if (task == nullptr || task->provisional)
    return to_caf(fail(errc::not_found, "a task with name '", x.task,
                       "' does not exist or has not been initialized yet"));
  if (task->kept.deleting)
    return caf::unit;
  auto promise = self_->make_response_promise<caf::unit_t>();
  auto answer = std::make_shared<cafx::done_answer>(promise);
  auto kept = task->kept;
  kept.deleting = true;
  keep(
    kept,
    [this, answer, name = x.task] {
      answer->deliver(caf::unit);
      auto* marked = tasks_.find(name);
      if (marked == nullptr || marked->kept.deleting)
        return;
      marked->kept.deleting = true;
      if (!marked->busy)
        finish_deletion(*marked);
    },
    [answer](const error& reason) { answer->fail(to_caf(reason)); });
  return promise;
}

void task_mutations::finish_deletion(supervised_task& task) {
  if (std::exchange(task.ending, true))
    return;
  auto name = task.name();
  if (!task.actor)
    return forget(name);
  auto ended = [this, name] { forget(name); };
  self_
    ->request(task.actor, deletion_drain + removal_grace + task_stop_margin,
              stop_task{.grace = removal_grace, .drain = deletion_drain})
    .then(ended, [ended](caf::error&) { ended(); });
}

void task_mutations::forget(const task_name& name) {
  auto gone = [this, name] {
    tasks_.end(name, stop_task{.grace = removal_grace}, [this, name] {
      log::debug("tasksmanager", "task deleted", {{"task_name", name}});
      removed_(name);
    });
  };
  auto later = [this, name](const caf::error& reason) {
    // Another instance leads and finishes it.
    if (to_core(reason).code != errc::conflict)
      self_->delayed_send(self_, forget_pause, forget_task{name});
  };
  self_->request(tasks_.options().store, store_deadline, forget_task{name})
    .then(gone, later);
}

// -- steps --------------------------------------------------------------------

void task_mutations::finish(const mutation_ptr& m, task_mutated result) {
  m->answer.deliver(std::move(result));
  release(m->task);
}

void task_mutations::refuse(const mutation_ptr& m, const error& reason) {
  m->answer.fail(to_caf(reason));
  release(m->task);
}

// A deletion that came meanwhile has waited for this.
void task_mutations::release(const task_name& name) {
  auto* task = tasks_.find(name);
  if (task == nullptr)
    return;
  task->busy = false;
  if (task->kept.deleting)
    finish_deletion(*task);
}

template <class Message, class Done>
void task_mutations::ask(const task_name& name, const Message& message,
                         Done done, refusal refused) {
  auto* task = tasks_.find(name);
  if (task == nullptr || !task->actor)
    return refused(failure("the task ended unexpectedly"));
  self_->request(task->actor, terraform_deadline, message)
    .then(std::move(done), [this, refused](caf::error& reason) {
      refused(failure(to_core(reason).message));
    });
}

void task_mutations::keep(const kept_task& task, std::function<void()> done,
                          refusal refused) {
  auto name = task.configuration->name;
  self_->request(tasks_.options().store, store_deadline, keep_task{task})
    .then(std::move(done), [name, refused](caf::error& failure) {
      auto reason = to_core(failure);
      auto code = reason.code == errc::limit ? errc::limit : errc::unavailable;
      refused(fail(code, "the change of task '", name,
                   "' cannot be stored: ", reason.message));
    });
}

// What ends because we stop has not failed: it may be tried elsewhere.
error task_mutations::failure(const std::string& text) const {
  return fail(tasks_.now.stopping ? errc::unavailable : errc::driver, text);
}

} // namespace cts

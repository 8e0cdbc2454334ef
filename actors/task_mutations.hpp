#pragma once

#include "actors/caf/answer.hpp"
#include "actors/task_supervisor.hpp"
#include "core/error.hpp"

#include <functional>
#include <memory>

// What the task manager is made of; only its sources include this.

namespace cts {

/// Carries out what the API wants of the tasks, each mutation a chain of
/// requests: to the task's actor, then to the state store, and only then does
/// anything change. One at a time for each task.
class task_mutations {
public:
  /// `removed` is called when a task is gone.
  task_mutations(manager_impl::pointer self, task_supervisor& tasks,
                 std::function<void(const task_name&)> removed)
    : self_(self), tasks_(tasks), removed_(std::move(removed)) {}

  caf::result<task_mutated> create(const create_task& x);
  caf::result<task_mutated> change(const change_task& x);
  caf::result<void> remove(const delete_task& x);

  /// Ends and forgets a task whose deletion is kept.
  void finish_deletion(supervised_task& task);
  /// Again, after the state store could not be reached.
  void forget(const task_name& task);

private:
  struct mutation {
    task_name task{};
    bool enabled = true;
    task_run run = task_run::none;
    cafx::answer<task_mutated> answer{};
  };

  using mutation_ptr = std::shared_ptr<mutation>;
  using refusal = std::function<void(const error&)>;

  std::optional<error> problem_of(const create_task& x);
  std::optional<error> problem_of(const change_task& x);

  void prepare_new(const mutation_ptr& m);
  void inspect_new(const mutation_ptr& m);
  void keep_new(const mutation_ptr& m);
  void run_new(const mutation_ptr& m);
  void publish_new(const mutation_ptr& m);
  void withdraw(const mutation_ptr& m, const std::function<void()>& answer);
  void refuse_new(const mutation_ptr& m, const error& reason);
  void forget_new(const mutation_ptr& m, const error& reason);

  void inspect(const mutation_ptr& m);
  void disable(const mutation_ptr& m);
  void enable(const mutation_ptr& m);
  void keep_enabled(const mutation_ptr& m);
  void run_changed(const mutation_ptr& m);

  void finish(const mutation_ptr& m, task_mutated result);
  void refuse(const mutation_ptr& m, const error& reason);
  void release(const task_name& task);

  template <class Message, class Done>
  void ask(const task_name& task, const Message& message, Done done,
           refusal refused);
  void keep(const kept_task& task, std::function<void()> done, refusal refused);
  error failure(const std::string& text) const;

  manager_impl::pointer self_;
  task_supervisor& tasks_;
  std::function<void(const task_name&)> removed_;
};

} // namespace cts

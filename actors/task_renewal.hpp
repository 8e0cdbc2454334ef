#pragma once

#include "actors/task_mutations.hpp"

#include <map>
#include <string>

// What the task manager is made of; only its sources include this.

namespace cts {

/// Carries out a change of settings: tasks that it concerns are ended, once
/// their run is over, and made anew; those that the configuration no longer has
/// are ended, and new ones added. The rest does not notice.
class task_renewal {
public:
  task_renewal(manager_impl::pointer self, task_supervisor& tasks,
               task_mutations& mutations)
    : self_(self), tasks_(tasks), mutations_(mutations) {}

  task_renewal(const task_renewal&) = delete;
  task_renewal& operator=(const task_renewal&) = delete;

  void renew(renew_settings x);

  /// A timer has elapsed, perhaps not ours.
  void look_at_clock();

  /// With the quiet time of the settings in effect.
  create_task inheriting(const create_task& x) const;

private:
  using task_ptr = std::shared_ptr<const config::task>;

  task_ptr wanted_for(const supervised_task& task) const;
  bool is_concerned(const supervised_task& task, const task_ptr& wanted) const;
  bool fits(const config::task& task) const;
  void look_at(supervised_task& task);
  void add_new();
  void add(const config::task& task);
  void remove(supervised_task& task);
  void replace(supervised_task& task, const task_ptr& wanted);
  void make_anew(const task_name& name, const task_ptr& wanted);
  std::string directory_of(const config::task& task) const;
  void try_later();

  manager_impl::pointer self_;
  task_supervisor& tasks_;
  task_mutations& mutations_;
  /// The tasks of the newest settings.
  std::map<task_name, const config::task*> configured_{};
  std::optional<time_point> look_again_at_{};
};

} // namespace cts

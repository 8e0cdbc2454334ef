#pragma once

#include "actors/task_manager.hpp"
#include "actors/timers.hpp"
#include "core/restart_intensity.hpp"

#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <list>
#include <set>

// What the task manager is made of; only its sources include this.

namespace cts {

/// The task manager with what it tells itself.
using manager_impl
  = cafx::extended<task_manager_actor, caf::result<void>(timer_elapsed),
                   caf::result<void>(task_changed),
                   caf::result<void>(forget_task)>;

/// A task and its actor.
struct supervised_task {
  kept_task kept{};
  /// Position among the others, for ties in the run queue.
  std::size_t order = 0;
  /// Null while it is down, or must not live.
  task_actor actor{};
  task_phase phase = task_phase::creating;
  bool due = false;
  bool waiting = false;
  restart_intensity::state intensity{};
  std::optional<time_point> restart_at{};
  /// Its turn to run once came while it was down.
  bool once_due = false;
  /// It has run once; restarted, it does not know what it missed.
  bool ran = false;
  bool monitored = false;
  /// Being created, and seen by nobody else yet.
  bool provisional = false;
  /// A mutation goes on.
  bool busy = false;
  /// Its actor is being ended for good, or to be made anew.
  bool ending = false;
  /// What its actor was made with; null before.
  std::shared_ptr<const renew_settings> made_with{};

  const task_name& name() const { return kept.configuration->name; }
  bool can_live() const { return kept.problem.empty() && !kept.deleting; }
};

/// How the tasks work at the moment.
struct working_conditions {
  driver_program program{};
  ha::epoch epoch = 0;
  /// Tasks that have run are monitored.
  bool monitoring = false;
  /// Orders have been given; mutations are welcome.
  bool started = false;
  bool stopping = false;
};

/// Keeps the actors of the tasks alive: restarts one that fails, alone and
/// with growing pauses.
class task_supervisor {
public:
  task_supervisor(manager_impl::pointer self, task_manager_options options);

  task_supervisor(const task_supervisor&) = delete;
  task_supervisor& operator=(const task_supervisor&) = delete;

  const task_manager_options& options() const { return options_; }
  std::list<supervised_task>& all() { return tasks_; }
  const std::list<supervised_task>& all() const { return tasks_; }

  /// What the tasks go by; never null.
  const std::shared_ptr<const renew_settings>& live() const { return live_; }
  /// Those that live already do not notice.
  void go_by(const renew_settings& x);

  /// Null if there is none of this name.
  supervised_task* find(const task_name& wanted);

  /// At the end, without an actor.
  supervised_task& add(kept_task task);
  void spawn(supervised_task& task);
  void start_monitoring_of(supervised_task& task);

  /// Has its actor stop and end; then it is gone, and `done` is called.
  void end(const task_name& task, const stop_task& order,
           std::function<void()> done);

  /// Makes the tasks those of `wanted`: ends removed and changed ones, adds
  /// missing ones without an actor.
  void adopt(const kept_tasks& wanted);
  void clear();

  void note(const task_changed& x);
  task_views views() const;

  void on_down(const caf::down_msg& msg);
  /// Whether a task's end, which `on_down` deals with, is the sender.
  bool is_echo(const caf::exit_msg& msg);
  /// Calls `restarted` with each task whose pause is over.
  void
  restart_what_is_due(const std::function<void(supervised_task&)>& restarted);

  working_conditions now{};

private:
  template <class Event>
  void on(supervised_task& task, const Event& event);
  void perform(supervised_task& task, const restart_intensity::restart& effect);
  void perform(supervised_task& task, const restart_intensity::give_up&);
  void dismiss(supervised_task& task);
  driver_factory factory() const;

  manager_impl::pointer self_;
  task_manager_options options_;
  std::shared_ptr<const renew_settings> live_;
  /// What must not be shown: the dynamic values, and those of before.
  std::shared_ptr<const dynamic::values> secrets_{};
  /// A list: references to a task outlive changes of the others.
  std::list<supervised_task> tasks_{};
  std::set<caf::actor_addr> actors_seen_{};
  std::size_t orders_given_ = 0;
};

/// A task ends within this beyond the grace that it was given.
constexpr auto task_stop_margin = std::chrono::seconds{15};

/// For what lasts as long as Terraform does.
constexpr auto terraform_deadline = std::chrono::minutes{24 * 60};

} // namespace cts

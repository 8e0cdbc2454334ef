#pragma once

#include "actors/leadership.hpp"
#include "actors/timers.hpp"

namespace cts {

/// What the promoter needs.
struct promoter_options {
  /// Once-mode of the command line: no stored state, and the end.
  bool once = false;
  /// Runs in once-mode.
  kept_tasks configured{};
  std::string cluster_name{};
  /// How long a run may go on when the lock was given back on purpose.
  milliseconds drain{};
  /// How long a run may take to end when it is told to.
  milliseconds grace{};
  /// Id of the registered process check; empty: none.
  std::string process_check{};
  /// Behind a guardian, which is told to renew it after each term.
  task_manager_actor tasks{};
  /// Empty in once-mode.
  cluster_store_actor store{};
  elector_actor elector{};
};

using promoter_actor = cafx::extended<
  leadership_listener_actor, caf::result<void>(state_copied),
  caf::result<once_finished>(lead_tasks), caf::result<void>(stop_tasks),
  caf::result<void>(part_restarted), caf::result<void>(timer_elapsed)>;

/// The names under which the controller tells of restarted parts.
constexpr auto tasks_part = "task manager";
constexpr auto store_part = "state store";

/// Turns leadership into work: has the state loaded and the task supervisor
/// woken with a once-mode message that carries the epoch, and takes both back
/// when the lock is gone. Supervised by the controller; it is not restarted.
promoter_actor make_promoter(caf::local_actor* parent,
                             promoter_options options);

} // namespace cts

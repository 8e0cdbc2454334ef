#pragma once

#include "actors/leadership.hpp"
#include "actors/meter.hpp"
#include "actors/timers.hpp"

#include <functional>
#include <optional>
#include <string>

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
  /// Why a path cannot be used, as Go says it: `stat <path>: no such file or
  /// directory`. Absent: it can. Empty function: not asked.
  std::function<std::optional<std::string>(const std::string& path)> stat{};
  /// Is told how long a promotion takes; may be empty.
  meter_actor meter{};
};

/// The timer of the compatibility check.
struct check_compatibility {};

/// The timer of the look at what a follower has prepared.
struct check_warmth {};

using promoter_actor = cafx::extended<
  leadership_listener_actor, caf::result<void>(state_copied),
  caf::result<once_finished>(lead_tasks), caf::result<void>(stop_tasks),
  caf::result<void>(part_restarted), caf::result<void>(timer_elapsed),
  caf::result<void>(check_compatibility), caf::result<void>(check_warmth)>;

/// The names under which the controller tells of restarted parts.
constexpr auto tasks_part = "task manager";
constexpr auto store_part = "state store";

/// Turns leadership into work: has the state loaded and the task supervisor
/// woken with a once-mode message that carries the epoch, and takes both back
/// when the lock is gone. Supervised by the controller; it is not restarted.
promoter_actor make_promoter(caf::local_actor* parent,
                             promoter_options options);

CAFX_FIELDS(check_compatibility)
CAFX_FIELDS(check_warmth)

} // namespace cts

CAF_BEGIN_TYPE_ID_BLOCK(cts_promoter, caf::first_custom_type_id + 680)

CAF_ADD_TYPE_ID(cts_promoter, (cts::check_compatibility))
CAF_ADD_TYPE_ID(cts_promoter, (cts::check_warmth))

CAF_END_TYPE_ID_BLOCK(cts_promoter)

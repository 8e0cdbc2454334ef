#pragma once

#include "actors/task_runner.hpp"
#include "actors/timers.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <functional>

// What a task actor is made of; only its sources include this.

namespace cts {

/// A task with what it tells itself.
using task_impl = cafx::extended<task_actor, caf::result<void>(timer_elapsed),
                                 caf::result<void>(acquire_slot),
                                 caf::result<void>(record_event)>;

/// Has the inputs of its task watched, and brings the newest to each run. Under
/// high availability those of the first run are read anew, since what was
/// watched before the promotion may be behind. If that fails, the task runs
/// with what is known and is triggered again, until it succeeds. Source:
/// spec high-availability, 5.4.
class input_reader {
public:
  /// `options` must outlive it.
  input_reader(task_impl::pointer self, const task_options& options);

  input_reader(const input_reader&) = delete;
  input_reader& operator=(const input_reader&) = delete;

  void watch();
  void unwatch();

  /// The condition learns where its task stands.
  void follow(const task_changed& x);

  /// The next `gather` has them read anew.
  void expect_to_be_behind();

  /// They were to be read anew, which has not succeeded yet.
  bool are_stale() const { return stale_; }

  /// Calls one of the two later; the inputs must be watched.
  void gather(std::function<void(const task_inputs&)> gathered,
              std::function<void(caf::error&)> failed);

private:
  void note_freshness(bool fresh);

  task_impl::pointer self_;
  const task_options& options_;
  condition_actor condition_{};
  bool behind_ = false;
  bool stale_ = false;
  /// Before they are tried to be read anew again.
  milliseconds pause_;
};

} // namespace cts

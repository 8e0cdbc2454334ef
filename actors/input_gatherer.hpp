#pragma once

#include "actors/caf/answer.hpp"
#include "actors/condition.hpp"
#include "actors/timers.hpp"
#include "core/inputs.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <map>
#include <set>
#include <vector>

namespace cts {

/// Every condition behind its interface: `timer_elapsed` and `watch` come from
/// itself.
using condition_impl
  = cafx::extended<condition_actor, caf::result<void>(timer_elapsed),
                   caf::result<void>(watch)>;

/// The part of a condition that subscribes to the inputs of its task, gathers
/// the newest snapshots, and tells the task when they are complete or fail.
/// Lives inside the condition, which passes on what it is told. Installs the
/// condition's down handler.
class input_gatherer {
public:
  /// `changed` is called when what triggers the task has changed.
  input_gatherer(condition_impl::pointer self, condition_options options,
                 std::function<void()> changed);

  input_gatherer(const input_gatherer&) = delete;
  input_gatherer& operator=(const input_gatherer&) = delete;

  /// Subscribes; called once.
  void start();

  /// Fetches the newest snapshot, if the watcher is known.
  void fetch(const dependency& what);

  /// Asks the registry, unless that has been done.
  void subscribe_to(const dependency& what);

  /// Tells the task that an input fails.
  void report(const dependency_failed& x);

  gathered_inputs newest() const;

  /// Has each input read from the agent. Who asks meanwhile shares the answer.
  caf::result<gathered_inputs> renew(const get_fresh_inputs& x);

  /// A timer has elapsed, perhaps not ours.
  void look_at_clock();

private:
  /// One reading of all inputs.
  struct renewal {
    std::uint64_t number = 0;
    time_point over_at{};
    /// Those that have been asked for, and those of them without an answer.
    std::set<dependency> asked{};
    std::set<dependency> open{};
    bool failed = false;
  };

  template <class Event>
  void on(const Event& event);

  void perform(const inputs::watch& effect);
  void perform(const inputs::unwatch& effect);
  void perform(const inputs::report_complete& effect);
  void perform(const inputs::report_change& effect);

  subscriber_actor me() const;
  void keep(const dependency& what, const watcher_actor& watcher);
  void try_later(const dependency& what);
  void on_down(const caf::down_msg& msg);
  void fetch_later(const dependency& what);
  void arrived(const dependency_snapshot& x);

  void renew_what_is_watched();
  void read_again(const dependency& what);
  void read_done(const dependency& what, bool good);
  void end_renewal();

  condition_impl::pointer self_;
  condition_options options_;
  std::function<void()> changed_;
  inputs::state inputs_;
  std::map<dependency, watcher_actor> watchers_{};
  renewal renewal_{};
  std::vector<cafx::answer<gathered_inputs>> askers_{};
};

} // namespace cts

#pragma once

#include "actors/contract.hpp"
#include "actors/errors.hpp"

#include <caf/actor_system.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

/// Stand-ins for the neighbours of the actors under test. Each follows a
/// script that the test owns and shares, and notes what it was asked.
namespace cts::fakes {

/// What a fake driver does and saw. Work that is `held` is answered when the
/// test calls `release`.
struct driver_script {
  /// Each step asked for: `prepare`, `render`, `apply`, `inspect`, `stop`.
  std::vector<std::string> asked{};
  /// Errors to answer with, first come first used; empty: success.
  std::deque<std::string> prepare_errors{};
  std::deque<std::string> apply_errors{};
  std::deque<std::string> inspect_errors{};
  /// What an inspection finds.
  run_inspected inspected{};
  bool hold_apply = false;
  bool render_changes = true;
  /// What the last render was given.
  task_inputs rendered{};
  /// Ends what is held, with success.
  std::function<void()> release{};
  /// Applies that have begun and not ended, and the most seen at once.
  int applies_open = 0;
  int applies_open_max = 0;
  /// How many drivers were made for this script.
  int made = 0;
  driver_actor newest{};
};

using driver_script_ptr = std::shared_ptr<driver_script>;

/// A driver that follows `script`, linked to nobody.
driver_actor make_driver(caf::local_actor* parent, driver_script_ptr script);

/// What a fake registry was asked, and the watchers that it gave out.
struct registry_script {
  std::vector<dependency> watched{};
  std::vector<dependency> unwatched{};
  std::map<dependency, watcher_actor> watchers{};
  std::map<dependency, dependency_snapshot> snapshots{};
  std::map<dependency, std::vector<subscriber_actor>> subscribers{};
  /// What a refresh finds; otherwise what is there.
  std::map<dependency, dependency_snapshot> world{};
  std::set<dependency> refuse_refresh{};
  std::vector<dependency> refreshed{};

  /// A new answer of Consul: tells the subscribers, who then fetch it.
  void publish(const dependency& what, snapshot data);
  void fail(const dependency& what, std::string message, bool permanent);
  /// Ends the watchers and lets go of the subscribers.
  void close();
};

using registry_script_ptr = std::shared_ptr<registry_script>;

/// A registry whose watchers answer with what the script holds.
watch_registry_actor make_registry(caf::local_actor* parent,
                                   registry_script_ptr script);

/// Notes every event that it is told.
using event_log = std::shared_ptr<std::vector<task_event>>;
state_store_actor make_store(caf::local_actor* parent, event_log log);

/// What a fake store was told, and whether it accepts more.
struct store_script {
  event_log events = std::make_shared<std::vector<task_event>>();
  std::vector<record_event> records{};
  std::vector<kept_task> kept{};
  std::vector<task_name> forgotten{};
  /// Refuses what is to be kept or forgotten with it.
  std::optional<error> refusal{};
  /// Refuses events with it.
  std::optional<error> event_refusal{};
};

using store_script_ptr = std::shared_ptr<store_script>;

state_store_actor make_store(caf::local_actor* parent, store_script_ptr script);

/// Triggers that a task has got.
struct task_log {
  int runs = 0;
  int complete = 0;
  std::vector<input_failed> failures{};
};

task_actor make_task(caf::local_actor* parent, std::shared_ptr<task_log> log);

/// Instances with these ids.
snapshot instances(const std::vector<std::string>& ids);

} // namespace cts::fakes

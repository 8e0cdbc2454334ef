#pragma once

#include "core/config/config.hpp"
#include "core/machine.hpp"
#include "core/types.hpp"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

/// What a task stands on: which Consul queries it needs, when all of them have
/// been answered, and which answers ask for a run. Source: spec chapter
/// monitoring, 1.3, 2.4 and 2.8.
///
/// The idea: two pure functions of what is known so far. One says which
/// dependencies are wanted (a regular expression over service names turns each
/// matching name of the catalog into a dependency of its own); the other
/// extracts the part of the snapshots whose change triggers the task, its
/// basis. A snapshot triggers if the basis is another than before.
namespace cts::inputs {

/// The part of the inputs whose change triggers the task. Equal if the shared
/// snapshots have equal contents.
struct basis {
  /// Instances of each triggering service that has any, or the KV pairs.
  std::vector<snapshot_ptr> snapshots{};
  /// Names of the catalog that match a catalog-services condition.
  std::vector<std::string> names{};
  bool operator==(const basis& other) const;
};

struct state {
  std::shared_ptr<const config::task> task{};
  /// The deprecated `service` blocks that `task->services` may name.
  std::vector<config::service> services{};
  std::set<dependency> watched{};
  /// The newest snapshots; a subset of `watched`.
  task_inputs snapshots{};
  /// Every dependency has been answered at least once.
  bool complete = false;
  /// As of when the inputs were complete for the last time.
  std::optional<basis> last{};
};

// -- events -------------------------------------------------------------------

struct started {};

struct snapshot_arrived {
  dependency what{};
  snapshot_ptr data{};
};

// -- effects ------------------------------------------------------------------

struct watch {
  dependency what{};
  bool operator==(const watch&) const = default;
};

struct unwatch {
  dependency what{};
  bool operator==(const unwatch&) const = default;
};

/// For the first time each input has been answered.
struct report_complete {
  bool operator==(const report_complete&) const = default;
};

/// The task is triggered.
struct report_change {
  bool operator==(const report_change&) const = default;
};

using effect = std::variant<watch, unwatch, report_complete, report_change>;

transition<state, effect> step(state s, const started& event, time_point now);
transition<state, effect> step(state s, const snapshot_arrived& event,
                               time_point now);

// -- the two functions --------------------------------------------------------

/// The dependencies of the task, given the catalog as far as it is known.
std::set<dependency> wanted(const config::task& task,
                            const std::vector<config::service>& services,
                            const task_inputs& known);

/// Everything that `snapshots` says about what triggers the task.
basis basis_of(const config::task& task,
               const std::vector<config::service>& services,
               const task_inputs& snapshots);

/// Whether no input has any data: no instance, no key, no matching name. False
/// for a task without inputs.
bool are_empty(const config::task& task, const task_inputs& snapshots);

/// The names of `catalog` that match `regexp` (RE2, unanchored), ascending.
std::vector<std::string> matching_names(const catalog_services& catalog,
                                        const std::string& regexp);

/// A doubled backslash stands for a single one in `regexp` and `filter`
/// (chapter monitoring 2.3): what the configuration means, literally.
std::string unescaped(const std::string& text);

/// The dependencies of one services query: its names, or the catalog and the
/// names in it that match.
std::set<dependency> dependencies_of(const config::services_query& query,
                                     const task_inputs& known);

/// The one dependency of a KV query.
dependency dependency_of(const config::consul_kv_query& query);

/// The one dependency of a catalog-services condition.
dependency dependency_of(const config::catalog_services_condition& condition);

/// The queries behind the deprecated `services` list of a task.
std::vector<config::services_query>
deprecated_queries(const config::task& task,
                   const std::vector<config::service>& services);

} // namespace cts::inputs

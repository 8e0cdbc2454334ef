#pragma once

#include "core/config/config.hpp"

#include <string>
#include <vector>

/// What a running instance can take over of another configuration. Source: spec
/// configuration, 5.12.
namespace cts::reload {

struct plan {
  /// What is in effect afterwards.
  config::settings settings{};
  /// Settings that changed and are taken over, as their paths.
  std::vector<std::string> changed{};
  /// Those that changed and need a restart; they stay as they were.
  std::vector<std::string> refused{};
  /// Those that changed, stay, and would stay after a restart, too: a cluster
  /// keeps its tasks in Consul.
  std::vector<std::string> stored{};
};

/// `clustered`: tasks are kept in Consul, so those of the files stay as they
/// were.
plan make(const config::settings& running, config::settings wanted,
          bool clustered);

/// Whether a task whose configuration stays the same must be made anew because
/// of what surrounds it: its providers, the driver, the `service` blocks.
bool concerns(const config::task& task, const config::settings& before,
              const config::settings& after);

/// The same task with the quiet time that `known` gives it.
config::task inheriting(config::task x, const config::settings& known);

} // namespace cts::reload

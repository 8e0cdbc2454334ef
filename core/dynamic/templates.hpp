#pragma once

#include "core/config/config.hpp"

#include <map>
#include <string>
#include <vector>

/// Dynamic values: texts of the configuration that stand for something outside
/// of it. Source: spec configuration, 2.10.1 and 5.8.
namespace cts::dynamic {

/// What each template stands for, by its whole text. All of them are secrets.
using values = std::map<std::string, std::string>;

/// A template of the configuration.
struct found_template {
  std::string text{};
  /// For messages: `provider=dns`, `task_name=web`.
  std::string owner_key{};
  std::string owner{};
  bool operator==(const found_template&) const = default;
};

/// Those of `terraform_provider` blocks and, with `dynamic_values`, of the
/// variables of tasks. Each text once for each owner.
std::vector<found_template> templates_of(const config::settings& x);

/// With `dynamic_values`: those that say how to reach Consul, and the arguments
/// of the backend. They are rendered once, before anything else.
std::vector<found_template> connection_templates_of(const config::settings& x);

/// With values in place of those. Templates without a value stay as they are.
config::settings connected(config::settings x, const values& known);

/// With values in place of the templates of providers.
config::settings rendered(config::settings x, const values& known);

/// The same for the variables of a task.
config::task rendered(config::task x, const values& known);

/// As many former meanings are remembered.
inline constexpr auto remembered_max = std::size_t{1000};

/// `known`, and what its templates stood for before, below other names. When a
/// value changes, Terraform shows the former one, too.
values remembering(values known, const values& former);

} // namespace cts::dynamic

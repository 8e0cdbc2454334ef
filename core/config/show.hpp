#pragma once

#include "core/config/origin.hpp"
#include "core/hcl/ast.hpp"

#include <map>
#include <string>
#include <variant>
#include <vector>

namespace cts::config {

/// An effective configuration for people: every value and where it comes from.
/// Secrets are masked, and so is everything that may hold one: arguments of
/// providers and backends, values of variables.
struct shown {
  /// A configuration file that says it all, each value with its origin as a
  /// remark.
  hcl::body items{};
  /// By path, in the notation of the error messages: `task[0].name`.
  std::map<std::string, origin> origins{};
  std::vector<diagnostic> warnings{};
};

/// Loads a configuration and explains it.
std::variant<shown, failure> show(const std::vector<source>& files,
                                  const surroundings& around);

/// The configuration in HCL, origins as comments.
std::string to_hcl(const shown& x);

/// An object with `configuration`, in the form of a `.json` file, and
/// `origins`: objects by path with `kind` (`default`, `file`, `environment`,
/// `derived`), and `file`, `line`, `column` or `from`.
std::string to_json(const shown& x);

} // namespace cts::config

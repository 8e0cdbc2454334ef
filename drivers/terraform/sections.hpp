#pragma once

#include "core/config/config.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What of Consul a task's input file is made of, in the file's order. Source:
/// spec chapter terraform-driver, 1.9.
namespace cts::terraform {

/// Instances of one service, or of all services that a section's regular
/// expression matches.
struct service_query {
  /// Empty with a regular expression.
  std::string name{};
  std::string datacenter{};
  std::string ns{};
  /// Without surrounding line feeds, backslashes read once.
  std::string filter{};
  std::map<std::string, std::string> cts_user_defined_meta{};
};

struct services_section {
  /// Ascending by name; exactly one with a regular expression.
  std::vector<service_query> queries{};
  std::optional<std::string> regexp{};
  /// Whether the data feeds a variable of the module; else it only triggers.
  bool feeds = true;
};

struct catalog_section {
  std::string regexp{};
  std::string datacenter{};
  std::string ns{};
  std::map<std::string, std::string> node_meta{};
  bool feeds = true;
};

struct kv_section {
  std::string path{};
  bool recurse = false;
  std::string datacenter{};
  std::string ns{};
  bool feeds = true;
};

using section = std::variant<services_section, catalog_section, kv_section>;

/// The sections of `task`: the deprecated list of services, the condition, the
/// module inputs. `services` are the deprecated blocks that the list names.
std::vector<section> sections_of(const config::task& task,
                                 const std::vector<config::service>& services);

/// A regular expression or filter as the user means it: each doubled backslash
/// is one (deviation T5).
std::string with_single_backslashes(std::string text);

} // namespace cts::terraform

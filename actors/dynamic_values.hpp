#pragma once

#include "actors/contract.hpp"

#include <caf/local_actor.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace cts {

struct dynamic_values_options {
  /// What is rendered.
  std::vector<dynamic::found_template> templates{};
  /// Go on after the first time.
  bool follows = false;
  /// Of the process.
  std::map<std::string, std::string> environment{};
  /// For keys of Consul KV; may be null if no template asks for one.
  watch_registry_actor registry{};
  /// The namespace of keys; empty: the token's.
  std::string key_namespace{};
  config::vault vault{};
  /// Null if Vault is not configured.
  http_actor vault_http{};
  /// Is told of other values later, in the actor; may be empty.
  std::function<void(const values_rendered&)> changed{};
};

/// Those of the providers, and whoever else has templates that may change.
dynamic_values_options
dynamic_values_of(const config::settings& settings,
                  const std::map<std::string, std::string>& environment);

/// Those that are needed before Consul can be reached.
dynamic_values_options
connection_values_of(const config::settings& settings,
                     const std::map<std::string, std::string>& environment);

/// Spawns who renders templates and follows their sources.
values_actor make_dynamic_values(caf::local_actor* parent,
                                 dynamic_values_options options);

} // namespace cts

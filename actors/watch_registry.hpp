#pragma once

#include "actors/meter.hpp"
#include "core/machine.hpp"

#include <caf/local_actor.hpp>

namespace cts {

struct watch_registry_options {
  /// How long Consul may hold an answer back, 10 s to 10 min.
  duration wait = std::chrono::seconds{120};
  /// Do not publish what Consul has filtered by ACLs.
  bool hold_filtered = false;
  random_source random{};
  /// Is told of what is watched; may be empty.
  meter_actor meter{};
};

/// Above this number of dependencies the operator is warned.
constexpr std::size_t dependencies_warn_above = 128;

/// Shares one watcher among all who want the same dependency. Its end ends the
/// watchers; a watcher that died is started anew for the next who asks.
watch_registry_actor make_watch_registry(caf::local_actor* parent,
                                         watch_registry_options options,
                                         consul_actor consul);

} // namespace cts

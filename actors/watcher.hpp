#pragma once

#include "actors/meter.hpp"
#include "core/machine.hpp"

#include <caf/local_actor.hpp>

#include <cstdint>

namespace cts {

struct watcher_options {
  dependency what{};
  /// How long Consul may hold an answer back, 10 s to 10 min.
  duration wait = std::chrono::seconds{120};
  /// Do not publish what Consul has filtered by ACLs: it may be less than there
  /// is.
  bool hold_filtered = false;
  /// Spreads the retries of many watchers.
  std::uint64_t seed = 0;
  /// Is told of each answer; may be empty.
  meter_actor meter{};
};

/// Keeps the answer to one dependency current as long as somebody subscribes,
/// and tells each subscriber once until it has fetched the newest snapshot.
/// Started by the watch registry; a restart loses nothing but the index.
watcher_actor make_watcher(caf::local_actor* parent, watcher_options options,
                           consul_actor consul);

} // namespace cts

#pragma once

#include "core/restart_intensity.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/local_actor.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace cts {

/// How a guardian starts, restarts and stops its child.
struct child_spec {
  /// For the log.
  std::string name{};
  /// Spawns the child; called again for each restart.
  std::function<caf::strong_actor_ptr(caf::local_actor* parent)> start{};
  restart_intensity::limits limits{.failures_max = 5};
  /// After this time a child that was asked to stop is killed.
  std::chrono::milliseconds stop_grace{5000};
};

/// Spawns a supervisor of one child that also stands in front of it: messages
/// to the guardian reach whichever incarnation lives. While none does,
/// requests fail with `request_receiver_down`. A child that fails more often
/// than its limits allow takes the guardian with it. Linked to `parent`.
///
/// A restart loses the child's state and what was in its mailbox.
caf::actor spawn_guardian(caf::local_actor* parent, child_spec spec);

/// The same, typed like the child. `Start` takes the parent and returns the
/// child's handle.
template <class Interface, class Start>
Interface guarded(caf::local_actor* parent, std::string name, Start start) {
  auto spawn = [start = std::move(start)](caf::local_actor* self) {
    Interface child = start(self);
    return caf::actor_cast<caf::strong_actor_ptr>(child);
  };
  return caf::actor_cast<Interface>(
    spawn_guardian(parent, {.name = std::move(name), .start = spawn}));
}

} // namespace cts

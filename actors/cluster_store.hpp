#pragma once

#include "actors/leadership.hpp"
#include "core/ha/layout.hpp"

#include <memory>
#include <string>

namespace cts {

struct cluster_store_options {
  /// With high availability.
  std::shared_ptr<const config::settings> settings{};
  ha::layout keys;
  /// A random identifier of this life of the process.
  std::string boot{};
  /// `-reset-storage`: discard the stored tasks at each promotion.
  bool reset = false;
  /// Of this program, for the record.
  std::string version{};
  wall_clock clock{};
  random_source random{};
  /// Who is told that a run is over and that the lock is lost; may be told
  /// later by `elector_known`.
  elector_actor elector{};
};

/// The wiring tells the store who the elector is.
struct elector_known {
  elector_actor who{};
};

/// The store's own timers.
struct store_timer {};
struct copy_timer {};

using cluster_store_impl
  = cafx::extended<cluster_store_actor, caf::result<void>(elector_known),
                   // Private.
                   caf::result<void>(store_timer),
                   caf::result<void>(copy_timer)>;

/// Keeps tasks and events in Consul while this instance leads, and a copy of
/// them while it follows. `consul` is a client of its own. A failed load is
/// told to the elector, too. A restart loses what waits to be written, whose
/// askers get an error, and the term: the elector then gives the lock back.
cluster_store_impl make_cluster_store(caf::local_actor* parent,
                                      cluster_store_options options,
                                      consul_actor consul);

CAFX_FIELDS(store_timer)
CAFX_FIELDS(copy_timer)

} // namespace cts

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::elector_known)

CAF_BEGIN_TYPE_ID_BLOCK(cts_cluster_store, caf::first_custom_type_id + 260)

CAF_ADD_TYPE_ID(cts_cluster_store, (cts::elector_known))
CAF_ADD_TYPE_ID(cts_cluster_store, (cts::store_timer))
CAF_ADD_TYPE_ID(cts_cluster_store, (cts::copy_timer))

CAF_END_TYPE_ID_BLOCK(cts_cluster_store)

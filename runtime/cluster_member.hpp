#pragma once

#include "actors/cluster_parts.hpp"

namespace cts {

/// What the instance is started with.
struct member_options {
  /// `-reset-storage`.
  bool reset = false;
  process_actor processes{};
  witness_actor witness{};
};

/// Who this process is in its cluster, and what its elector may use of the
/// machine. The highest epoch that was seen is kept in the working directory,
/// in `.cts-epoch-<cluster>`.
cluster_identity
make_cluster_identity(const std::shared_ptr<const config::settings>& settings,
                      member_options options);

} // namespace cts

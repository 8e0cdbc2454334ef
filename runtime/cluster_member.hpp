#pragma once

#include "actors/cluster_parts.hpp"

namespace cts {

/// Who this process is in its cluster, and what its elector may use of the
/// machine. The highest epoch that was seen is kept in the working directory,
/// in `.cts-epoch-<cluster>`.
cluster_identity
make_cluster_identity(const std::shared_ptr<const config::settings>& settings,
                      bool reset, fenced_process_actor processes);

} // namespace cts

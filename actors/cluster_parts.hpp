#pragma once

#include "actors/consul_client.hpp"
#include "actors/elector.hpp"
#include "actors/promoter.hpp"
#include "core/lifecycle.hpp"

#include <functional>
#include <memory>
#include <string>

namespace cts {

/// Who this process is among the instances of a cluster, and what runtime/ does
/// for its elector.
struct cluster_identity {
  /// A UUID of this life of the process.
  std::string boot{};
  elector_host host{};
  elector_services services{};
  /// Of this program.
  std::string version{};
  /// `-reset-storage`.
  bool reset = false;
  /// Whose processes the lease bounds.
  fenced_process_actor processes{};
  /// May be empty; see `elector_options`.
  witness_actor witness{};
  /// See `promoter_options`.
  std::function<std::optional<std::string>(const std::string& path)> stat{};
};

/// What the actors of high availability are made of.
struct cluster_order {
  std::shared_ptr<const config::settings> settings{};
  cluster_identity identity{};
  /// Once-mode of the command line.
  bool once = false;
  consul_client_options consul{};
  http_actor http{};
  wall_clock clock{};
  random_source random{};
  /// Called when the state store was restarted.
  std::function<void()> store_restarted{};
  /// See `elector_options`.
  std::function<void()> check_missing{};
  /// The way to other instances; empty: no peer link.
  peer_line_actor peers{};
  /// May be empty.
  meter_actor meter{};
};

/// Consul clients of their own, so that no other work delays them (4.3).
struct cluster_parts {
  consul_actor elector_client{};
  consul_actor store_client{};
  /// Idle in once-mode.
  cluster_store_actor store{};
  elector_actor elector{};
  /// Empty without one.
  peer_link_actor peer_link{};
};

/// Those that are there, in the order of their start, under their names.
std::vector<std::pair<std::string, caf::strong_actor_ptr>>
named_parts(const cluster_parts& x);

/// How a member of a cluster ends.
void plan_leaving(lifecycle::state& x, const config::settings& settings);

/// Spawns them, linked to `parent`.
cluster_parts spawn_cluster(caf::local_actor* parent,
                            const cluster_order& order);

/// Where tasks and events are kept: the cluster's store, or one in memory
/// without high availability and in once-mode, which leaves the stored state
/// alone.
state_store_actor spawn_store(caf::local_actor* parent,
                              const cluster_parts& parts, bool once);

/// Spawns who turns leadership into work, linked to `parent`.
promoter_actor spawn_promoter(caf::local_actor* parent,
                              const cluster_order& order,
                              const cluster_parts& parts,
                              const task_manager_actor& tasks);

} // namespace cts

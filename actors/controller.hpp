#pragma once

#include "actors/cluster_parts.hpp"
#include "actors/consul_client.hpp"
#include "actors/contract.hpp"

#include <caf/fwd.hpp>

namespace cts {

/// What of the world an instance may use; runtime/ provides it, and the
/// simulation models it.
struct world {
  http_actor http{};
  /// For Vault; null if it is not configured.
  http_actor vault{};
  /// Variables that templates may name.
  std::map<std::string, std::string> environment{};
  http_server_actor server{};
  wall_clock clock{};
  /// Of the machine; empty: UTC.
  zone_offset zone{};
  random_source random{};
  /// The way to other instances; empty: no peer link.
  peer_line_actor peers{};
  /// Is told what is measured; may be empty.
  meter_actor meter{};
};

/// How the parts that `actors/` does not know are made.
struct instance_parts {
  std::function<driver_setup_actor(caf::local_actor* parent)> make_setup{};
  driver_factory make_driver{};
  /// `elector` is null without high availability.
  std::function<api_actor(caf::local_actor* parent, task_manager_actor tasks,
                          state_store_actor events, elector_actor elector)>
    make_api{};
};

struct controller_options {
  std::shared_ptr<const config::settings> settings{};
  run_mode mode = run_mode::daemon;
  /// Absolute; local modules are relative to it.
  std::string process_directory{};
  consul_client_options consul{};
  cts::world world{};
  instance_parts parts{};
  /// Who this process is; used with high availability only.
  cluster_identity identity{};
  /// Inspect mode: shows a plan where the log does not; may be empty.
  std::function<void(const task_name&, const std::string& plan)> show_plan{};
  /// A reload changes the level of the log; may be empty.
  std::function<void(const std::string& level)> set_log_level{};
  /// Is told the exit code, once.
  exit_listener_actor listener{};
};

/// The root of an instance: spawns every other actor, each behind a guardian,
/// and leads them through start, work and stop. Its end is the end of the
/// instance.
controller_actor spawn_instance(caf::actor_system& system,
                                controller_options options);

} // namespace cts

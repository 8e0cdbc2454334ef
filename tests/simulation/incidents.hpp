#pragma once

#include "tests/simulation/random.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What goes wrong in a history, and what people do meanwhile.
namespace cts::simulation {

/// Something that goes wrong, or that somebody does (chapter
/// high-availability, 6.3).
enum class fault : std::uint8_t {
  // -- an instance
  kill,
  boot,
  /// SIGTERM.
  terminate,
  /// SIGSTOP and SIGCONT of the worker alone.
  pause,
  resume,
  /// The same of everything on the machine.
  freeze,
  thaw,
  /// The machine stands still, and so does its BOOTTIME; its agent is gone, or
  /// not.
  suspend,
  wake,
  /// Others need the processors for up to half a minute.
  starve,
  kill_witness,
  /// Worker and witness at once.
  kill_both,
  /// Everything at once.
  power_off,
  // -- an agent
  cut_agent,
  kill_agent,
  /// Requests arrive, answers are lost.
  mute_agent,
  throttle_agent,
  /// Polls hear of nothing.
  blind_agent,
  // -- the way of the others to the API
  cut_peers,
  reset_peers,
  heal_agent,
  // -- the servers
  elect_consul_leader,
  /// No quorum for up to a minute.
  lose_quorum,
  lose_transaction,
  hang_polls,
  lag_stale_reads,
  // -- rights
  deny_writes,
  allow_writes,
  // -- an operator in Consul
  destroy_sessions,
  delete_lock,
  overwrite_lock,
  delete_record,
  /// A snapshot is restored: `meta` is of an earlier epoch.
  lower_epoch,
  /// Somebody uses a task's state for up to half a minute.
  lock_state,
  unlock_state,
  // -- what the tasks watch
  register_instance,
  deregister_instance,
  // -- machines and modules
  step_wall_clock,
  fill_disk,
  empty_disk,
  crash_terraform,
  kill_shim,
  break_module,
  hang_module,
  mend_modules,
  // -- an operator at the API
  create_task,
  delete_task,
  disable_task,
  enable_task,
  step_down,
};

constexpr auto faults_known = 50U;

/// The enumerator's name.
const char* to_string(fault x);

/// One of them, at a time, on a machine.
struct incident {
  nanoseconds at{};
  fault what{};
  std::size_t machine = 0;
  /// Whatever else has to be chosen.
  std::uint64_t number = 0;
};

using incidents = std::vector<incident>;

/// What a seed makes of the first minute.
incidents incidents_of(std::uint64_t seed);

/// The same, but only what must not delay other tasks (I14).
incidents calm_incidents_of(std::uint64_t seed);

/// One line an incident.
std::string describe(const incidents& xs);

incident on(fault what, nanoseconds at, std::size_t machine,
            std::uint64_t number = 0);

/// The same on all three machines, whoever leads.
incidents everywhere(fault what, nanoseconds at,
                     nanoseconds apart = nanoseconds{0});

/// In the order of their times.
incidents all_of(std::vector<incidents> xs);

/// A story of 6.3 that is told on purpose.
struct scenario {
  std::string name{};
  simulation::incidents incidents{};
  /// Fewer elections: the incidents had no effect.
  std::size_t elections_min = 1;
  /// More: the incidents had an effect that they must not have.
  std::size_t elections_max = 1'000;
  /// To be read in the trace of a seed, else they had none.
  std::string shows{};
};

const std::vector<scenario>& scenarios();

/// Nothing if there is none of that name.
std::optional<scenario> scenario_named(std::string_view name);

} // namespace cts::simulation

#include "tests/simulation/incidents.hpp"

namespace cts::simulation {

namespace {

using namespace std::chrono_literals;

/// Changes of what the tasks watch, all the time.
incidents changes(nanoseconds until) {
  auto out = incidents{};
  auto number = std::uint64_t{0};
  for (auto at = nanoseconds{10s}; at < until; at += 4s)
    out.push_back(on(fault::register_instance, at, 0, number++));
  return out;
}

/// The same on all three machines, with a number.
incidents everywhere_with(std::uint64_t number, fault what, nanoseconds at,
                          nanoseconds apart) {
  auto out = everywhere(what, at, apart);
  for (auto& x : out)
    x.number = number;
  return out;
}

incidents forged_refusals() {
  auto out = changes(40s);
  for (auto at = nanoseconds{12s}; at < 300s; at += 8s)
    for (auto i = std::size_t{0}; i < 3; ++i)
      out.push_back(on(fault::reset_peers, at, i, 1));
  return all_of({out});
}

std::vector<scenario> of_witnesses() {
  return {
    {"WitnessesKilled",
     all_of({everywhere(fault::kill_witness, 15'200ms),
             everywhere(fault::kill_witness, 23'200ms), changes(40s)}),
     1, 1, ": killed"},
    {"ShimsKilled",
     all_of({everywhere(fault::kill_shim, 15'200ms),
             everywhere(fault::kill_shim, 19'200ms), changes(40s)}),
     1, 1, "loses the shim of apply"},
    {"WorkersAndWitnessesKilled",
     all_of({everywhere(fault::kill_both, 15'200ms, 16s),
             everywhere(fault::boot, 20s, 16s), changes(60s)}),
     2},
    {"WitnessesKilledAfterTheirWorkers",
     all_of({everywhere(fault::kill, 15'200ms, 16s),
             everywhere(fault::kill_witness, 15'300ms, 16s),
             everywhere(fault::boot, 20s, 16s), changes(60s)}),
     2},
    {"WitnessesKilledBeforeTheirWorkers",
     all_of({everywhere(fault::kill_witness, 15'200ms, 16s),
             everywhere(fault::kill, 15'210ms, 16s),
             everywhere(fault::boot, 20s, 16s), changes(60s)}),
     2},
    {"WorkersStopForALittleWhile",
     all_of({everywhere(fault::pause, 12s, 10s),
             everywhere(fault::resume, 16s, 10s), changes(40s)}),
     1, 1},
    {"ProcessorsStarved",
     all_of({everywhere_with(20, fault::starve, 12s, 0s), changes(40s)}), 1, 1},
  };
}

std::vector<scenario> of_suspensions() {
  return {
    {"MachinesSuspendedWithTheirAgents",
     all_of({everywhere_with(0, fault::suspend, 15'200ms, 48s),
             everywhere(fault::wake, 52s, 48s), changes(140s)}),
     2},
    {"MachinesSuspendedWithoutTheirAgents",
     all_of({everywhere_with(1, fault::suspend, 15'200ms, 48s),
             everywhere(fault::wake, 52s, 48s), changes(140s)}),
     2},
    {"StatesLockedByHand",
     all_of({{on(fault::lock_state, 9s, 0, 0), on(fault::lock_state, 9s, 0, 1)},
             everywhere(fault::crash_terraform, 10'400ms),
             {on(fault::unlock_state, 35s, 0)},
             changes(30s)}),
     1, 1, "waiting for the state lock"},
  };
}

std::vector<scenario> of_instances() {
  return {
    {"TerminatedInTurn", everywhere(fault::terminate, 12s, 10s), 2},
    {"TerminatedDuringRuns",
     all_of({everywhere(fault::terminate, 15'200ms, 12s),
             everywhere(fault::boot, 19s, 12s), changes(40s)}),
     2},
    {"KilledInTurn",
     all_of({everywhere(fault::kill, 15'200ms, 12s),
             everywhere(fault::boot, 19s, 12s), changes(40s)}),
     2, 1'000, "sends inflight/"},
    {"PoweredOffInTurn",
     all_of({everywhere(fault::power_off, 12s, 15s),
             everywhere(fault::boot, 20s, 15s), changes(60s)}),
     2},
    {"PausedAndResumed",
     all_of({everywhere(fault::pause, 15'200ms, 48s),
             everywhere(fault::resume, 52s, 48s), changes(140s)}),
     2, 1'000, "the worker hangs"},
    {"FrozenAndThawed",
     all_of({everywhere(fault::freeze, 12s, 50s),
             everywhere(fault::thaw, 52s, 50s), changes(140s)}),
     2},
    {"SteppedDownInTurn",
     all_of({everywhere(fault::step_down, 12s, 10s), changes(40s)}), 2},
    {"StartedAgainWithinASecond",
     all_of({everywhere(fault::kill, 12s, 10s),
             everywhere(fault::boot, 12'700ms, 10s), changes(40s)}),
     2},
    {"ThreeFailoversWithinTenSeconds",
     all_of({{on(fault::destroy_sessions, 12s, 0),
              on(fault::destroy_sessions, 15s, 0),
              on(fault::destroy_sessions, 18s, 0)},
             changes(25s)}),
     4},
  };
}

std::vector<scenario> of_agents() {
  return {
    {"CutFromConsulAndHealed",
     all_of({everywhere(fault::cut_agent, 12s, 50s),
             everywhere(fault::heal_agent, 50s, 50s), changes(140s)}),
     2},
    {"CutAndHealedBeforeTheLeaseIsOver",
     all_of({{on(fault::cut_agent, 12s, 0), on(fault::cut_agent, 12s, 1),
              on(fault::cut_agent, 12s, 2)},
             everywhere(fault::heal_agent, 14s),
             changes(20s)})},
    {"AnswersLost",
     all_of({everywhere(fault::mute_agent, 12s, 50s),
             everywhere(fault::heal_agent, 37s, 50s), changes(140s)})},
    {"AgentsKilledInTurn", all_of({everywhere(fault::kill_agent, 12s, 30s),
                                   everywhere(fault::heal_agent, 20s, 30s)})},
    {"AgentsRefuseForTooManyConnections",
     all_of({everywhere(fault::throttle_agent, 12s, 30s),
             everywhere(fault::heal_agent, 17s, 30s), changes(90s)})},
    {"PollsGoBlind", all_of({everywhere(fault::blind_agent, 12s),
                             everywhere(fault::heal_agent, 42s),
                             {on(fault::destroy_sessions, 20s, 0)},
                             changes(40s)})},
    {"PollsHangDuringAPromotion",
     all_of({everywhere(fault::hang_polls, 12s, 0s),
             {on(fault::destroy_sessions, 12'100ms, 0)},
             changes(40s)}),
     2},
  };
}

std::vector<scenario> of_peers() {
  return {
    {"ApiCutFromPeers",
     all_of({everywhere(fault::cut_peers, 12s),
             everywhere(fault::heal_agent, 40s), changes(40s)}),
     1, 1},
    // The process answers the next greeting and clears the suspicion.
    {"PeersReset",
     all_of({everywhere(fault::reset_peers, 12s, 300ms),
             everywhere(fault::reset_peers, 20s), changes(40s)}),
     1, 1},
    // Each follower is fooled twice by each leader, then no more.
    {"PeersRefusedByForgers", forged_refusals(), 2, 13},
  };
}

std::vector<scenario> of_servers() {
  return {
    {"ConsulElectsTwice",
     {on(fault::elect_consul_leader, 12s, 0, 3000),
      on(fault::elect_consul_leader, 30s, 0, 2001)},
     1,
     1},
    {"ConsulElectsWhileALeaderDies",
     all_of({everywhere(fault::kill, 12s),
             everywhere(fault::boot, 13s),
             {on(fault::elect_consul_leader, 11'900ms, 0, 3000),
              on(fault::elect_consul_leader, 20s, 0, 2001)}})},
    {"QuorumLost",
     all_of({{on(fault::lose_quorum, 14s, 0, 45'000)}, changes(30s)})},
    {"TransactionsAnsweredInSilence",
     all_of({everywhere(fault::lose_transaction, 5s),
             everywhere(fault::lose_transaction, 20s, 1s),
             {on(fault::register_instance, 20s, 0, 1)}})},
    {"StaleReadsLag",
     all_of({{on(fault::lag_stale_reads, 10s, 0, 1),
              on(fault::destroy_sessions, 20s, 0),
              on(fault::lag_stale_reads, 40s, 0, 0)},
             changes(40s)}),
     2},
    {"RightsTakenAndGiven",
     all_of({everywhere(fault::deny_writes, 12s),
             everywhere(fault::allow_writes, 20s), changes(30s)})},
  };
}

std::vector<scenario> of_operators() {
  return {
    {"LockDeleted",
     {on(fault::delete_lock, 12s, 0), on(fault::delete_lock, 25s, 0)},
     3},
    {"LeadersSessionDestroyed",
     {on(fault::destroy_sessions, 12s, 0), on(fault::destroy_sessions, 25s, 0)},
     3},
    {"LockOverwritten", {on(fault::overwrite_lock, 12s, 0)}, 1, 1},
    {"SnapshotRestored",
     {on(fault::destroy_sessions, 12s, 0), on(fault::destroy_sessions, 20s, 0),
      on(fault::lower_epoch, 28s, 0), on(fault::destroy_sessions, 30s, 0)},
     4},
    {"RecordsDeletedDuringRuns",
     all_of({changes(40s),
             {on(fault::delete_record, 15'200ms, 0, 0),
              on(fault::delete_record, 19'200ms, 0, 1),
              on(fault::delete_record, 23'200ms, 0, 2)}})},
    {"TasksCreatedAndDeletedThroughFailovers",
     all_of({everywhere(fault::create_task, 11s),
             everywhere(fault::terminate, 12s, 15s),
             everywhere(fault::boot, 22s, 15s),
             everywhere(fault::delete_task, 60s)})},
    {"TasksDisabledAndEnabledThroughFailovers",
     all_of({everywhere(fault::disable_task, 11s),
             {on(fault::destroy_sessions, 11'020ms, 0)},
             everywhere(fault::enable_task, 30s),
             {on(fault::destroy_sessions, 30'020ms, 0)},
             changes(40s)}),
     3},
  };
}

std::vector<scenario> of_machines() {
  return {
    {"WallClocksStepped",
     all_of({everywhere(fault::step_wall_clock, 12s, 5s), changes(30s)}), 1, 1},
    {"DisksFullOnPromotion",
     all_of({everywhere(fault::fill_disk, 11s),
             {on(fault::destroy_sessions, 12s, 0)},
             everywhere(fault::empty_disk, 25s),
             changes(30s)}),
     2},
    {"TerraformKilled",
     all_of({everywhere(fault::crash_terraform, 15'200ms),
             everywhere(fault::crash_terraform, 19'200ms), changes(30s)}),
     1, 1, "crashes apply"},
    {"ModulesHangAndFail",
     all_of(
       {{on(fault::hang_module, 4s, 0, 0), on(fault::break_module, 4s, 0, 1),
         on(fault::destroy_sessions, 20s, 0), on(fault::mend_modules, 45s, 0)},
        changes(40s)}),
     2},
    {"KilledWithAHangingModule",
     all_of({{on(fault::hang_module, 4s, 0, 0)},
             changes(40s),
             everywhere(fault::kill, 18s, 12s),
             everywhere(fault::boot, 20s, 12s),
             {on(fault::mend_modules, 55s, 0)}}),
     2},
  };
}

} // namespace

const std::vector<scenario>& scenarios() {
  static const auto all = [] {
    auto out = std::vector<scenario>{};
    for (auto&& some :
         {of_instances(), of_witnesses(), of_suspensions(), of_agents(),
          of_peers(), of_servers(), of_operators(), of_machines()})
      out.insert(out.end(), some.begin(), some.end());
    return out;
  }();
  return all;
}

} // namespace cts::simulation

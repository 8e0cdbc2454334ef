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

std::vector<scenario> of_instances() {
  return {
    {"TerminatedInTurn", everywhere(fault::terminate, 12s, 10s), 2},
    {"KilledInTurn",
     all_of({everywhere(fault::kill, 12s, 12s),
             everywhere(fault::boot, 16s, 12s), changes(40s)}),
     2},
    {"PoweredOffInTurn",
     all_of({everywhere(fault::power_off, 12s, 15s),
             everywhere(fault::boot, 20s, 15s), changes(60s)}),
     2},
    {"PausedAndResumed",
     all_of({everywhere(fault::pause, 12s, 50s),
             everywhere(fault::resume, 52s, 50s), changes(140s)}),
     2},
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
             everywhere(fault::delete_record, 10'500ms, 2s),
             {on(fault::delete_record, 14'700ms, 0, 1),
              on(fault::delete_record, 18'700ms, 0, 2)}})},
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
     all_of({everywhere(fault::crash_terraform, 10'400ms),
             everywhere(fault::crash_terraform, 14'700ms), changes(30s)})},
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
    for (auto&& some : {of_instances(), of_agents(), of_servers(),
                        of_operators(), of_machines()})
      out.insert(out.end(), some.begin(), some.end());
    return out;
  }();
  return all;
}

} // namespace cts::simulation

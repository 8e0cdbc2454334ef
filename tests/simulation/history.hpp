#pragma once

#include "tests/simulation/oracle.hpp"

#include <string>
#include <vector>

namespace cts::simulation {

/// Something that goes wrong, or that somebody does.
enum class fault : std::uint8_t {
  kill,
  boot,
  terminate,
  pause,
  resume,
  cut_agent,
  kill_agent,
  heal_agent,
  mute_agent,
  elect_consul_leader,
  lose_transaction,
  hang_polls,
  destroy_sessions,
  delete_lock,
  overwrite_lock,
  register_instance,
  deregister_instance,
  step_wall_clock,
  create_task,
  delete_task,
};

constexpr auto faults_known = 20U;

const char* to_string(fault x);

/// One of them, at a time, on a machine.
struct incident {
  nanoseconds at{};
  fault what{};
  std::size_t machine = 0;
  /// Whatever else has to be chosen.
  std::uint64_t number = 0;
};

/// What a seed makes of the first minutes.
std::vector<incident> incidents_of(std::uint64_t seed);

/// How a history went.
struct outcome {
  std::vector<violation> violations{};
  std::string trace{};
  nanoseconds simulated{};
  std::uint64_t steps = 0;
  std::size_t failovers = 0;
  std::size_t applies = 0;
  std::size_t incidents = 0;
};

struct history_options {
  std::uint64_t seed = 1;
  std::vector<incident> incidents{};
  std::size_t trace_lines = 0;
  tampering tamper{};
  module_habits habits{};
  std::function<void(config::settings&, const std::string& machine)> adjust{};
};

/// Lets the incidents happen to a cluster of three, heals everything, waits and
/// judges.
outcome play(const history_options& options);

/// The incidents without which the same invariant still breaks: each one that
/// is left is needed.
std::vector<incident> minimised(history_options options);

/// One line an incident.
std::string describe(const std::vector<incident>& xs);

} // namespace cts::simulation

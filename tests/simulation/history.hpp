#pragma once

#include "tests/simulation/incidents.hpp"
#include "tests/simulation/oracle.hpp"

#include <string>
#include <vector>

namespace cts::simulation {

/// How a history went.
struct outcome {
  std::vector<violation> violations{};
  std::string trace{};
  nanoseconds simulated{};
  std::uint64_t steps = 0;
  std::size_t elections = 0;
  std::size_t applies = 0;
  std::size_t incidents = 0;
  std::size_t thaw_overlaps = 0;
  /// Locks that a witness gave back, and runs whose end was told by others than
  /// a leader.
  std::size_t witness_releases = 0;
  std::size_t acknowledged = 0;
};

struct history_options {
  std::uint64_t seed = 1;
  simulation::incidents incidents{};
  std::size_t trace_lines = 0;
  std::size_t machines = 3;
  /// At most one instance applies anything at a time.
  bool exclusive = false;
  /// Faults are such that no promotion is disturbed and slots are free.
  bool watches_delays = false;
  /// Nothing goes wrong but that machines stand still.
  bool watches_wakes = false;
  nanoseconds session_ttl{std::chrono::seconds{10}};
  /// Go on until this invariant breaks; empty: stop when any does.
  std::string sought{};
  tampering tamper{};
  std::function<void(config::settings&, const std::string& machine)> adjust{};
};

/// A random history. In some nothing goes wrong but modules and leaders, and
/// delays are watched.
history_options options_of(std::uint64_t seed);

/// Lets the incidents happen to a cluster of three, heals everything, waits
/// until all is as it must be, and judges.
outcome play(const history_options& options);

/// The incidents without which the same invariant still breaks: each one that
/// is left is needed.
incidents minimised(history_options options);

/// What somebody needs who wants to know why: the violations, the incidents
/// that matter, and the trace. `options` is a history that breaks something.
std::string report(history_options options);

} // namespace cts::simulation

#pragma once

#include "tests/simulation/history.hpp"

#include <string>
#include <vector>

/// Ways to break the protocol at the edges of an instance: what it sends, what
/// it is told. Each breaks an invariant, and the oracle has to notice.
namespace cts::simulation {

struct mutation {
  /// What is missing.
  std::string name{};
  /// What breaks.
  std::string invariant{};
  /// Without its `tamper` and `adjust` nothing breaks.
  history_options options{};
};

/// At least one for each invariant.
std::vector<mutation> mutations();

} // namespace cts::simulation

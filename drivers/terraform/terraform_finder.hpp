#pragma once

#include "actors/contract.hpp"

#include <caf/local_actor.hpp>

#include <memory>
#include <string>
#include <vector>

namespace cts {

/// What the search for the program needs to know.
struct terraform_finder_options {
  std::shared_ptr<const config::settings> settings{};
  /// Our own environment, `NAME=value`.
  std::vector<std::string> environment{};
  /// Absolute; where the candidates are run.
  std::string process_directory{};
  process_actor processes{};
};

/// Starts an actor that answers `find_program` and then ends.
driver_setup_actor make_terraform_finder(caf::local_actor* parent,
                                         terraform_finder_options options);

} // namespace cts

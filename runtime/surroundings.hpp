#pragma once

#include "core/config/load.hpp"

namespace cts {

/// What this process knows besides the configuration files: environment, host
/// name, working directory, processors, files.
config::surroundings process_surroundings();

} // namespace cts

#pragma once

#include "core/config/load.hpp"

namespace cts {

/// What this process knows besides the configuration files: environment, host
/// name, working directory, processors, files. Fails with `configuration` if
/// the working directory cannot be named, for example because it was removed.
result<config::surroundings> process_surroundings();

} // namespace cts

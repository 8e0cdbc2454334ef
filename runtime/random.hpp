#pragma once

#include "core/types.hpp"

namespace cts {

/// Random bits of the operating system, for identifiers and jitter.
random_source system_random();

} // namespace cts

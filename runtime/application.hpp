#pragma once

#include "runtime/command_line.hpp"

namespace cts {

/// Runs what the command line asks for until it ends by itself or a signal
/// ends it, and returns the exit code. Call once, from `main`, before any
/// other thread exists.
int run_application(const start_command& order);

} // namespace cts

#pragma once

#include "core/config/config.hpp"

namespace cts::config {

/// The quiet time that a task uses, from its own block and the global one.
/// Source: spec configuration, 2.14.
buffer_period buffer_of(const task& x, const buffer_period& global);

/// The folder of a task that names none.
std::string default_working_dir(const std::string& base,
                                const std::string& task);

} // namespace cts::config

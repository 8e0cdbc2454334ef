#pragma once

#include "core/error.hpp"

#include <caf/atom.hpp>
#include <caf/error.hpp>

#include <string>

namespace cts {

/// Our errors as they travel between actors: category `cts`, code, sentence.
caf::error to_caf(const error& reason);

/// The way back. Errors of CAF itself (a receiver that is gone, a timeout) get
/// the nearest code of ours and a sentence.
error to_core(const caf::error& reason);

} // namespace cts

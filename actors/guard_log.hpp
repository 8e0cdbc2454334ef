#pragma once

#include "actors/log.hpp"

#include <string>

namespace cts {

/// Where `cafx::install_guards` reports messages that nobody expected and
/// exceptions that ended an actor.
inline void guard_log(const std::string& text) {
  log::error("actor", text);
}

} // namespace cts

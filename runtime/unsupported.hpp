#pragma once

#include "core/config/load.hpp"

#include <string>
#include <vector>

namespace cts {

/// What the configuration asks for and this version cannot do yet, one
/// sentence each, with the setting it is about. It is refused at start: to
/// ignore it silently would run tasks in another way than their author meant.
std::vector<config::complaint> unsupported_settings(const config::settings& x);

/// The sentences about one task, which may come through the API.
std::vector<std::string> unsupported_in(const config::task& x);

} // namespace cts

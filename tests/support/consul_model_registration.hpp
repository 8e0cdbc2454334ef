#pragma once

#include "tests/support/consul_model.hpp"

#include <optional>

namespace cts::consul_model {

/// Answers what changes services, nodes and checks, below `/v1/agent/` and
/// `/v1/catalog/`. Nothing for other requests.
std::optional<reply> serve_registration(state& s, const request& x,
                                        time_point now);

} // namespace cts::consul_model

#pragma once

#include "tests/support/consul_model.hpp"

#include <optional>

namespace cts::consul_model {

/// Answers the paths of services, nodes and checks: `/v1/agent`, `/v1/catalog`
/// and `/v1/health`. Nothing for other paths.
std::optional<reply> serve_catalog(state& s, const request& x);

} // namespace cts::consul_model

#pragma once

#include "tests/support/consul_model.hpp"

#include <optional>

namespace cts::consul_model {

/// Answers the paths below `/v1/kv/`. Nothing for other paths.
std::optional<reply> serve_kv(state& s, const request& x);

} // namespace cts::consul_model

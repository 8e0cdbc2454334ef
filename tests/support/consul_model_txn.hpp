#pragma once

#include "tests/support/consul_model.hpp"

#include <optional>

namespace cts::consul_model {

/// Answers `/v1/txn`. Nothing for other paths.
std::optional<reply> serve_txn(state& s, const request& x, time_point now);

} // namespace cts::consul_model

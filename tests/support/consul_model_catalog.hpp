#pragma once

#include "tests/support/consul_model.hpp"

#include <optional>

namespace cts::consul_model {

/// Answers reads below `/v1/agent/`, `/v1/catalog/` and `/v1/health/`. Nothing
/// for other requests.
std::optional<reply> serve_catalog(const state& s, const request& x);

/// The index of such an answer; nothing if it has none.
std::optional<index> catalog_index_of(const state& s, const request& x);

} // namespace cts::consul_model

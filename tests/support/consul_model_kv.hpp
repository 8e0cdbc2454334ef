#pragma once

#include "tests/support/consul_model.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace cts::consul_model {

/// Answers the paths below `/v1/kv/`. Nothing for other paths.
std::optional<reply> serve_kv(state& s, const request& x, time_point now);

/// The index of the answer to a read below `/v1/kv/`.
index kv_index_of(const state& s, const request& x);

/// How Consul shows an entry.
std::string entry_text(const std::string& key, const kv_entry& x);

/// Refuses a body beyond 524288 bytes, the default of the option `limit`.
reply too_large(std::size_t bytes, std::string_view limit);

} // namespace cts::consul_model

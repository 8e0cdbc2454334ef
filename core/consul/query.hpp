#pragma once

#include "core/consul/request.hpp"
#include "core/error.hpp"
#include "core/types.hpp"

namespace cts::consul {

/// The request that answers `x` now. Fails with `configuration` if there is
/// none.
result<request> request_for(const dependency& x);

/// What the agent said about `x`. Fails with `refused` and the text of
/// `describe_failure` if it said no, and with `malformed`. A missing KV key is
/// no failure.
result<snapshot> decode(const dependency& x, const reply& answer);

/// Whether asking again cannot help: the query is wrong or not permitted
/// (chapter monitoring 1.3).
bool is_permanent(const reply& answer);

} // namespace cts::consul

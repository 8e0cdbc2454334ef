#pragma once

#include "core/consul/request.hpp"
#include "core/error.hpp"

#include <string>

/// Source: https://developer.hashicorp.com/consul/api-docs/status
namespace cts::consul {

/// Asks for the address of the Raft leader. Needs no token.
request leader_request();

/// `address:port`, or empty if there is no leader. Fails with `refused` if the
/// status is not 200, and with `malformed`.
result<std::string> decode_leader(const reply& x);

} // namespace cts::consul

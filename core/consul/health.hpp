#pragma once

#include "core/consul/request.hpp"
#include "core/error.hpp"
#include "core/types.hpp"

#include <string_view>

/// Source: https://developer.hashicorp.com/consul/api-docs/health
namespace cts::consul {

/// Asks for the instances of `x.name`: the passing ones, unless the filter
/// judges `Checks.Status` itself (chapter monitoring 2.2).
request health_request(const dependency& x);

/// Instances ordered by node, then id. Absent and null fields are empty. Fails
/// with `malformed` if the text is no list of instances.
result<service_instances> decode_instances(std::string_view body);

} // namespace cts::consul

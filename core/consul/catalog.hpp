#pragma once

#include "core/consul/request.hpp"
#include "core/error.hpp"
#include "core/types.hpp"

#include <string_view>

/// Source: https://developer.hashicorp.com/consul/api-docs/catalog
namespace cts::consul {

/// Asks for the names and tags of all services, on nodes with all pairs of
/// `x.node_meta`.
request catalog_request(const dependency& x);

/// Fails with `malformed` if the text is no object of lists.
result<catalog_services> decode_catalog(std::string_view body);

} // namespace cts::consul

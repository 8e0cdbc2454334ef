#pragma once

#include "core/consul/request.hpp"
#include "core/error.hpp"
#include "core/types.hpp"

#include <string>
#include <string_view>

/// Source: https://developer.hashicorp.com/consul/api-docs/kv
namespace cts::consul {

/// Asks for one key, or for all keys that begin with `x.name`. One leading `/`
/// is dropped. Fails with `configuration` if nothing is left.
result<request> kv_request(const dependency& x);

/// Ascending by key. Values are bytes, whether or not they are UTF-8. Fails
/// with `malformed` if the text is no list of pairs, or a value no base64.
result<kv_pairs> decode_pairs(std::string_view body);

/// The bytes behind standard base64 with padding.
result<std::string> decode_base64(std::string_view text);

/// Standard base64 with padding.
std::string encode_base64(std::string_view bytes);

} // namespace cts::consul

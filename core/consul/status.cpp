#include "core/consul/status.hpp"

#include <simdjson.h>

#include <string_view>

namespace cts::consul {

request leader_request() {
  return {.path = "/v1/status/leader"};
}

result<std::string> decode_leader(const reply& x) {
  if (x.status != 200)
    return fail(errc::refused, describe_failure(x));
  try {
    auto parser = simdjson::dom::parser{};
    return std::string{std::string_view{parser.parse(x.body)}};
  } catch (const simdjson::simdjson_error& e) {
    return fail(errc::malformed, "/v1/status/leader: ", e.what());
  }
}

} // namespace cts::consul

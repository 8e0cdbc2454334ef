#include "core/consul/catalog.hpp"

#include <simdjson.h>

#include <algorithm>

namespace cts::consul {

namespace {

std::vector<std::string> tags_of(const simdjson::dom::element& list) {
  auto out = std::vector<std::string>{};
  if (list.is_null())
    return out;
  for (auto tag : simdjson::dom::array{list})
    out.emplace_back(std::string_view{tag});
  std::sort(out.begin(), out.end());
  return out;
}

} // namespace

request catalog_request(const dependency& x) {
  auto out = request{.path = "/v1/catalog/services"};
  for (const auto& [key, value] : x.node_meta)
    out.query.emplace("node-meta", key + ":" + value);
  return out;
}

result<catalog_services> decode_catalog(std::string_view body) {
  auto out = catalog_services{};
  try {
    auto parser = simdjson::dom::parser{};
    for (auto [name, tags] : simdjson::dom::object{parser.parse(body)})
      out.insert_or_assign(std::string{name}, tags_of(tags));
  } catch (const simdjson::simdjson_error& e) {
    return fail(errc::malformed, "service ", out.size(), ": ", e.what());
  }
  return out;
}

} // namespace cts::consul

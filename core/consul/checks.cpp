#include "core/consul/checks.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace cts::consul {

namespace {

namespace json = boost::json;

std::string text_of(const json::object& x, const char* name) {
  const auto* found = x.if_contains(name);
  const auto* text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string{} : std::string{text->c_str()};
}

} // namespace

request checks_request(std::string_view service, std::string_view ns) {
  auto out = request{.path = "/v1/health/checks/" + encode_segment(service)};
  if (!ns.empty())
    out.query.emplace("ns", ns);
  return out;
}

result<std::vector<service_check>> decode_checks(std::string_view body) {
  auto code = json::error_code{};
  auto parsed = json::parse(body, code);
  const auto* items = code ? nullptr : parsed.if_array();
  if (items == nullptr)
    return fail(errc::malformed, "Consul's answer is no list of checks");
  auto out = std::vector<service_check>{};
  for (const auto& each : *items) {
    const auto* check = each.if_object();
    if (check == nullptr)
      return fail(errc::malformed, "Consul's answer is no list of checks");
    out.push_back({.service_id = text_of(*check, "ServiceID"),
                   .check_id = text_of(*check, "CheckID"),
                   .status = text_of(*check, "Status")});
  }
  return out;
}

} // namespace cts::consul

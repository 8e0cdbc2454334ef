#include "core/consul/agent.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>

namespace cts::consul {

namespace {

namespace json = boost::json;

json::object check_body(const http_check& x) {
  auto seconds = [](std::chrono::seconds span) {
    return std::to_string(span.count()) + "s";
  };
  return {
    {"CheckID", x.id},
    {"Name", x.name},
    {"Notes", x.notes},
    {"HTTP", x.url},
    {"Method", x.method},
    {"Interval", seconds(x.interval)},
    {"Timeout", seconds(x.timeout)},
    {"TLSSkipVerify", x.tls_skip_verify},
    {"Status", "critical"},
    {"DeregisterCriticalServiceAfter",
     std::to_string(x.deregister_critical_after.count()) + "m"},
  };
}

json::object check_body(const tcp_check& x) {
  return {
    {"CheckID", x.id},
    {"Name", x.name},
    {"TCP", x.address},
    {"Interval", std::to_string(x.interval.count()) + "s"},
    {"Timeout", std::to_string(x.timeout.count()) + "s"},
    {"Status", "passing"},
  };
}

void add_namespace(request& to, std::string_view ns) {
  if (!ns.empty())
    to.query.emplace("ns", ns);
}

} // namespace

request register_service(const service_definition& x) {
  auto body = json::object{
    {"ID", x.id},
    {"Name", x.name},
    {"Tags", json::value_from(x.tags)},
    {"Address", x.address},
    {"Port", x.port},
  };
  if (!x.meta.empty())
    body["Meta"] = json::value_from(x.meta);
  if (!x.ns.empty())
    body["Namespace"] = x.ns;
  if (x.check && !x.alive)
    body["Check"] = check_body(*x.check);
  if (x.alive) {
    auto checks = json::array{};
    if (x.check)
      checks.push_back(check_body(*x.check));
    checks.push_back(check_body(*x.alive));
    body["Checks"] = std::move(checks);
  }
  return {.method = "PUT",
          .path = "/v1/agent/service/register",
          .body = json::serialize(body)};
}

request deregister_service(std::string_view id, std::string_view ns) {
  auto out
    = request{.method = "PUT",
              .path = "/v1/agent/service/deregister/" + encode_segment(id)};
  add_namespace(out, ns);
  return out;
}

request service_request(std::string_view id, std::string_view ns) {
  auto out = request{.path = "/v1/agent/service/" + encode_segment(id)};
  add_namespace(out, ns);
  return out;
}

} // namespace cts::consul

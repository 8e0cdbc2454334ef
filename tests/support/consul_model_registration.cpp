#include "tests/support/consul_model_registration.hpp"

#include "core/go_duration.hpp"
#include "tests/support/consul_model_registry.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>

namespace cts::consul_model {

namespace {

namespace json = boost::json;

// -- reading ------------------------------------------------------------------

std::string text(const json::object& from, std::string_view key) {
  auto* found = from.if_contains(key);
  return found != nullptr && found->is_string()
           ? std::string{found->get_string()}
           : std::string{};
}

template <class T>
T value_or_empty(const json::object& from, std::string_view key) {
  auto* found = from.if_contains(key);
  return found != nullptr && !found->is_null() ? json::value_to<T>(*found)
                                               : T{};
}

service read_service(const json::object& from, std::string_view name_key) {
  return {.name = text(from, name_key),
          .address = text(from, "Address"),
          .port = value_or_empty<std::int64_t>(from, "Port"),
          .tags = value_or_empty<std::vector<std::string>>(from, "Tags"),
          .meta = value_or_empty<text_map>(from, "Meta")};
}

/// `Check` and `Checks` of a body.
std::vector<json::object> read_checks(const json::object& from) {
  auto out = std::vector<json::object>{};
  if (auto* one = from.if_contains("Check"); one && one->is_object())
    out.push_back(one->get_object());
  if (auto* many = from.if_contains("Checks"); many && many->is_array())
    for (const auto& one : many->get_array())
      out.push_back(one.as_object());
  return out;
}

/// Agents make no check more often.
duration interval_of(const json::object& from) {
  constexpr auto least = duration{std::chrono::seconds{1}};
  auto asked = go_duration::parse(text(from, "Interval"));
  return asked ? std::max(least, std::chrono::duration_cast<duration>(*asked))
               : least;
}

// -- what agents are told -----------------------------------------------------

reply denied_service(const std::string& name) {
  return {.status = 403,
          .body = "Permission denied: Missing service:write on " + name};
}

void register_check(state& s, const place& at, const json::object& body,
                    time_point now) {
  auto x = check{.name = text(body, "Name"),
                 .service_id = text(body, "ServiceID"),
                 .tcp = text(body, "TCP"),
                 .since = now};
  if (!x.tcp.empty())
    x.interval = interval_of(body);
  // Registering again keeps what the check found.
  if (auto old = s.checks.find(at); old != s.checks.end()) {
    x.status = old->second.status;
    x.output = old->second.output;
    x.since = old->second.since;
  } else if (auto status = text(body, "Status"); !status.empty()) {
    x.status = status;
  }
  put_check(s, at, std::move(x), now);
  arm_check(s, at, now);
}

reply register_service(state& s, const request& x, const json::object& body,
                       time_point now) {
  auto name = text(body, "Name");
  if (!rights_of(s, x)->write_services)
    return denied_service(name);
  auto id = text(body, "ID").empty() ? name : text(body, "ID");
  put_service(s, {x.node, id}, read_service(body, "Name"));
  for (auto& one : read_checks(body)) {
    auto check_id = text(one, "CheckID");
    one["ServiceID"] = id;
    register_check(s, {x.node, check_id.empty() ? "service:" + id : check_id},
                   one, now);
  }
  return {};
}

reply deregister_service(state& s, const request& x, const std::string& id,
                         time_point now) {
  auto found = s.services.find({x.node, id});
  if (found == s.services.end())
    return rights_of(s, x)->write_services
             ? reply{}
             : reply{.status = 500,
                     .body = "Unknown service {\"" + id + "\" {}}"};
  if (!rights_of(s, x)->write_services)
    return denied_service(found->second.name);
  erase_service(s, {x.node, id}, now);
  return {};
}

reply set_status(state& s, const place& at, const std::string& verb,
                 time_point now) {
  auto found = s.checks.find(at);
  if (found == s.checks.end() || !found->second.tcp.empty())
    return {.status = 500,
            .body
            = "CheckID \"" + at.second + "\" does not have associated TTL"};
  auto x = found->second;
  x.status = verb == "pass"   ? "passing"
             : verb == "warn" ? "warning"
                              : "critical";
  put_check(s, at, std::move(x), now);
  return {};
}

/// A check of its own, which is critical.
reply maintain(state& s, const request& x, const std::string& service_id,
               time_point now) {
  auto id = service_id.empty() ? "_node_maintenance"
                               : "_service_maintenance:" + service_id;
  if (value_of(x, "enable") == "true")
    put_check(s, {x.node, id},
              {.name = "Maintenance Mode", .service_id = service_id}, now);
  else
    erase_check(s, {x.node, id}, now);
  return {};
}

/// What follows `prefix` in the path; nothing if it does not begin so.
std::optional<std::string> after(const request& x, std::string_view prefix) {
  if (!x.path.starts_with(prefix))
    return std::nullopt;
  return x.path.substr(prefix.size());
}

std::optional<reply> tell_agent(state& s, const request& x,
                                const json::object& body, time_point now) {
  if (x.path == "/v1/agent/service/register")
    return register_service(s, x, body, now);
  if (auto id = after(x, "/v1/agent/service/deregister/"))
    return deregister_service(s, x, *id, now);
  if (auto id = after(x, "/v1/agent/service/maintenance/"))
    return maintain(s, x, *id, now);
  if (x.path == "/v1/agent/maintenance")
    return maintain(s, x, {}, now);
  if (auto id = after(x, "/v1/agent/check/deregister/")) {
    erase_check(s, {x.node, *id}, now);
    return reply{};
  }
  if (x.path == "/v1/agent/check/register") {
    auto id = text(body, text(body, "ID").empty() ? "Name" : "ID");
    register_check(s, {x.node, id}, body, now);
    return reply{};
  }
  for (const auto* verb : {"pass", "warn", "fail"})
    if (auto id = after(x, "/v1/agent/check/" + std::string{verb} + "/"))
      return set_status(s, {x.node, *id}, verb, now);
  return std::nullopt;
}

// -- what servers are told ----------------------------------------------------

reply register_with_catalog(state& s, const json::object& body,
                            time_point now) {
  auto name = text(body, "Node");
  auto [at, is_new] = s.nodes.try_emplace(name);
  at->second.address = text(body, "Address");
  if (body.contains("NodeMeta"))
    at->second.meta = value_or_empty<text_map>(body, "NodeMeta");
  if (body.contains("TaggedAddresses"))
    at->second.tagged_addresses
      = value_or_empty<text_map>(body, "TaggedAddresses");
  if (is_new)
    s.catalog_index = ++s.newest;
  if (auto* one = body.if_contains("Service")) {
    const auto& from = one->as_object();
    auto id
      = text(from, "ID").empty() ? text(from, "Service") : text(from, "ID");
    put_service(s, {name, id}, read_service(from, "Service"));
  }
  for (const auto& one : read_checks(body))
    put_check(s, {name, text(one, "CheckID")},
              {.name = text(one, "Name"),
               .status = text(one, "Status"),
               .output = text(one, "Output"),
               .service_id = text(one, "ServiceID")},
              now);
  return {.body = "true"};
}

reply deregister_from_catalog(state& s, const json::object& body,
                              time_point now) {
  auto name = text(body, "Node");
  if (auto id = text(body, "ServiceID"); !id.empty())
    erase_service(s, {name, id}, now);
  else if (auto check_id = text(body, "CheckID"); !check_id.empty())
    erase_check(s, {name, check_id}, now);
  else
    erase_node(s, name, now);
  return {.body = "true"};
}

} // namespace

std::optional<reply> serve_registration(state& s, const request& x,
                                        time_point now) {
  auto is_ours
    = x.path.starts_with("/v1/agent/") || x.path.starts_with("/v1/catalog/");
  if (!is_ours || x.method == "GET")
    return std::nullopt;
  auto problem = boost::system::error_code{};
  auto body = json::parse(x.body.empty() ? "{}" : x.body, problem);
  if (problem || !body.is_object())
    return reply{.status = 400, .body = "Request decode failed"};
  if (x.path == "/v1/catalog/register")
    return register_with_catalog(s, body.get_object(), now);
  if (x.path == "/v1/catalog/deregister")
    return deregister_from_catalog(s, body.get_object(), now);
  return tell_agent(s, x, body.get_object(), now);
}

} // namespace cts::consul_model

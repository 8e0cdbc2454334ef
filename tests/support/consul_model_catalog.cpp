#include "tests/support/consul_model_catalog.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <algorithm>
#include <set>

namespace cts::consul_model {

namespace {

namespace json = boost::json;

json::object node_body(const state& s, const std::string& name) {
  const auto& x = s.nodes.at(name);
  return {{"ID", ""},
          {"Node", name},
          {"Address", x.address},
          {"Datacenter", s.datacenter},
          {"TaggedAddresses", json::value_from(x.tagged_addresses)},
          {"Meta", json::value_from(x.meta)}};
}

json::object service_body(const std::string& id, const service& x) {
  return {{"ID", id},
          {"Service", x.name},
          {"Tags", json::value_from(x.tags)},
          {"Address", x.address},
          {"Meta", json::value_from(x.meta)},
          {"Port", x.port}};
}

json::array checks_of(const state& s, const place& at) {
  auto out = json::array{};
  for (const auto& [where, x] : s.checks)
    if (where.first == at.first
        && (x.service_id.empty() || x.service_id == at.second))
      out.push_back(json::object{{"Node", where.first},
                                 {"CheckID", where.second},
                                 {"Name", x.name},
                                 {"Status", x.status},
                                 {"Output", x.output},
                                 {"ServiceID", x.service_id}});
  return out;
}

bool all_passing(const json::array& checks) {
  return std::all_of(checks.begin(), checks.end(), [](const auto& one) {
    return one.at("Status").as_string() == "passing";
  });
}

index health_index(const state& s, const std::string& name) {
  auto own = s.service_index.find(name);
  if (own != s.service_index.end())
    return own->second;
  return s.extinction_index > 0 ? s.extinction_index : s.catalog_index;
}

reply health(const state& s, const std::string& name, const request& x) {
  if (x.query.contains("filter"))
    return {.status = 500,
            .newest = 1,
            .body = "Failed to create boolean expression evaluator: the model "
                    "evaluates no filters"};
  auto passing = x.query.find("passing");
  auto only_passing = passing != x.query.end() && passing->second != "0"
                      && passing->second != "false";
  auto out = json::array{};
  for (const auto& [at, one] : s.services) {
    if (one.name != name)
      continue;
    auto checks = checks_of(s, at);
    if (!only_passing || all_passing(checks))
      out.push_back(json::object{{"Node", node_body(s, at.first)},
                                 {"Service", service_body(at.second, one)},
                                 {"Checks", std::move(checks)}});
  }
  return {.newest = health_index(s, name), .body = json::serialize(out)};
}

bool matches(const node& x, const request& query) {
  auto [first, last] = query.query.equal_range("node-meta");
  return std::all_of(first, last, [&x](const auto& entry) {
    const auto& pair = entry.second;
    auto colon = std::min(pair.find(':'), pair.size());
    auto found = x.meta.find(pair.substr(0, colon));
    return found != x.meta.end() && found->second == pair.substr(colon + 1);
  });
}

reply catalog(const state& s, const request& x) {
  auto tags = std::map<std::string, std::set<std::string>>{};
  auto first = s.nodes.find(first_node);
  if (first != s.nodes.end() && matches(first->second, x))
    tags["consul"];
  for (const auto& [at, one] : s.services)
    if (matches(s.nodes.at(at.first), x))
      tags[one.name].insert(one.tags.begin(), one.tags.end());
  return {.newest = s.services_index,
          .body = json::serialize(json::value_from(tags))};
}

reply agent_service(const state& s, const place& at) {
  auto found = s.services.find(at);
  if (found == s.services.end())
    return {.status = 404, .body = "unknown service ID: " + at.second};
  return {.body = json::serialize(service_body(at.second, found->second))};
}

reply agent_self(const state& s, const request& x) {
  if (!rights_of(s, x)->read_agent)
    return {.status = 403, .body = "Permission denied"};
  auto body = json::object{{"Config", json::object{{"Datacenter", s.datacenter},
                                                   {"NodeName", x.node},
                                                   {"Version", "1.8.7"}}}};
  return {.body = json::serialize(body)};
}

constexpr auto health_path = std::string_view{"/v1/health/service/"};

/// What follows `prefix` in the path; nothing if it does not begin so.
std::optional<std::string> after(const request& x, std::string_view prefix) {
  if (!x.path.starts_with(prefix))
    return std::nullopt;
  return x.path.substr(prefix.size());
}

} // namespace

std::optional<reply> serve_catalog(const state& s, const request& x) {
  if (x.method != "GET")
    return std::nullopt;
  if (x.path == "/v1/catalog/services")
    return catalog(s, x);
  if (auto name = after(x, health_path))
    return health(s, *name, x);
  if (x.path == "/v1/agent/self")
    return agent_self(s, x);
  if (auto id = after(x, "/v1/agent/service/"))
    return agent_service(s, {x.node, *id});
  return std::nullopt;
}

std::optional<index> catalog_index_of(const state& s, const request& x) {
  if (x.path == "/v1/catalog/services")
    return s.services_index;
  auto name = after(x, health_path);
  if (!name || x.query.contains("filter"))
    return std::nullopt;
  return health_index(s, *name);
}

} // namespace cts::consul_model

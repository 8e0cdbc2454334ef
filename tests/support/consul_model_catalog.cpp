#include "tests/support/consul_model_catalog.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>
#include <set>

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

// -- writing ------------------------------------------------------------------

/// Notes a change that wakes those who watch the service.
void touch(state& s, const std::string& name) {
  s.service_index[name] = s.catalog_index = s.newest;
}

void touch_node(state& s, const std::string& node) {
  for (const auto& [at, one] : s.services)
    if (at.first == node)
      touch(s, one.name);
  s.catalog_index = s.newest;
}

void put_service(state& s, const place& at, service x) {
  auto found = s.services.find(at);
  if (found != s.services.end() && found->second == x)
    return;
  ++s.newest;
  touch(s, x.name);
  s.services_index = s.newest;
  s.services.insert_or_assign(at, std::move(x));
}

void put_check(state& s, const place& at, check x) {
  auto found = s.checks.find(at);
  if (found != s.checks.end() && found->second == x)
    return;
  ++s.newest;
  if (auto owner = s.services.find({at.first, x.service_id});
      owner != s.services.end())
    touch(s, owner->second.name);
  else
    touch_node(s, at.first);
  s.checks.insert_or_assign(at, std::move(x));
}

void erase_service(state& s, const place& at) {
  auto found = s.services.find(at);
  if (found == s.services.end())
    return;
  auto name = found->second.name;
  s.services.erase(found);
  std::erase_if(s.checks, [&at](const auto& entry) {
    return entry.first.first == at.first
           && entry.second.service_id == at.second;
  });
  ++s.newest;
  touch(s, name);
  s.services_index = s.newest;
  auto is_last = std::none_of(
    s.services.begin(), s.services.end(),
    [&name](const auto& entry) { return entry.second.name == name; });
  if (is_last) {
    s.service_index.erase(name);
    s.extinction_index = s.newest;
  }
}

reply register_with_agent(state& s, const json::object& body) {
  auto id = text(body, "ID").empty() ? text(body, "Name") : text(body, "ID");
  auto at = place{s.agent, id};
  put_service(s, at, read_service(body, "Name"));
  for (const auto& one : read_checks(body)) {
    auto check_id = text(one, "CheckID");
    auto where = place{s.agent, check_id.empty() ? "service:" + id : check_id};
    auto x = check{.name = text(one, "Name"), .service_id = id};
    // Registering again keeps what the check found.
    if (auto old = s.checks.find(where); old != s.checks.end())
      x.status = old->second.status;
    else if (auto status = text(one, "Status"); !status.empty())
      x.status = status;
    put_check(s, where, x);
  }
  return {};
}

reply register_with_catalog(state& s, const json::object& body) {
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
               .service_id = text(one, "ServiceID")});
  return {.body = "true"};
}

reply deregister_from_catalog(state& s, const json::object& body) {
  auto name = text(body, "Node");
  if (auto id = text(body, "ServiceID"); !id.empty()) {
    erase_service(s, {name, id});
  } else if (auto check_id = text(body, "CheckID"); !check_id.empty()) {
    if (s.checks.erase({name, check_id}) > 0) {
      ++s.newest;
      touch_node(s, name);
    }
  }
  return {.body = "true"};
}

reply set_status(state& s, const std::string& id, const std::string& status) {
  auto found = s.checks.find({s.agent, id});
  if (found == s.checks.end())
    return {.status = 500, .body = "CheckID \"" + id + "\" not found"};
  auto x = found->second;
  x.status = status;
  put_check(s, found->first, x);
  return {};
}

// -- answering ----------------------------------------------------------------

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
  auto own = s.service_index.find(name);
  auto missing = s.extinction_index > 0 ? s.extinction_index : s.catalog_index;
  return {.newest = own != s.service_index.end() ? own->second : missing,
          .body = json::serialize(out)};
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
  if (matches(s.nodes.at(s.agent), x))
    tags["consul"];
  for (const auto& [at, one] : s.services)
    if (matches(s.nodes.at(at.first), x))
      tags[one.name].insert(one.tags.begin(), one.tags.end());
  return {.newest = s.services_index,
          .body = json::serialize(json::value_from(tags))};
}

reply agent_service(const state& s, const std::string& id) {
  auto found = s.services.find({s.agent, id});
  if (found == s.services.end())
    return {.status = 404, .body = "unknown service ID: " + id};
  return {.body = json::serialize(service_body(id, found->second))};
}

/// What follows `prefix` in the path; nothing if it does not begin so.
std::optional<std::string> after(const request& x, std::string_view prefix) {
  if (!x.path.starts_with(prefix))
    return std::nullopt;
  return x.path.substr(prefix.size());
}

std::optional<reply> change(state& s, const request& x) {
  auto problem = boost::system::error_code{};
  auto body = json::parse(x.body.empty() ? "{}" : x.body, problem);
  if (problem || !body.is_object())
    return reply{.status = 400, .body = "Request decode failed"};
  if (x.path == "/v1/agent/service/register")
    return register_with_agent(s, body.get_object());
  if (x.path == "/v1/catalog/register")
    return register_with_catalog(s, body.get_object());
  if (x.path == "/v1/catalog/deregister")
    return deregister_from_catalog(s, body.get_object());
  if (auto id = after(x, "/v1/agent/service/deregister/")) {
    erase_service(s, {s.agent, *id});
    return reply{};
  }
  if (auto id = after(x, "/v1/agent/check/pass/"))
    return set_status(s, *id, "passing");
  if (auto id = after(x, "/v1/agent/check/warn/"))
    return set_status(s, *id, "warning");
  if (auto id = after(x, "/v1/agent/check/fail/"))
    return set_status(s, *id, "critical");
  return std::nullopt;
}

} // namespace

std::optional<reply> serve_catalog(state& s, const request& x) {
  auto ours = x.path.starts_with("/v1/agent/")
              || x.path.starts_with("/v1/catalog/")
              || x.path.starts_with("/v1/health/");
  if (!ours)
    return std::nullopt;
  if (x.method != "GET")
    return change(s, x);
  if (x.path == "/v1/catalog/services")
    return catalog(s, x);
  if (auto name = after(x, "/v1/health/service/"))
    return health(s, *name, x);
  if (auto id = after(x, "/v1/agent/service/"))
    return agent_service(s, *id);
  return std::nullopt;
}

} // namespace cts::consul_model

#include "tests/support/consul_model_session.hpp"

#include "core/go_duration.hpp"
#include "tests/support/consul_model_lock.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace cts::consul_model {

namespace {

namespace json = boost::json;
using std::chrono::nanoseconds;

constexpr auto ttl_max = nanoseconds{std::chrono::hours{24}};
constexpr auto lock_delay_max = nanoseconds{std::chrono::minutes{1}};

reply bad_request(std::string text) {
  return {.status = 400, .body = std::move(text)};
}

reply trouble(std::string text) {
  return {.status = 500, .body = std::move(text)};
}

/// Looks random and is the same in each run.
std::string make_id(std::uint64_t count) {
  auto mixed = [](std::uint64_t x) {
    x = (x ^ x >> 30U) * 0xbf58476d1ce4e5b9U;
    x = (x ^ x >> 27U) * 0x94d049bb133111ebU;
    return x ^ x >> 31U;
  };
  auto high = mixed(count * 2 + 0x9e3779b97f4a7c15U);
  auto low = mixed(high + count);
  auto out = std::array<char, 37>{};
  std::snprintf(out.data(), out.size(), "%08x-%04x-%04x-%04x-%012llx",
                static_cast<unsigned>(high >> 32U),
                static_cast<unsigned>(high >> 16U & 0xffffU),
                static_cast<unsigned>(high & 0xffffU),
                static_cast<unsigned>(low >> 48U),
                static_cast<unsigned long long>(low & 0xffffffffffffU));
  return out.data();
}

std::string text(const json::object& from, std::string_view key) {
  const auto* found = from.if_contains(key);
  return found != nullptr && found->is_string()
           ? std::string{found->get_string()}
           : std::string{};
}

std::vector<std::string> ids(const json::object& from, std::string_view key) {
  auto out = std::vector<std::string>{};
  const auto* found = from.if_contains(key);
  if (found == nullptr || !found->is_array())
    return out;
  for (const auto& one : found->get_array())
    out.push_back(one.is_object() ? text(one.get_object(), "ID")
                                  : json::value_to<std::string>(one));
  return out;
}

/// A number below 1000 counts seconds, a greater one nanoseconds.
result<nanoseconds> lock_delay(const json::object& from) {
  constexpr auto usual = nanoseconds{std::chrono::seconds{15}};
  const auto* found = from.if_contains("LockDelay");
  if (found == nullptr || found->is_null())
    return usual;
  if (found->is_string())
    return go_duration::parse(std::string_view{found->get_string()});
  auto number = found->is_int64() ? found->get_int64() : 0;
  return number < 1'000 ? nanoseconds{std::chrono::seconds{number}}
                        : nanoseconds{number};
}

/// Why no session may have this TTL.
std::optional<std::string> ttl_trouble(const state& s, const std::string& ttl) {
  if (ttl.empty())
    return std::nullopt;
  auto parsed = go_duration::parse(ttl);
  if (!parsed)
    return "Session TTL '" + ttl + "' invalid: " + parsed.error().message;
  if (parsed->count() == 0
      || (*parsed >= s.session_ttl_min && *parsed <= ttl_max))
    return std::nullopt;
  return "Invalid Session TTL '" + std::to_string(parsed->count())
         + "', must be between [" + go_duration::to_string(s.session_ttl_min)
         + "=" + go_duration::to_string(ttl_max) + "]";
}

std::optional<std::string> check_trouble(const state& s, const session& x) {
  for (const auto* list : {&x.other_checks, &x.node_checks, &x.service_checks})
    for (const auto& id : *list) {
      auto found = s.checks.find({x.node, id});
      if (found == s.checks.end())
        return "Missing check '" + id + "' registration";
      if (found->second.status == "critical")
        return "Check '" + id + "' is in critical state";
    }
  return std::nullopt;
}

/// Twice its TTL from now: servers are generous.
void renew(session& x, time_point now) {
  auto ttl = x.ttl.empty() ? nanoseconds{0} : go_duration::parse(x.ttl).value();
  if (ttl.count() > 0)
    x.due = now + 2 * std::chrono::duration_cast<duration>(ttl);
}

reply create(state& s, const request& x, time_point now) {
  auto problem = boost::system::error_code{};
  auto parsed = json::parse(x.body.empty() ? "{}" : x.body, problem);
  if (problem || !parsed.is_object())
    return bad_request("Request decode failed: the model says no more");
  const auto& body = parsed.get_object();
  auto delay = lock_delay(body);
  if (!delay)
    return bad_request("Request decode failed: " + delay.error().message);
  auto made = session{.name = text(body, "Name"),
                      .node = text(body, "Node"),
                      .ttl = text(body, "TTL"),
                      .lock_delay = *delay,
                      .node_checks = ids(body, "NodeChecks"),
                      .service_checks = ids(body, "ServiceChecks"),
                      .other_checks = ids(body, "Checks")};
  if (made.node.empty())
    made.node = x.node;
  const auto* given = body.if_contains("NodeChecks");
  if (given == nullptr || given->is_null())
    made.node_checks = {"serfHealth"};
  auto behavior = text(body, "Behavior");
  if (!behavior.empty() && behavior != "release" && behavior != "delete")
    return trouble("Invalid Behavior setting '" + behavior + "'");
  made.deletes = behavior == "delete";
  if (auto why = ttl_trouble(s, made.ttl))
    return trouble(*why);
  if (!s.nodes.contains(made.node))
    return trouble("Missing node registration");
  if (auto why = check_trouble(s, made))
    return trouble(*why);
  renew(made, now);
  made.create_index = s.sessions_index = ++s.newest;
  auto id = make_id(++s.sessions_made);
  s.sessions.emplace(id, std::move(made));
  return {.body = "{\"ID\":\"" + id + "\"}"};
}

json::object body_of(const std::string& id, const session& x) {
  auto service_checks = json::value{};
  if (!x.service_checks.empty()) {
    auto& list = service_checks.emplace_array();
    for (const auto& one : x.service_checks)
      list.push_back(json::object{{"ID", one}, {"Namespace", ""}});
  }
  auto out = json::object{{"ID", id},
                          {"Name", x.name},
                          {"Node", x.node},
                          {"LockDelay", x.lock_delay.count()},
                          {"Behavior", x.deletes ? "delete" : "release"},
                          {"TTL", x.ttl},
                          {"NodeChecks", json::value_from(x.node_checks)},
                          {"ServiceChecks", service_checks},
                          {"CreateIndex", x.create_index},
                          {"ModifyIndex", x.create_index}};
  if (!x.other_checks.empty())
    out["Checks"] = json::value_from(x.other_checks);
  return out;
}

/// The sessions that `wanted` picks; none without the right to see them.
template <class Predicate>
reply list(const state& s, bool may_read, Predicate wanted) {
  auto out = json::array{};
  for (const auto& [id, x] : s.sessions)
    if (may_read && wanted(id, x))
      out.push_back(body_of(id, x));
  return {.newest = s.sessions_index, .body = json::serialize(out)};
}

reply change(state& s, const request& x, time_point now) {
  auto verb = x.path.substr(12, x.path.find('/', 12) - 12);
  auto id = x.path.substr(std::min(x.path.size(), 13 + verb.size()));
  auto may_write = rights_of(s, x)->write_sessions;
  auto denied = reply{.status = 403, .body = "Permission denied"};
  if (verb == "create")
    return may_write ? create(s, x, now) : denied;
  if (verb != "renew" && verb != "destroy")
    return {.status = 404};
  if (id.empty())
    return bad_request("Missing session");
  if (auto why = malformed_id(id))
    return trouble(*why);
  auto found = s.sessions.find(id);
  if (found == s.sessions.end())
    return verb == "destroy"
             ? reply{.body = "true"}
             : reply{.status = 404,
                     .body = "Session id '" + id + "' not found"};
  if (!may_write)
    return denied;
  if (verb == "destroy") {
    end_session(s, id, now);
    return {.body = "true"};
  }
  renew(found->second, now);
  auto body = json::array{body_of(id, found->second)};
  return {.body = json::serialize(body)};
}

bool stands_on(const session& x, const std::string& check) {
  auto has = [&check](const auto& list) {
    return std::find(list.begin(), list.end(), check) != list.end();
  };
  return has(x.node_checks) || has(x.service_checks) || has(x.other_checks);
}

template <class Predicate>
void end_all(state& s, time_point now, Predicate ends) {
  auto ended = std::vector<std::string>{};
  for (const auto& [id, x] : s.sessions)
    if (ends(x))
      ended.push_back(id);
  for (const auto& id : ended)
    end_session(s, id, now);
}

} // namespace

std::optional<reply> serve_session(state& s, const request& x, time_point now) {
  if (!x.path.starts_with("/v1/session/"))
    return std::nullopt;
  auto rest = x.path.substr(12);
  auto is_read
    = rest == "list" || rest.starts_with("info/") || rest.starts_with("node/");
  if ((x.method == "GET") != is_read)
    return reply{.status = 405, .body = "method " + x.method + " not allowed"};
  if (!is_read)
    return change(s, x, now);
  auto may_read = rights_of(s, x)->write_sessions;
  if (rest == "list")
    return list(s, may_read, [](const auto&, const auto&) { return true; });
  auto name = rest.substr(5);
  if (rest.starts_with("node/"))
    return list(s, may_read, [&name](const auto&, const auto& one) {
      return one.node == name;
    });
  if (auto why = malformed_id(name))
    return reply{.status = 500, .newest = 1, .body = *why};
  return list(s, may_read,
              [&name](const auto& id, const auto&) { return id == name; });
}

void end_session(state& s, const std::string& id, time_point now) {
  auto found = s.sessions.find(id);
  if (found == s.sessions.end())
    return;
  auto ended = std::move(found->second);
  s.sessions.erase(found);
  auto batch = kv_batch{s};
  auto delay = std::min(ended.lock_delay, lock_delay_max);
  for (const auto& key : ended.keys) {
    if (ended.deletes)
      batch.erase(key);
    else
      batch.drop_lock(key);
    if (delay.count() > 0)
      s.lock_delays[key] = now + std::chrono::duration_cast<duration>(delay);
  }
  if (ended.keys.empty())
    ++s.newest;
  s.sessions_index = s.newest;
}

void end_sessions_of(state& s, const place& check, time_point now) {
  end_all(s, now, [&check](const session& x) {
    return x.node == check.first && stands_on(x, check.second);
  });
}

void end_sessions_on(state& s, const std::string& node, time_point now) {
  end_all(s, now, [&node](const session& x) { return x.node == node; });
}

void restart_ttls(state& s, time_point now) {
  for (auto& [id, x] : s.sessions)
    renew(x, now);
}

std::optional<std::string> malformed_id(const std::string& id) {
  constexpr auto length = std::size_t{36};
  if (id.size() == length)
    return std::nullopt;
  return "failed session lookup: index error: UUID must be 36 characters";
}

} // namespace cts::consul_model

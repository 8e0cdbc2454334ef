#include "core/consul/session.hpp"

#include "core/go_duration.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <simdjson.h>

namespace cts::consul {

namespace {

namespace json = boost::json;
using simdjson::dom::element;

request session_call(std::string_view verb, std::string_view id,
                     std::string_view ns) {
  auto out = request{.method = verb == "info" ? "GET" : "PUT",
                     .path = "/v1/session/" + std::string{verb}};
  if (!id.empty())
    out.path += "/" + encode_segment(id);
  if (!ns.empty())
    out.query.emplace("ns", ns);
  return out;
}

bool says(const reply& x, std::string_view text) {
  return x.body.find(text) != std::string::npos;
}

std::optional<session_outcome> refusal(const reply& x) {
  if (x.status == 403)
    return session_outcome::denied;
  if (x.status == 404)
    return session_outcome::not_found;
  if (x.status != 500)
    return std::nullopt;
  if (says(x, "Missing check '"))
    return session_outcome::check_missing;
  if (says(x, "is in critical state"))
    return session_outcome::check_critical;
  if (says(x, "Invalid Session TTL '"))
    return session_outcome::ttl_refused;
  if (says(x, "Permission denied") || says(x, "ACL not found"))
    return session_outcome::denied;
  return std::nullopt;
}

error failure(const reply& x) {
  auto may_pass = x.status >= 500 || x.status == 429;
  return fail(may_pass ? errc::unavailable : errc::refused,
              "session: ", describe_failure(x));
}

result<session_reply> refused(const reply& x) {
  if (auto no = refusal(x))
    return session_reply{.outcome = *no, .message = x.body};
  return failure(x);
}

std::vector<std::string> texts(const element& list) {
  auto out = std::vector<std::string>{};
  if (list.is_null())
    return out;
  for (auto one : simdjson::dom::array{list}) {
    // A check of a service is an object with an ID.
    auto text = one.is_object() ? element{one["ID"]} : one;
    out.emplace_back(std::string_view{text});
  }
  return out;
}

session read(const element& from) {
  auto text = [&from](std::string_view key) {
    return std::string{std::string_view{from[key]}};
  };
  return {.id = text("ID"),
          .name = text("Name"),
          .node = text("Node"),
          .ttl = text("TTL"),
          .lock_delay
          = std::chrono::nanoseconds{std::int64_t{from["LockDelay"]}},
          .behavior = text("Behavior"),
          .node_checks = texts(from["NodeChecks"]),
          .service_checks = texts(from["ServiceChecks"]),
          .create_index = std::uint64_t{from["CreateIndex"]}};
}

} // namespace

request create_session(const session_definition& x) {
  auto body = json::object{
    {"Name", x.name},
    {"TTL", x.ttl.count() == 0 ? "" : go_duration::to_string(x.ttl)},
    {"LockDelay", go_duration::to_string(x.lock_delay)},
    {"Behavior", "release"},
    {"NodeChecks", json::value_from(x.node_checks)},
  };
  auto checks = json::array{};
  for (const auto& one : x.service_checks)
    checks.push_back(json::object{{"ID", one}});
  if (!checks.empty())
    body["ServiceChecks"] = std::move(checks);
  auto out = session_call("create", {}, x.ns);
  out.body = json::serialize(body);
  return out;
}

request renew_session(std::string_view id, std::string_view ns) {
  return session_call("renew", id, ns);
}

request destroy_session(std::string_view id, std::string_view ns) {
  return session_call("destroy", id, ns);
}

request read_session(std::string_view id, std::string_view ns) {
  return session_call("info", id, ns);
}

result<session_reply> decode_session_created(const reply& x) {
  if (x.status != 200)
    return refused(x);
  try {
    auto parser = simdjson::dom::parser{};
    auto id = std::string_view{parser.parse(x.body)["ID"]};
    return session_reply{.id = std::string{id}};
  } catch (const simdjson::simdjson_error& e) {
    return fail(errc::malformed, "the new session: ", e.what());
  }
}

result<session_reply> decode_session_changed(const reply& x) {
  if (x.status != 200)
    return refused(x);
  return session_reply{};
}

result<std::optional<session>> decode_session(const reply& x) {
  if (x.status != 200)
    return failure(x);
  auto out = std::optional<session>{};
  try {
    auto parser = simdjson::dom::parser{};
    for (auto one : simdjson::dom::array{parser.parse(x.body)})
      out = read(one);
  } catch (const simdjson::simdjson_error& e) {
    return fail(errc::malformed, "the session: ", e.what());
  }
  return out;
}

} // namespace cts::consul

#include "tests/support/consul_model.hpp"

#include "tests/support/consul_model_catalog.hpp"
#include "tests/support/consul_model_kv.hpp"
#include "tests/support/consul_model_registration.hpp"
#include "tests/support/consul_model_registry.hpp"
#include "tests/support/consul_model_session.hpp"
#include "tests/support/consul_model_txn.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>

namespace cts::consul_model {

namespace {

using std::chrono::milliseconds;

std::string percent_decode(std::string_view text) {
  auto out = std::string{};
  for (auto i = std::size_t{0}; i < text.size(); ++i) {
    auto byte = 0u;
    if (text[i] == '%' && i + 2 < text.size()
        && std::from_chars(&text[i + 1], &text[i + 3], byte, 16).ptr
             == &text[i + 3]) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::optional<double> number(std::string_view text, std::string_view unit) {
  if (!text.ends_with(unit))
    return std::nullopt;
  auto digits = std::string{text.substr(0, text.size() - unit.size())};
  char* end = nullptr;
  auto out = std::strtod(digits.c_str(), &end);
  if (digits.empty() || end != digits.c_str() + digits.size())
    return std::nullopt;
  return out;
}

std::optional<milliseconds> parse_duration(std::string_view text) {
  using ms = std::chrono::duration<double, std::milli>;
  auto scaled
    = [](double x) { return std::chrono::duration_cast<milliseconds>(ms{x}); };
  if (auto x = number(text, "ms"))
    return scaled(*x);
  if (auto x = number(text, "s"))
    return scaled(*x * 1'000);
  if (auto x = number(text, "m"))
    return scaled(*x * 60'000);
  return std::nullopt;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
}

/// What the agent refuses before it looks at anything.
std::optional<reply> refusal(const state& s, const request& x) {
  auto bad = [](std::string text) {
    return reply{.status = 400, .body = std::move(text)};
  };
  if (x.query.contains("ns"))
    return bad("Bad request: Invalid query parameter: \"ns\" - Namespaces are "
               "a Consul Enterprise feature");
  if (x.query.contains("index") && !is_number(value_of(x, "index")))
    return bad("Invalid index");
  if (x.query.contains("wait") && !parse_duration(value_of(x, "wait")))
    return bad("Invalid wait time");
  if (auto dc = value_of(x, "dc"); !dc.empty() && dc != s.datacenter)
    return reply{.status = 500, .newest = 1, .body = "No path to datacenter"};
  if (!x.path.starts_with("/v1/status/") && !rights_of(s, x))
    return reply{.status = 403, .newest = 1, .body = "ACL not found"};
  if (!s.has_leader && needs_leader(x))
    return reply{.status = 500, .newest = 1, .body = "No cluster leader"};
  return std::nullopt;
}

rights both(const rights& a, const rights& b) {
  return {.read_keys = a.read_keys && b.read_keys,
          .write_keys = a.write_keys && b.write_keys,
          .write_sessions = a.write_sessions && b.write_sessions,
          .write_services = a.write_services && b.write_services,
          .read_agent = a.read_agent && b.read_agent};
}

} // namespace

bool needs_leader(const request& x) {
  if (x.path.starts_with("/v1/status/") || x.path.starts_with("/v1/agent/"))
    return false;
  return x.method != "GET" || !x.query.contains("stale");
}

std::string value_of(const request& x, const std::string& name) {
  auto found = x.query.find(name);
  return found == x.query.end() ? std::string{} : found->second;
}

std::optional<rights> rights_of(const state& s, const request& x) {
  constexpr auto nothing = rights{false, false, false, false, false};
  if (s.tokens.empty())
    return x.left;
  if (x.token.empty())
    return nothing;
  auto found = s.tokens.find(x.token);
  if (found == s.tokens.end())
    return std::nullopt;
  return both(found->second, x.left);
}

request parse(std::string_view method, std::string_view url, std::string body) {
  if (auto at = url.find("://"); at != std::string_view::npos)
    url.remove_prefix(at + 3);
  url.remove_prefix(std::min(url.find('/'), url.size()));
  auto out = request{.method = std::string{method}, .body = std::move(body)};
  auto question = std::min(url.find('?'), url.size());
  out.path = percent_decode(url.substr(0, question));
  auto query = url.substr(std::min(question + 1, url.size()));
  while (!query.empty()) {
    auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    auto equals = std::min(pair.find('='), pair.size());
    out.query.emplace(
      percent_decode(pair.substr(0, equals)),
      percent_decode(pair.substr(std::min(equals + 1, pair.size()))));
  }
  return out;
}

reply serve(state& s, const request& x, time_point now) {
  if (auto no = refusal(s, x))
    return *std::move(no);
  if (x.path == "/v1/status/leader")
    return {.body = s.has_leader ? "\"127.0.0.1:8300\"" : "\"\""};
  auto out = serve_kv(s, x, now);
  if (!out)
    out = serve_txn(s, x, now);
  if (!out)
    out = serve_session(s, x, now);
  if (!out)
    out = serve_catalog(s, x);
  if (!out)
    out = serve_registration(s, x, now);
  return out.value_or(reply{.status = 404});
}

bool is_refused(const state& s, const request& x) {
  return refusal(s, x).has_value();
}

std::optional<index> index_of(const state& s, const request& x) {
  if (x.path.starts_with("/v1/kv/"))
    return rights_of(s, x)->read_keys ? std::optional{kv_index_of(s, x)}
                                      : std::nullopt;
  if (x.path.starts_with("/v1/session/"))
    return s.sessions_index;
  return catalog_index_of(s, x);
}

index table_index(const state& s, const request& x) {
  if (x.path.starts_with("/v1/kv/"))
    return s.kv_index;
  return x.path.starts_with("/v1/session/") ? s.sessions_index
                                            : s.catalog_index;
}

std::optional<index> blocked_past(const request& x) {
  auto found = x.query.find("index");
  if (x.method != "GET" || found == x.query.end() || !is_number(found->second))
    return std::nullopt;
  auto out = std::strtoull(found->second.c_str(), nullptr, 10);
  return out == 0 ? std::nullopt : std::optional<index>{out};
}

milliseconds wait_of(const request& x) {
  constexpr auto usual = std::chrono::minutes{5};
  constexpr auto longest = std::chrono::minutes{10};
  auto asked = parse_duration(value_of(x, "wait")).value_or(milliseconds{0});
  if (asked <= milliseconds{0})
    return usual;
  return std::min<milliseconds>(asked, longest);
}

void reset_indexes(state& s) {
  s.newest = 2;
  for (auto& [name, at] : s.service_index)
    at = s.newest;
  s.services_index = s.catalog_index = s.kv_index = s.newest;
  s.sessions_index = s.newest;
  s.extinction_index = 0;
  for (auto& [key, entry] : s.kv)
    entry.create_index = entry.modify_index = s.newest;
  s.kv_tombstones.clear();
}

time_point next_due(const state& s) {
  auto out = time_point::max();
  if (s.has_leader)
    for (const auto& [id, x] : s.sessions)
      out = std::min(out, x.due);
  for (const auto& [at, when] : s.ticks)
    out = std::min(out, when);
  return out;
}

void elapse(state& s, time_point now) {
  make_checks(s, now);
  if (!s.has_leader)
    return;
  auto over = std::vector<std::string>{};
  for (const auto& [id, x] : s.sessions)
    if (x.due <= now)
      over.push_back(id);
  for (const auto& id : over)
    end_session(s, id, now);
}

} // namespace cts::consul_model

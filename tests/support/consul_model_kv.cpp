#include "tests/support/consul_model_kv.hpp"

#include "core/consul/kv.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace cts::consul_model {

namespace {

namespace json = boost::json;

json::object entry_body(const std::string& key, const kv_entry& x) {
  auto value = json::value{};
  if (!x.value.empty())
    value = consul::encode_base64(x.value);
  return {{"LockIndex", 0},
          {"Key", key},
          {"Flags", 0},
          {"Value", value},
          {"CreateIndex", x.create_index},
          {"ModifyIndex", x.modify_index}};
}

reply get(const state& s, const std::string& key) {
  auto found = s.kv.find(key);
  if (found == s.kv.end())
    return {.status = 404, .newest = s.kv_index};
  auto list = json::array{entry_body(key, found->second)};
  return {.newest = found->second.modify_index, .body = json::serialize(list)};
}

reply list(const state& s, const std::string& prefix) {
  auto out = json::array{};
  auto newest = index{0};
  for (auto it = s.kv.lower_bound(prefix);
       it != s.kv.end() && it->first.starts_with(prefix); ++it) {
    out.push_back(entry_body(it->first, it->second));
    newest = std::max(newest, it->second.modify_index);
  }
  for (auto it = s.kv_tombstones.lower_bound(prefix);
       it != s.kv_tombstones.end() && it->first.starts_with(prefix); ++it)
    newest = std::max(newest, it->second);
  if (out.empty())
    return {.status = 404, .newest = s.kv_index};
  return {.newest = newest, .body = json::serialize(out)};
}

reply put(state& s, const std::string& key, const std::string& value) {
  auto [at, is_new] = s.kv.try_emplace(key);
  auto& entry = at->second;
  if (is_new || entry.value != value) {
    entry.value = value;
    entry.modify_index = s.kv_index = ++s.newest;
    if (is_new)
      entry.create_index = s.newest;
    s.kv_tombstones.erase(key);
  }
  return {.body = "true"};
}

reply erase(state& s, const std::string& prefix, bool recurse) {
  auto at = s.kv.lower_bound(prefix);
  auto changed = false;
  while (at != s.kv.end()
         && (recurse ? at->first.starts_with(prefix) : at->first == prefix)) {
    if (!changed)
      s.kv_index = ++s.newest;
    changed = true;
    s.kv_tombstones[at->first] = s.newest;
    at = s.kv.erase(at);
  }
  return {.body = "true"};
}

} // namespace

std::optional<reply> serve_kv(state& s, const request& x) {
  constexpr auto prefix = std::string_view{"/v1/kv/"};
  if (!x.path.starts_with(prefix))
    return std::nullopt;
  auto key = x.path.substr(prefix.size());
  auto recurse = x.query.contains("recurse");
  if (key.empty() && !recurse)
    return reply{.status = 400, .body = "Missing key name"};
  if (x.method == "PUT")
    return put(s, key, x.body);
  if (x.method == "DELETE")
    return erase(s, key, recurse);
  return recurse ? list(s, key) : get(s, key);
}

} // namespace cts::consul_model

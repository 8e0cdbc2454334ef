#include "tests/support/consul_model_kv.hpp"

#include "core/consul/kv.hpp"
#include "tests/support/consul_model_lock.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>

namespace cts::consul_model {

namespace {

namespace json = boost::json;

constexpr auto value_bytes_max = std::size_t{524'288};

std::string quoted(const std::string& text) {
  return json::serialize(json::value(text));
}

using kv_map = std::map<std::string, kv_entry>;

/// What a read sees.
const kv_map& seen_by(const state& s, const request& x) {
  return s.stale_kv && x.query.contains("stale") ? *s.stale_kv : s.kv;
}

reply denied() {
  return {.status = 403, .body = "Permission denied"};
}

reply get(const state& s, const request& x, const std::string& key) {
  const auto& kv = seen_by(s, x);
  auto found = kv.find(key);
  if (found == kv.end())
    return {.status = 404, .newest = s.kv_index};
  if (x.query.contains("raw"))
    return {.newest = found->second.modify_index, .body = found->second.value};
  return {.newest = found->second.modify_index,
          .body = "[" + entry_text(key, found->second) + "]"};
}

/// Of the newest change below `prefix`, deletions included.
index tree_index(const state& s, const kv_map& kv, const std::string& prefix) {
  if (prefix.empty())
    return s.kv_index;
  auto newest = index{0};
  for (auto it = kv.lower_bound(prefix);
       it != kv.end() && it->first.starts_with(prefix); ++it)
    newest = std::max(newest, it->second.modify_index);
  for (auto it = s.kv_tombstones.lower_bound(prefix);
       it != s.kv_tombstones.end() && it->first.starts_with(prefix); ++it)
    newest = std::max(newest, it->second);
  return newest > 0 ? newest : s.kv_index;
}

reply list(const state& s, const request& x, const std::string& prefix) {
  const auto& kv = seen_by(s, x);
  auto newest = tree_index(s, kv, prefix);
  auto out = std::string{};
  auto only_keys = x.query.contains("keys");
  for (auto it = kv.lower_bound(prefix);
       it != kv.end() && it->first.starts_with(prefix); ++it) {
    out += out.empty() ? '[' : ',';
    out += only_keys ? quoted(it->first) : entry_text(it->first, it->second);
  }
  if (out.empty())
    return {.status = 404, .newest = newest};
  return {.newest = newest, .body = out + "]"};
}

std::optional<std::uint64_t> number(const std::string& text) {
  auto out = std::uint64_t{0};
  auto [end, problem]
    = std::from_chars(text.data(), text.data() + text.size(), out);
  if (problem != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return out;
}

/// What a `PUT` or `DELETE` cannot mean.
std::optional<reply> refusal(const request& x) {
  auto names = std::vector<const char*>{};
  for (const auto* name : {"acquire", "cas", "release"})
    if (x.query.contains(name))
      names.push_back(name);
  if (x.method == "DELETE" && names.size() == 1 && x.query.contains("recurse"))
    names.push_back("recurse");
  if (names.size() > 1) {
    auto text = std::string{"Conflicting flags: "};
    for (const auto* name : names)
      text += (text.ends_with(' ') ? "" : "&") + std::string{name} + "="
              + value_of(x, name);
    return reply{.status = 400, .body = text};
  }
  for (const auto* name : {"flags", "cas"})
    if (auto text = value_of(x, name); x.query.contains(name) && !number(text))
      return reply{.status = 500,
                   .body = "strconv.ParseUint: parsing \"" + text
                           + "\": invalid syntax"};
  if (x.body.size() > value_bytes_max)
    return too_large(x.body.size(), "kv_max_value_size");
  return std::nullopt;
}

reply wrote(bool done) {
  return {.body = done ? "true" : "false"};
}

reply locked(const lock_answer& x) {
  return x.trouble.empty() ? wrote(x.done)
                           : reply{.status = 500, .body = x.trouble};
}

reply put(state& s, const request& x, const std::string& key, time_point now) {
  auto batch = kv_batch{s};
  auto write = kv_write{.key = key,
                        .value = x.body,
                        .flags = number(value_of(x, "flags")).value_or(0)};
  if (x.query.contains("cas"))
    return wrote(
      batch.cas(std::move(write), number(value_of(x, "cas")).value()));
  if (x.query.contains("acquire")) {
    write.session = value_of(x, "acquire");
    return is_delayed(s, key, now) ? wrote(false)
                                   : locked(batch.lock(std::move(write)));
  }
  if (x.query.contains("release")) {
    write.session = value_of(x, "release");
    return locked(batch.unlock(std::move(write)));
  }
  batch.set(std::move(write));
  return wrote(true);
}

reply erase(state& s, const request& x, const std::string& key) {
  auto batch = kv_batch{s};
  if (x.query.contains("recurse"))
    batch.erase_tree(key);
  else if (x.query.contains("cas"))
    return wrote(batch.erase_cas(key, number(value_of(x, "cas")).value()));
  else
    batch.erase(key);
  return wrote(true);
}

constexpr auto prefix = std::string_view{"/v1/kv/"};

bool lists(const request& x) {
  return x.query.contains("recurse") || x.query.contains("keys");
}

} // namespace

reply too_large(std::size_t bytes, std::string_view limit) {
  return {.status = 413,
          .body = "Request body(" + std::to_string(bytes)
                  + " bytes) too large, max size: 524288 bytes. See "
                    "https://www.consul.io/docs/agent/options.html#"
                  + std::string{limit} + "."};
}

std::string entry_text(const std::string& key, const kv_entry& x) {
  auto out = "{\"LockIndex\":" + std::to_string(x.lock_index)
             + ",\"Key\":" + quoted(key)
             + ",\"Flags\":" + std::to_string(x.flags) + ",\"Value\":";
  if (x.value.empty())
    out += "null";
  else
    out += '"' + consul::encode_base64(x.value) + '"';
  if (!x.session.empty())
    out += ",\"Session\":\"" + x.session + '"';
  return out + ",\"CreateIndex\":" + std::to_string(x.create_index)
         + ",\"ModifyIndex\":" + std::to_string(x.modify_index) + "}";
}

std::optional<reply> serve_kv(state& s, const request& x, time_point now) {
  if (!x.path.starts_with(prefix))
    return std::nullopt;
  if (x.method != "GET" && x.method != "PUT" && x.method != "DELETE")
    return reply{.status = 405, .body = "method " + x.method + " not allowed"};
  auto key = x.path.substr(prefix.size());
  if (key.empty() && (x.method == "PUT" || !lists(x)))
    return reply{.status = 400, .body = "Missing key name"};
  auto may = *rights_of(s, x);
  if (x.method == "GET") {
    if (x.query.contains("stale") && x.query.contains("consistent"))
      return reply{.status = 400,
                   .body = "Cannot specify ?stale with ?consistent, "
                           "conflicting semantics."};
    if (!may.read_keys)
      return lists(x) ? reply{.status = 404, .newest = s.kv_index} : denied();
    return lists(x) ? list(s, x, key) : get(s, x, key);
  }
  if (auto no = refusal(x))
    return no;
  if (!may.write_keys)
    return denied();
  return x.method == "PUT" ? put(s, x, key, now) : erase(s, x, key);
}

index kv_index_of(const state& s, const request& x) {
  const auto& kv = seen_by(s, x);
  auto key = x.path.substr(prefix.size());
  if (lists(x))
    return tree_index(s, kv, key);
  auto found = kv.find(key);
  return found == kv.end() ? s.kv_index : found->second.modify_index;
}

} // namespace cts::consul_model

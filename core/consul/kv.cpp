#include "core/consul/kv.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace cts::consul {

namespace {

constexpr auto alphabet = std::string_view{
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"};

constexpr auto no_digit = std::uint8_t{64};

constexpr auto digits = [] {
  auto out = std::array<std::uint8_t, 256>{};
  out.fill(no_digit);
  for (auto i = std::size_t{0}; i < alphabet.size(); ++i)
    out[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return out;
}();

result<kv_pair> pair_of(const simdjson::dom::object& entry) {
  auto out = kv_pair{.key = std::string{std::string_view{entry["Key"]}}};
  auto value = simdjson::dom::element{entry["Value"]};
  // A folder has no value.
  if (value.is_null())
    return out;
  auto bytes = decode_base64(std::string_view{value});
  if (!bytes)
    return fail(errc::malformed, "key ", out.key, ": ", bytes.error().message);
  out.value = *std::move(bytes);
  return out;
}

result<kv_entry> entry_of(const simdjson::dom::object& from) {
  auto pair = pair_of(from);
  if (!pair)
    return pair.error();
  auto number
    = [&from](std::string_view key) { return std::uint64_t{from[key]}; };
  auto out = kv_entry{.key = std::move(pair->key),
                      .value = std::move(pair->value),
                      .flags = number("Flags"),
                      .lock_index = number("LockIndex"),
                      .create_index = number("CreateIndex"),
                      .modify_index = number("ModifyIndex")};
  auto holder = from["Session"];
  if (holder.error() == simdjson::SUCCESS)
    out.session = std::string_view{holder};
  return out;
}

error failure(const reply& x) {
  auto may_pass = x.status >= 500 || x.status == 429;
  return fail(may_pass ? errc::unavailable : errc::refused,
              "keys: ", describe_failure(x));
}

request lock_request(const char* verb, const kv_lock& x) {
  auto out = request{.method = "PUT",
                     .path = "/v1/kv/" + encode_path(x.key),
                     .query = {{verb, x.session}},
                     .body = x.value};
  if (x.flags != 0)
    out.query.emplace("flags", std::to_string(x.flags));
  if (!x.ns.empty())
    out.query.emplace("ns", x.ns);
  return out;
}

} // namespace

result<request> kv_request(const dependency& x) {
  auto recurse = x.what == dependency::kind::kv_prefix;
  auto path = std::string_view{x.name};
  if (path.starts_with('/'))
    path.remove_prefix(1);
  if (path.empty())
    return fail(errc::configuration, recurse ? "kv.list: prefix required"
                                             : "kv.exists.get: key required");
  auto out = request{.path = "/v1/kv/" + encode_path(path)};
  if (recurse)
    out.query.emplace("recurse", "");
  return out;
}

result<kv_pairs> decode_pairs(std::string_view body) {
  auto out = kv_pairs{};
  try {
    auto parser = simdjson::dom::parser{};
    for (auto entry : simdjson::dom::array{parser.parse(body)}) {
      auto pair = pair_of(simdjson::dom::object{entry});
      if (!pair)
        return pair.error();
      out.push_back(*std::move(pair));
    }
  } catch (const simdjson::simdjson_error& e) {
    return fail(errc::malformed, "pair ", out.size(), ": ", e.what());
  }
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  return out;
}

request read_keys(const kv_read& x) {
  auto out = request{.path = "/v1/kv/" + encode_path(x.key)};
  if (x.recurse)
    out.query.emplace("recurse", "");
  if (x.consistent)
    out.query.emplace("consistent", "");
  if (x.index) {
    out.query.emplace("index", std::to_string(*x.index));
    out.query.emplace("wait", std::to_string(x.wait.count()) + "ms");
  }
  if (!x.ns.empty())
    out.query.emplace("ns", x.ns);
  return out;
}

result<kv_entries> decode_keys(const reply& x) {
  if (x.status == 404)
    return kv_entries{};
  if (x.status != 200)
    return failure(x);
  return decode_entries(x.body);
}

result<kv_entries> decode_entries(std::string_view body) {
  auto out = kv_entries{};
  try {
    auto parser = simdjson::dom::parser{};
    for (auto one : simdjson::dom::array{parser.parse(body)}) {
      auto entry = entry_of(simdjson::dom::object{one});
      if (!entry)
        return entry.error();
      out.push_back(*std::move(entry));
    }
  } catch (const simdjson::simdjson_error& e) {
    return fail(errc::malformed, "entry ", out.size(), ": ", e.what());
  }
  return out;
}

request acquire_key(const kv_lock& x) {
  return lock_request("acquire", x);
}

request release_key(const kv_lock& x) {
  return lock_request("release", x);
}

result<bool> decode_written(const reply& x) {
  if (x.status != 200)
    return failure(x);
  auto word = std::string_view{x.body}.substr(0, x.body.find('\n'));
  if (word != "true" && word != "false")
    return fail(errc::malformed, "keys: neither true nor false: ", word);
  return word == "true";
}

result<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0)
    return fail(errc::malformed, "the value is no base64: its length is not "
                                 "a multiple of 4");
  auto padding = text.ends_with("==") ? 2u : text.ends_with('=') ? 1u : 0u;
  text.remove_suffix(padding);
  auto out = std::string{};
  out.reserve(text.size() * 3 / 4);
  auto bits = std::uint32_t{0};
  auto count = 0u;
  for (char c : text) {
    auto digit = digits[static_cast<unsigned char>(c)];
    if (digit == no_digit)
      return fail(errc::malformed, "the value is no base64");
    bits = bits << 6U | digit;
    count += 6;
    if (count < 8)
      continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xFFU);
  }
  return out;
}

std::string encode_base64(std::string_view bytes) {
  auto out = std::string{};
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (auto at = std::size_t{0}; at < bytes.size(); at += 3) {
    auto group = bytes.substr(at, 3);
    auto bits = std::uint32_t{0};
    for (auto i = 0u; i < 3; ++i)
      bits = bits << 8U
             | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    for (auto i = 0u; i < 4; ++i)
      out += i <= group.size() ? alphabet[bits >> (18 - 6 * i) & 63U] : '=';
  }
  return out;
}

} // namespace cts::consul

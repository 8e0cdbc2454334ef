#include "core/vault/api.hpp"

#include "core/consul/request.hpp"
#include "core/hcl/json.hpp"

#include <charconv>
#include <cstdint>

namespace cts::vault {

namespace {

using hcl::node;

/// As much of a refusal is shown.
constexpr auto refusal_max = std::size_t{512};

value value_of(const node& x) {
  switch (x.what) {
    case node::kind::null: return {};
    case node::kind::boolean: return value{x.text == "true"};
    case node::kind::integer:
    case node::kind::floating: return value{number{x.text}};
    case node::kind::string: return value{x.text};
    default: break;
  }
  if (x.what == node::kind::list) {
    auto out = list{};
    for (const auto& each : x.elements)
      out.push_back(value_of(each));
    return value{std::move(out)};
  }
  auto out = object{};
  for (const auto& each : x.members)
    out.insert_or_assign(each.name, value_of(each.value));
  return value{std::move(out)};
}

/// The member at the end of `names`, or null.
const node* find(const node& from, std::initializer_list<const char*> names) {
  const auto* at = &from;
  for (const auto* name : names) {
    const auto* found = at->find(name);
    if (found == nullptr)
      return nullptr;
    at = &found->value;
  }
  return at;
}

std::string text_at(const node& from,
                    std::initializer_list<const char*> names) {
  const auto* found = find(from, names);
  return found == nullptr ? std::string{} : found->text;
}

std::chrono::seconds seconds_at(const node& from,
                                std::initializer_list<const char*> names) {
  auto text = text_at(from, names);
  auto count = std::int64_t{0};
  std::from_chars(text.data(), text.data() + text.size(), count);
  return std::chrono::seconds{count};
}

/// Vault's own words; secrets are not among them.
std::string words_of(const reply& x) {
  auto parsed = hcl::parse_json(x.body);
  const auto* errors = parsed ? find(*parsed, {"errors"}) : nullptr;
  auto out = std::string{};
  if (errors != nullptr)
    for (const auto& each : errors->elements)
      out += (out.empty() ? "" : "; ") + each.text;
  if (out.size() > refusal_max)
    out.resize(refusal_max);
  return out.empty() ? "no reason given" : out;
}

error refusal(const reply& x, const std::string& what) {
  auto may_pass = x.status >= 500 || x.status == 429 || x.status == 412;
  return fail(may_pass ? errc::unavailable : errc::refused, "vault: ", what,
              ": code ", x.status, ": ", words_of(x));
}

result<node> parsed(const reply& x, const std::string& what) {
  if (x.status / 100 != 2)
    return refusal(x, what);
  auto out = hcl::parse_json(x.body);
  if (!out || out->what != node::kind::object)
    return fail(errc::malformed, "vault: ", what,
                ": the answer is no JSON object: check vault.address");
  return out;
}

/// `path?query`, of which only the path is encoded.
std::string encoded(std::string_view path) {
  while (path.starts_with('/'))
    path.remove_prefix(1);
  auto query = std::min(path.find('?'), path.size());
  return "/v1/" + consul::encode_path(path.substr(0, query))
         + std::string{path.substr(query)};
}

/// In version 2 the path with `folder` after the mount.
std::string inside(std::string_view path, const mount& at,
                   std::string_view folder) {
  while (path.starts_with('/'))
    path.remove_prefix(1);
  if (at.version != 2 || at.path.empty())
    return std::string{path};
  auto rest = path.starts_with(at.path) ? path.substr(at.path.size())
                                        : std::string_view{};
  if (rest.starts_with(folder))
    return std::string{path};
  return at.path + std::string{folder} + std::string{rest};
}

} // namespace

request mount_request(std::string_view path) {
  auto query = std::min(path.find('?'), path.size());
  auto target = encoded(path.substr(0, query));
  return {.target = "/v1/sys/internal/ui/mounts/" + target.substr(4)};
}

result<mount> decode_mount(const reply& x) {
  auto may_pass = x.status >= 500 || x.status == 429;
  if (!may_pass && x.status / 100 != 2)
    return mount{};
  auto body = parsed(x, "looking up the mount");
  if (!body)
    return body.error();
  auto out = mount{.path = text_at(*body, {"data", "path"})};
  if (!out.path.empty() && !out.path.ends_with('/'))
    out.path += '/';
  if (text_at(*body, {"data", "type"}) == "kv"
      || !text_at(*body, {"data", "options", "version"}).empty())
    out.version = text_at(*body, {"data", "options", "version"}) == "2" ? 2 : 1;
  return out;
}

request read_request(std::string_view path, const mount& at) {
  return {.target = encoded(inside(path, at, "data/"))};
}

request list_request(std::string_view path, const mount& at) {
  return {.target = encoded(inside(path, at, "metadata/")) + "?list=true"};
}

result<secret> decode_secret(const reply& x, std::string_view path) {
  auto what = "reading " + std::string{path};
  if (x.status == 404)
    return fail(errc::not_found, "vault: no secret exists at ", path);
  auto body = parsed(x, what);
  if (!body)
    return body.error();
  const auto* found = find(*body, {"data"});
  if (found == nullptr || found->what != node::kind::object)
    return fail(errc::not_found, "vault: no secret exists at ", path);
  auto lease = seconds_at(*body, {"lease_duration"});
  auto out = secret{};
  if (!text_at(*body, {"lease_id"}).empty())
    out.lease = lease;
  out.fields["Data"] = value_of(*found);
  out.fields["LeaseID"] = value{text_at(*body, {"lease_id"})};
  out.fields["LeaseDuration"] = value{number{std::to_string(lease.count())}};
  out.fields["Renewable"] = value{text_at(*body, {"renewable"}) == "true"};
  out.fields["RequestID"] = value{text_at(*body, {"request_id"})};
  return out;
}

result<list> decode_names(const reply& x, std::string_view path) {
  if (x.status == 404)
    return list{};
  auto body = parsed(x, "listing " + std::string{path});
  if (!body)
    return body.error();
  auto out = list{};
  if (const auto* names = find(*body, {"data", "keys"}))
    for (const auto& each : names->elements)
      out.push_back(value{each.text});
  return out;
}

request unwrap_request() {
  return {.method = "PUT", .target = "/v1/sys/wrapping/unwrap"};
}

result<std::string> decode_unwrapped(const reply& x) {
  auto body = parsed(x, "unwrap");
  if (!body)
    return body.error();
  for (auto token : {text_at(*body, {"auth", "client_token"}),
                     text_at(*body, {"data", "token"})})
    if (!token.empty())
      return token;
  return fail(errc::malformed, "vault: unwrap: there is no token inside");
}

request lookup_request() {
  return {.target = "/v1/auth/token/lookup-self"};
}

result<token_life> decode_lookup(const reply& x) {
  auto body = parsed(x, "looking up the token");
  if (!body)
    return body.error();
  return token_life{.ttl = seconds_at(*body, {"data", "ttl"}),
                    .renewable
                    = text_at(*body, {"data", "renewable"}) == "true"};
}

request renew_request() {
  return {.method = "PUT", .target = "/v1/auth/token/renew-self"};
}

result<token_life> decode_renewed(const reply& x) {
  auto body = parsed(x, "renewing the token");
  if (!body)
    return body.error();
  return token_life{.ttl = seconds_at(*body, {"auth", "lease_duration"}),
                    .renewable
                    = text_at(*body, {"auth", "renewable"}) == "true"};
}

} // namespace cts::vault

#include "core/consul/txn.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <simdjson.h>

#include <algorithm>
#include <array>

namespace cts::consul::txn {

namespace {

namespace json = boost::json;

constexpr auto verbs = std::array<std::string_view, 12>{
  "set",         "cas",         "lock",          "unlock",           "get",
  "get-tree",    "check-index", "check-session", "check-not-exists", "delete",
  "delete-tree", "delete-cas"};
static_assert(verbs.size() == std::variant_size_v<operation>);

/// The operation without its value.
json::object frame(const operation& x) {
  auto kv = json::object{{"Verb", verbs[x.index()]}};
  std::visit(
    [&kv](const auto& one) {
      kv["Key"] = one.key;
      if constexpr (requires { one.value; })
        kv["Value"] = "";
      if constexpr (requires { one.index; })
        kv["Index"] = one.index;
      if constexpr (requires { one.session; })
        kv["Session"] = one.session;
      if constexpr (requires { one.flags; })
        if (one.flags != 0)
          kv["Flags"] = one.flags;
    },
    x);
  return {{"KV", std::move(kv)}};
}

std::string_view value_of(const operation& x) {
  return std::visit(
    [](const auto& one) -> std::string_view {
      if constexpr (requires { one.value; })
        return one.value;
      else
        return {};
    },
    x);
}

json::object written(const operation& x) {
  auto out = frame(x);
  if (auto value = value_of(x); !value.empty())
    out["KV"].get_object()["Value"] = encode_base64(value);
  return out;
}

struct sign {
  std::string_view text;
  reason why;
};

/// What Consul 1.8.7 says, the more telling words first.
constexpr auto signs = std::array<sign, 16>{{
  {"Permission denied", reason::permission_denied},
  {"ACL not found", reason::permission_denied},
  {"due to lock delay", reason::lock_delay},
  {"lock is already held", reason::lock_held},
  {"lock isn't held, or is held by another session", reason::not_holder},
  {"failed session check for key", reason::session_mismatch},
  {"failed to check session, key", reason::session_mismatch},
  {"failed index check for key", reason::stale_index},
  {"failed to check index, key", reason::stale_index},
  {"index is stale", reason::stale_index},
  {"invalid session", reason::invalid_session},
  {"failed session lookup", reason::invalid_session},
  {"missing session", reason::invalid_session},
  {"\" exists", reason::stale_index},
  {"doesn't exist", reason::missing_key},
  {"Must provide key", reason::other},
}};

reason reason_of(std::string_view text) {
  const auto* found
    = std::find_if(signs.begin(), signs.end(), [text](const sign& one) {
        return text.find(one.text) != std::string_view::npos;
      });
  return found == signs.end() ? reason::other : found->why;
}

refused read_refusals(const simdjson::dom::element& from) {
  auto out = refused{};
  for (auto one : simdjson::dom::array{from["Errors"]}) {
    auto text = std::string_view{one["What"]};
    out.reasons.push_back({.why = reason_of(text),
                           .operation = std::uint64_t{one["OpIndex"]},
                           .message = std::string{text}});
  }
  return out;
}

result<outcome> read_results(const simdjson::dom::element& from) {
  auto list = simdjson::dom::element{from["Results"]};
  if (list.is_null())
    return outcome{committed{}};
  auto entries = std::string{"["};
  for (auto one : simdjson::dom::array{list}) {
    if (entries.size() > 1)
      entries += ',';
    entries += simdjson::to_string(simdjson::dom::element{one["KV"]});
  }
  auto read = decode_entries(entries + "]");
  if (!read)
    return read.error();
  return outcome{committed{*std::move(read)}};
}

result<outcome> read_body(const reply& x) {
  try {
    auto parser = simdjson::dom::parser{};
    auto body = simdjson::dom::element{parser.parse(x.body)};
    if (x.status == 200)
      return read_results(body);
    return outcome{read_refusals(body)};
  } catch (const simdjson::simdjson_error& e) {
    return fail(errc::malformed, "the answer to a transaction: ", e.what());
  }
}

} // namespace

bool has_write(const operations& xs) {
  return std::any_of(xs.begin(), xs.end(), [](const operation& x) {
    return !std::holds_alternative<get>(x)
           && !std::holds_alternative<get_tree>(x)
           && !std::holds_alternative<check_index>(x)
           && !std::holds_alternative<check_session>(x)
           && !std::holds_alternative<check_not_exists>(x);
  });
}

std::size_t body_bytes(const operation& x) {
  return json::serialize(frame(x)).size() + (value_of(x).size() + 2) / 3 * 4;
}

std::size_t body_bytes(const operations& xs) {
  // The brackets, and a comma between each two.
  auto out = xs.empty() ? std::size_t{2} : xs.size() + 1;
  for (const auto& x : xs)
    out += body_bytes(x);
  return out;
}

result<request> request_for(const operations& xs, std::string_view ns) {
  if (xs.size() > operations_max)
    return fail(errc::limit, "a transaction of ", xs.size(),
                " operations; Consul takes ", operations_max);
  auto list = json::array{};
  for (const auto& x : xs)
    list.push_back(written(x));
  auto out = request{.method = "PUT", .path = "/v1/txn"};
  out.body = json::serialize(list);
  if (out.body.size() > body_bytes_max)
    return fail(errc::limit, "a transaction of ", out.body.size(),
                " bytes; Consul takes ", body_bytes_max);
  if (!ns.empty())
    out.query.emplace("ns", ns);
  return out;
}

result<outcome> decode(const reply& x) {
  if (x.status == 200 || x.status == 409)
    return read_body(x);
  if (x.status == 403)
    return outcome{refused{
      {{.why = reason::permission_denied, .operation = 0, .message = x.body}}}};
  if (x.status == 413)
    return fail(errc::limit, "transaction: ", describe_failure(x));
  auto said_no = x.status >= 400 && x.status < 500 && x.status != 408;
  return fail(said_no ? errc::refused : errc::unavailable,
              "transaction: ", describe_failure(x));
}

bool is_ambiguous(const error& x) {
  switch (x.code) {
    case errc::configuration:
    case errc::not_found:
    case errc::refused:
    case errc::limit:
    case errc::conflict: return false;
    case errc::unavailable:
    case errc::timed_out:
    case errc::malformed:
    case errc::system:
    case errc::driver:
    case errc::cancelled: break;
  }
  return true;
}

} // namespace cts::consul::txn

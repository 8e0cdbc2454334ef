#include "tests/support/consul_model_txn.hpp"

#include "core/consul/kv.hpp"
#include "tests/support/consul_model_kv.hpp"
#include "tests/support/consul_model_lock.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>

namespace cts::consul_model {

namespace {

namespace json = boost::json;

constexpr auto operations_max = std::size_t{64};
constexpr auto body_bytes_max = std::size_t{524'288};

struct operation {
  std::string verb{};
  kv_write write{};
  index last = 0;
};

using operations = std::vector<operation>;

bool is_one_of(const std::string& verb,
               std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), verb) != list.end();
}

bool writes(const std::string& verb) {
  return is_one_of(verb, {"set", "cas", "lock", "unlock", "delete",
                          "delete-tree", "delete-cas"});
}

std::string text(const json::object& from, std::string_view key) {
  const auto* found = from.if_contains(key);
  return found != nullptr && found->is_string()
           ? std::string{found->get_string()}
           : std::string{};
}

std::uint64_t number(const json::object& from, std::string_view key) {
  const auto* found = from.if_contains(key);
  return found != nullptr && found->is_number()
           ? found->to_number<std::uint64_t>()
           : 0;
}

result<operations> read(const std::string& body) {
  auto problem = boost::system::error_code{};
  auto parsed = json::parse(body, problem);
  if (problem || !parsed.is_array())
    return fail(errc::malformed, "Failed to parse body: the model says no "
                                 "more");
  auto out = operations{};
  for (const auto& one : parsed.get_array()) {
    const auto* kv
      = one.is_object() ? one.get_object().if_contains("KV") : nullptr;
    if (kv == nullptr || !kv->is_object())
      continue;
    const auto& from = kv->get_object();
    auto value = consul::decode_base64(text(from, "Value"));
    if (!value)
      return fail(errc::malformed, "Failed to parse body: illegal base64 data");
    out.push_back({.verb = text(from, "Verb"),
                   .write = {.key = text(from, "Key"),
                             .value = *std::move(value),
                             .flags = number(from, "Flags"),
                             .session = text(from, "Session")},
                   .last = number(from, "Index")});
  }
  return out;
}

/// A transaction under way: each operation adds to its results or says what is
/// wrong with it.
class transaction {
public:
  transaction(state& s, rights may) : s_(s), batch_(s), may_(may) {}

  /// What is wrong before anything happened.
  std::string check(const operation& x, time_point now) const {
    if (x.write.key.empty() && !is_one_of(x.verb, {"delete-tree", "get-tree"}))
      return "Must provide key";
    if (!is_one_of(x.verb, {"get", "get-tree"})) {
      auto reads = is_one_of(x.verb, {"check-session", "check-index"});
      if (reads ? !may_.read_keys : !may_.write_keys)
        return "Permission denied";
    }
    if (x.verb == "lock" && is_delayed(s_, x.write.key, now))
      return "failed to lock key " + quoted(x) + " due to lock delay";
    return {};
  }

  std::string carry_out(const operation& x) {
    if (writes(x.verb))
      return write(x);
    if (x.verb == "get-tree")
      return read_tree(x.write.key);
    const auto* found = batch_.find(x.write.key);
    if (x.verb == "get")
      return read_key(x, found);
    if (x.verb == "check-not-exists")
      return found == nullptr ? "" : "key " + quoted(x) + " exists";
    if (x.verb == "check-index")
      return check_index(x, found);
    if (x.verb == "check-session")
      return check_session(x, found);
    return "unknown KV verb \"" + x.verb + "\"";
  }

  void take_back() { batch_.take_back(); }

  const std::string& results() const { return results_; }

private:
  static std::string quoted(const operation& x) {
    return "\"" + x.write.key + "\"";
  }

  std::string write(const operation& x) {
    const auto& key = x.write.key;
    auto stale = [&x](const char* what) {
      return std::string{"failed to "} + what + " key " + quoted(x)
             + ", index is stale";
    };
    if (x.verb == "set")
      batch_.set(x.write);
    if (x.verb == "cas" && !batch_.cas(x.write, x.last))
      return stale("set");
    if (x.verb == "lock" || x.verb == "unlock")
      if (auto why = lock(x); !why.empty())
        return why;
    if (x.verb == "delete")
      batch_.erase(key);
    if (x.verb == "delete-tree")
      batch_.erase_tree(key);
    if (x.verb == "delete-cas" && !batch_.erase_cas(key, x.last))
      return stale("delete");
    if (!x.verb.starts_with("delete"))
      add_frame(key);
    return {};
  }

  std::string lock(const operation& x) {
    auto takes = x.verb == "lock";
    auto answer = takes ? batch_.lock(x.write) : batch_.unlock(x.write);
    if (answer.done || !answer.trouble.empty())
      return answer.trouble;
    if (takes)
      return "failed to lock key " + quoted(x) + ", lock is already held";
    return "failed to unlock key " + quoted(x)
           + ", lock isn't held, or is held by another session";
  }

  std::string read_key(const operation& x, const kv_entry* found) {
    if (found == nullptr)
      return "key " + quoted(x) + " doesn't exist";
    if (may_.read_keys)
      add(x.write.key, *found);
    return {};
  }

  std::string read_tree(const std::string& prefix) {
    for (auto it = s_.kv.lower_bound(prefix);
         it != s_.kv.end() && it->first.starts_with(prefix); ++it)
      if (may_.read_keys)
        add(it->first, it->second);
    return {};
  }

  std::string check_index(const operation& x, const kv_entry* found) {
    if (found == nullptr)
      return "failed to check index, key " + quoted(x) + " doesn't exist";
    if (found->modify_index != x.last)
      return "failed index check for key " + quoted(x)
             + ", current modify index " + std::to_string(found->modify_index)
             + " != " + std::to_string(x.last);
    add_frame(x.write.key);
    return {};
  }

  std::string check_session(const operation& x, const kv_entry* found) {
    if (found == nullptr)
      return "failed to check session, key " + quoted(x) + " doesn't exist";
    if (found->session != x.write.session)
      return "failed session check for key " + quoted(x)
             + ", current session \"" + found->session + "\" != \""
             + x.write.session + "\"";
    add_frame(x.write.key);
    return {};
  }

  void add(const std::string& key, const kv_entry& x) {
    results_ += results_.empty() ? "" : ",";
    results_ += "{\"KV\":" + entry_text(key, x) + "}";
  }

  /// The entry without its value.
  void add_frame(const std::string& key) {
    const auto& x = s_.kv.at(key);
    add(key, {.create_index = x.create_index,
              .modify_index = x.modify_index,
              .flags = x.flags,
              .lock_index = x.lock_index,
              .session = x.session});
  }

  state& s_;
  kv_batch batch_;
  rights may_;
  std::string results_{};
};

struct complaint {
  std::size_t operation = 0;
  std::string what{};
};

std::string refusal_text(const std::vector<complaint>& list) {
  auto out = std::string{};
  for (const auto& x : list)
    out += (out.empty() ? "{\"OpIndex\":" : ",{\"OpIndex\":")
           + std::to_string(x.operation)
           + ",\"What\":" + json::serialize(json::value(x.what)) + "}";
  return out;
}

reply run(state& s, const operations& xs, rights may, time_point now) {
  auto work = transaction{s, may};
  auto complaints = std::vector<complaint>{};
  auto note = [&complaints](std::size_t at, std::string what) {
    if (!what.empty())
      complaints.push_back({at, std::move(what)});
  };
  for (auto i = std::size_t{0}; i < xs.size(); ++i)
    note(i, work.check(xs[i], now));
  if (complaints.empty())
    for (auto i = std::size_t{0}; i < xs.size(); ++i)
      note(i, work.carry_out(xs[i]));
  if (complaints.empty())
    return {.body = "{\"Results\":[" + work.results() + "],\"Errors\":null}"};
  work.take_back();
  return {.status = 409,
          .body
          = "{\"Results\":null,\"Errors\":[" + refusal_text(complaints) + "]}"};
}

} // namespace

std::optional<reply> serve_txn(state& s, const request& x, time_point now) {
  if (x.path != "/v1/txn")
    return std::nullopt;
  if (x.method != "PUT")
    return reply{.status = 405, .body = "method " + x.method + " not allowed"};
  if (x.body.size() > body_bytes_max)
    return too_large(x.body.size(), "txn_max_req_len");
  auto xs = read(x.body);
  if (!xs)
    return reply{.status = 400, .body = xs.error().message};
  if (xs->size() > operations_max)
    return reply{.status = 413,
                 .body = "Transaction contains too many operations ("
                         + std::to_string(xs->size()) + " > 64)"};
  return run(s, *xs, *rights_of(s, x), now);
}

} // namespace cts::consul_model

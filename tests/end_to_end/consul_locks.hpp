#pragma once

#include "core/consul/kv.hpp"
#include "core/consul/session.hpp"
#include "core/consul/txn.hpp"
#include "tests/end_to_end/consul_conformance.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace cts {

/// Words for sessions, locks and transactions, spoken with the product's own
/// requests and understood with its own decoders.
class LockConformance : public ConsulConformance {
protected:
  using reasons = std::vector<std::pair<std::size_t, std::string>>;

  answer ask(const consul::request& x) {
    return finish(start(x.method, consul::target_of(x), x.body));
  }

  static consul::reply reply_of(const answer& x) {
    return {.status = x.status, .body = x.body};
  }

  // -- sessions ---------------------------------------------------------------

  /// Its id; the body is that of the API.
  std::string make_session(const std::string& body = R"({"LockDelay":"0s"})") {
    auto x = consul::decode_session_created(
      reply_of(put("/v1/session/create", body)));
    EXPECT_TRUE(x && !x->id.empty());
    return x ? x->id : std::string{};
  }

  /// Status and text.
  std::pair<int, std::string> refused_session(const std::string& body) {
    auto x = finish(start("PUT", "/v1/session/create", body));
    return {x.status, x.body};
  }

  bool lives(const std::string& session) {
    auto x = consul::decode_session(
      reply_of(ask(consul::read_session(session, ""))));
    EXPECT_TRUE(x);
    return x && x->has_value();
  }

  void destroy(const std::string& session) {
    EXPECT_EQ(ask(consul::destroy_session(session, "")).status, 200);
  }

  // -- keys -------------------------------------------------------------------

  bool acquire(const std::string& key, const std::string& session,
               const std::string& value = "v", std::uint64_t flags = 0) {
    return written(consul::acquire_key(
      {.key = key, .session = session, .value = value, .flags = flags}));
  }

  bool release(const std::string& key, const std::string& session,
               const std::string& value = "v", std::uint64_t flags = 0) {
    return written(consul::release_key(
      {.key = key, .session = session, .value = value, .flags = flags}));
  }

  bool written(const consul::request& x) {
    auto out = consul::decode_written(reply_of(ask(x)));
    EXPECT_TRUE(out);
    return out && *out;
  }

  static consul::kv_entries entries(const answer& x) {
    auto out = consul::decode_keys(reply_of(x));
    EXPECT_TRUE(out) << x.body;
    return out ? *out : consul::kv_entries{};
  }

  /// With an empty key if there is none.
  consul::kv_entry entry(const std::string& key) {
    auto found = entries(ask(consul::read_keys({.key = key})));
    return found.empty() ? consul::kv_entry{} : found.front();
  }

  std::string holder(const std::string& key) { return entry(key).session; }

  /// Waits until nobody holds the key, or it is gone.
  answer wait_until_free(const std::string& key) {
    auto target = "/v1/kv/" + key;
    auto seen = get(target);
    for (auto i = 0; i < 20; ++i) {
      auto found = entries(seen);
      if (found.empty() || found.front().session.empty())
        return seen;
      seen = finish(poll_past(seen, target));
    }
    ADD_FAILURE() << key << " is still held";
    return seen;
  }

  /// Lets at least a second pass, and little more.
  void let_a_second_pass() {
    put("/v1/kv/clock", "");
    auto seen = get("/v1/kv/clock");
    expect_asleep(poll_past(seen, "/v1/kv/clock", "1s"), seen);
  }

  // -- transactions -----------------------------------------------------------

  consul::txn::outcome run(const consul::txn::operations& xs) {
    auto x = consul::txn::decode(
      reply_of(ask(consul::txn::request_for(xs).value())));
    EXPECT_TRUE(x) << x.error().message;
    return x ? *x : consul::txn::outcome{};
  }

  consul::kv_entries commit(const consul::txn::operations& xs) {
    auto x = run(xs);
    auto* done = std::get_if<consul::txn::committed>(&x);
    EXPECT_TRUE(done) << why(x)[0].second;
    return done ? done->entries : consul::kv_entries{};
  }

  /// Operation and text of each refusal; empty if there was none.
  reasons refuse(const consul::txn::operations& xs) { return why(run(xs)); }

  static reasons why(const consul::txn::outcome& x) {
    auto out = reasons{};
    if (const auto* no = std::get_if<consul::txn::refused>(&x))
      for (const auto& one : no->reasons)
        out.emplace_back(one.operation, one.message);
    return out;
  }

  static constexpr auto nobody = "11111111-1111-1111-1111-111111111111";
};

} // namespace cts

// What the product may rely on of sessions, checked against the model and the
// real agent. Source: chapter high-availability 2.1 and 2.2.

#include "tests/end_to_end/consul_locks.hpp"
#include "tests/support/listening_socket.hpp"

namespace cts {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Pair;

class SessionConformance : public LockConformance {
protected:
  /// A service with a check that its owner reports, and one more if asked for.
  void register_owner(const std::string& status = "passing",
                      const std::string& more = {}) {
    auto seen = get(web);
    put("/v1/agent/service/register",
        R"({"ID":"web-1","Name":"web","Port":80,"Checks":[{"CheckID":"alive",)"
        R"("Name":"a","TTL":"1h","Status":")"
          + status + "\"}" + more + "]}");
    // The agent tells its servers in its own time.
    while (instances(seen).empty())
      seen = finish(poll_past(seen, web));
  }

  std::string make_bound_session(const std::string& check = "alive") {
    return make_session(
      R"({"LockDelay":"0s","NodeChecks":["serfHealth"],"ServiceChecks":[{"ID":")"
      + check + "\"}]}");
  }

  void wait_until_not_passing() {
    auto seen = get(web);
    while (instances(seen).at(0).status == "passing")
      seen = finish(poll_past(seen, web));
  }
};

TEST_P(SessionConformance, TtlsHaveBounds) {
  make_session(R"({"TTL":"2s"})");
  make_session(R"({"TTL":"86400s"})");
  make_session(R"({"TTL":"0s"})");
  EXPECT_THAT(refused_session(R"({"TTL":"1.999s"})"),
              Pair(500, HasSubstr("Invalid Session TTL '1999000000', must be "
                                  "between [2s=24h0m0s]")));
  EXPECT_THAT(refused_session(R"({"TTL":"86401s"})"),
              Pair(500, HasSubstr("Invalid Session TTL '86401000000000'")));
  EXPECT_THAT(refused_session(R"({"TTL":"x"})"),
              Pair(500, HasSubstr("Session TTL 'x' invalid: time: invalid "
                                  "duration")));
}

TEST_P(SessionConformance, TellsWhatIsWrong) {
  EXPECT_THAT(refused_session(R"({"LockDelay":"15"})"),
              Pair(400, HasSubstr("missing unit in duration")));
  EXPECT_THAT(refused_session(R"({"Behavior":"x"})"),
              Pair(500, HasSubstr("Invalid Behavior setting 'x'")));
  EXPECT_THAT(refused_session(R"({"ServiceChecks":[{"ID":"zz"}]})"),
              Pair(500, HasSubstr("Missing check 'zz' registration")));
  EXPECT_THAT(refused_session(R"({"NodeChecks":["zz"]})"),
              Pair(500, HasSubstr("Missing check 'zz' registration")));
  EXPECT_THAT(refused_session(R"({"Checks":["zz"]})"),
              Pair(500, HasSubstr("Missing check 'zz' registration")));
  EXPECT_THAT(refused_session(R"({"Node":"mars"})"),
              Pair(500, HasSubstr("Missing node registration")));
}

TEST_P(SessionConformance, IsReadAsItWasMade) {
  register_owner();
  auto made = consul::create_session(
    {.name = "cts/c/i", .ttl = 15s, .service_checks = {"alive"}});
  auto created = consul::decode_session_created(reply_of(ask(made)));
  ASSERT_TRUE(created);
  auto read = consul::decode_session(
    reply_of(ask(consul::read_session(created->id, ""))));
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->id, created->id);
  EXPECT_EQ((*read)->name, "cts/c/i");
  EXPECT_EQ((*read)->ttl, "15s");
  EXPECT_EQ((*read)->lock_delay, 0s);
  EXPECT_EQ((*read)->behavior, "release");
  EXPECT_EQ((*read)->node_checks, std::vector<std::string>{"serfHealth"});
  EXPECT_EQ((*read)->service_checks, std::vector<std::string>{"alive"});
}

TEST_P(SessionConformance, HasDefaults) {
  auto read = [this](const std::string& body) {
    auto x = consul::decode_session(
      reply_of(ask(consul::read_session(make_session(body), ""))));
    EXPECT_TRUE(x && *x);
    return **x;
  };
  auto bare = read("{}");
  EXPECT_EQ(bare.node_checks, std::vector<std::string>{"serfHealth"});
  EXPECT_EQ(bare.lock_delay, 15s);
  EXPECT_EQ(bare.behavior, "release");
  EXPECT_EQ(bare.ttl, "");
  EXPECT_TRUE(read(R"({"NodeChecks":[]})").node_checks.empty());
}

TEST_P(SessionConformance, IsRenewedUntilItHasEnded) {
  auto id = make_session();
  EXPECT_EQ(ask(consul::renew_session(id, "")).status, 200);
  destroy(id);
  auto gone = ask(consul::renew_session(id, ""));
  EXPECT_EQ(gone.status, 404);
  EXPECT_THAT(gone.body, HasSubstr("Session id '" + id + "' not found"));
  EXPECT_FALSE(lives(id));
  destroy(id);
  auto malformed = ask(consul::renew_session("zz", ""));
  EXPECT_EQ(malformed.status, 500);
  EXPECT_THAT(malformed.body, HasSubstr("UUID must be 36 characters"));
}

TEST_P(SessionConformance, EndsTwiceItsTtlAfterItsLastRenewal) {
  auto since = now();
  auto id = make_session(R"({"TTL":"2s","LockDelay":"0s"})");
  EXPECT_TRUE(acquire("k", id));
  wait_until_free("k");
  EXPECT_GE(now() - since, 4s);
  EXPECT_LT(now() - since, 9s);
  EXPECT_FALSE(lives(id));
}

TEST_P(SessionConformance, IsRenewedLate) {
  auto id = make_session(R"({"TTL":"2s","LockDelay":"0s"})");
  EXPECT_TRUE(acquire("k", id));
  auto seen = get("/v1/kv/k");
  EXPECT_GE(finish(poll_past(seen, "/v1/kv/k", "2100ms")).took, 2100ms);
  auto since = now();
  EXPECT_EQ(ask(consul::renew_session(id, "")).status, 200);
  wait_until_free("k");
  EXPECT_GE(now() - since, 4s);
}

TEST_P(SessionConformance, TheEndOfOneWakesWhoWatchesItsKeys) {
  auto id = make_session();
  EXPECT_TRUE(acquire("dir/k", id, "v", 7));
  auto key = get("/v1/kv/dir/k");
  auto tree = get("/v1/kv/dir/?recurse=");
  auto key_poll = poll_past(key, "/v1/kv/dir/k");
  auto tree_poll = poll_past(tree, "/v1/kv/dir/?recurse=");
  destroy(id);
  auto freed = entries(expect_woken(std::move(key_poll), key)).at(0);
  expect_woken(std::move(tree_poll), tree);
  EXPECT_EQ(freed.session, "");
  EXPECT_EQ(freed.value, "v");
  EXPECT_EQ(freed.flags, 7u);
  EXPECT_EQ(freed.lock_index, 1u);
}

TEST_P(SessionConformance, TheEndOfOneWakesWhoWatchesIt) {
  auto id = make_session();
  auto target = "/v1/session/info/" + id;
  auto seen = get(target);
  auto waiting = poll_past(seen, target);
  EXPECT_EQ(ask(consul::renew_session(id, "")).status, 200);
  destroy(id);
  auto gone
    = consul::decode_session(reply_of(expect_woken(std::move(waiting), seen)));
  ASSERT_TRUE(gone);
  EXPECT_FALSE(*gone);
}

TEST_P(SessionConformance, ARenewalWakesNobody) {
  auto id = make_session(R"({"TTL":"60s"})");
  auto target = "/v1/session/info/" + id;
  auto seen = get(target);
  auto waiting = poll_past(seen, target, "1s");
  EXPECT_EQ(ask(consul::renew_session(id, "")).status, 200);
  expect_asleep(std::move(waiting), seen);
}

TEST_P(SessionConformance, DeletesItsKeysIfToldTo) {
  auto id = make_session(R"({"LockDelay":"0s","Behavior":"delete"})");
  EXPECT_TRUE(acquire("released", id));
  EXPECT_TRUE(acquire("held", id));
  EXPECT_TRUE(release("released", id));
  destroy(id);
  EXPECT_EQ(entry("held").key, "");
  EXPECT_EQ(entry("released").key, "released");
}

TEST_P(SessionConformance, DelaysTheNextLock) {
  auto id = make_session(R"({"LockDelay":"2s"})");
  auto next = make_session();
  EXPECT_TRUE(acquire("k", id));
  destroy(id);
  EXPECT_EQ(holder("k"), "");
  EXPECT_FALSE(acquire("k", next));
  EXPECT_EQ(refuse({consul::txn::lock{.key = "k", .session = next}}),
            (reasons{{0, "failed to lock key \"k\" due to lock delay"}}));
  put("/v1/kv/k", "plain");
  finish(start("DELETE", "/v1/kv/k"));
  EXPECT_FALSE(acquire("k", next));
  let_a_second_pass();
  let_a_second_pass();
  EXPECT_TRUE(acquire("k", next));
}

TEST_P(SessionConformance, DelaysNothingAfterARelease) {
  auto id = make_session(R"({"LockDelay":"15s"})");
  auto next = make_session();
  EXPECT_TRUE(acquire("k", id));
  EXPECT_TRUE(release("k", id));
  EXPECT_TRUE(acquire("k", next));
  EXPECT_TRUE(acquire("none", make_session()));
}

TEST_P(SessionConformance, EndsWithItsCheck) {
  register_owner();
  auto id = make_bound_session();
  EXPECT_TRUE(acquire("k", id));
  put("/v1/agent/check/fail/alive");
  wait_until_free("k");
  EXPECT_FALSE(lives(id));
  EXPECT_THAT(refused_session(R"({"ServiceChecks":[{"ID":"alive"}]})"),
              Pair(500, HasSubstr("Check 'alive' is in critical state")));
}

TEST_P(SessionConformance, ChecksOfServicesCountInEveryList) {
  register_owner();
  auto as_node = make_session(R"({"LockDelay":"0s","NodeChecks":["alive"]})");
  auto as_any = make_session(R"({"LockDelay":"0s","Checks":["alive"]})");
  EXPECT_TRUE(acquire("a", as_node));
  EXPECT_TRUE(acquire("b", as_any));
  put("/v1/agent/check/fail/alive");
  wait_until_free("a");
  wait_until_free("b");
}

TEST_P(SessionConformance, EndsWithItsService) {
  register_owner();
  EXPECT_TRUE(acquire("k", make_bound_session()));
  put("/v1/agent/service/deregister/web-1");
  wait_until_free("k");
}

TEST_P(SessionConformance, EndsWhenItsCheckIsDeregistered) {
  register_owner();
  EXPECT_TRUE(acquire("k", make_bound_session()));
  put("/v1/agent/check/deregister/alive");
  wait_until_free("k");
}

TEST_P(SessionConformance, SurvivesAWarning) {
  register_owner();
  auto id = make_bound_session();
  put("/v1/agent/check/warn/alive");
  wait_until_not_passing();
  EXPECT_TRUE(lives(id));
  make_bound_session();
}

TEST_P(SessionConformance, SurvivesWhatLeavesItsCheckPassing) {
  register_owner();
  auto id = make_bound_session();
  register_owner();
  register_owner("critical");
  put("/v1/agent/service/maintenance/web-1?enable=true");
  put("/v1/agent/maintenance?enable=true");
  wait_until_not_passing();
  EXPECT_TRUE(lives(id));
}

TEST_P(SessionConformance, EndsWithinASecondOfItsListener) {
  auto listener = listening_socket{};
  auto address = "127.0.0.1:" + std::to_string(listener.port());
  register_owner("passing", R"(,{"CheckID":"tcp","Name":"t","TCP":")" + address
                              + R"(","Interval":"1s","Timeout":"10s",)"
                                R"("Status":"passing"})");
  EXPECT_TRUE(acquire("k", make_bound_session("tcp")));
  let_a_second_pass();
  EXPECT_NE(holder("k"), "");
  listener.close();
  if (simulated())
    (*self)->send(model, set_listener{.address = address});
  auto since = now();
  wait_until_free("k");
  EXPECT_LT(now() - since, 10s);
}

INSTANTIATE_TEST_SUITE_P(Agents, SessionConformance,
                         testing::Values(agent_kind::model, agent_kind::real),
                         name_of_agent);

} // namespace
} // namespace cts

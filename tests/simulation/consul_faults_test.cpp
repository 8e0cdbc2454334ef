// The modelled Consul under faults that no conformance test can make a real one
// show: chapter high-availability 2.1 (S6, S7), 2.2 (H9 to H12), 2.3 (K11, K12)
// and 6.1.

#include "tests/simulation/consul_faults.hpp"

#include <gmock/gmock.h>

namespace cts {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST_F(ConsulFaults, AgentsShareTheirServers) {
  auto id = lock(one);
  EXPECT_EQ(read(two).session, id);
  auto x = consul::decode_session(ask_now(two, consul::read_session(id, "")));
  ASSERT_TRUE(x && *x);
  EXPECT_EQ((*x)->node, "n1");
}

TEST_F(ConsulFaults, ANewLeaderRestartsEveryTtl) {
  lock(one);
  advance(15s);
  tell(servers, elect_leader{.outage = 3s});
  advance(3s);
  EXPECT_NE(read(two).session, "");
  auto rest = held_for();
  EXPECT_GE(rest, 19'900ms);
  EXPECT_LE(rest, 20'100ms);
}

TEST_F(ConsulFaults, WithoutALeaderOnlyStaleReadsSucceed) {
  write(one, "v");
  tell(servers, elect_leader{.outage = 3s});
  EXPECT_THAT(ask_now(one, poll(0)).body, HasSubstr("No cluster leader"));
  EXPECT_EQ(ask_now(one, {.method = "PUT", .path = "/v1/kv/leader"}).status,
            500);
  EXPECT_EQ(read(one, true).value, "v");
  advance(3s);
  write(one, "w");
}

TEST_F(ConsulFaults, RequestsMayWaitForTheNewLeader) {
  tell(servers, elect_leader{.outage = 3s, .holds_requests = true});
  auto asked = start(one, {.method = "PUT", .path = "/v1/kv/leader"});
  advance(2s);
  EXPECT_FALSE(answer_to(asked));
  advance(1s);
  EXPECT_EQ(answer_to(asked)->status, 200);
  tell(servers, elect_leader{.outage = 10s, .holds_requests = true});
  asked = start(one, {.method = "PUT", .path = "/v1/kv/leader"});
  advance(7s);
  EXPECT_THAT(answer_to(asked)->body, HasSubstr("No cluster leader"));
}

TEST_F(ConsulFaults, ElectionsEndPolls) {
  write(one, "v");
  auto asked = start(one, poll(read(one).modify_index));
  tell(servers, elect_leader{.outage = 3s});
  EXPECT_THAT(answer_to(asked)->body, HasSubstr("rpc error making call: EOF"));
}

TEST_F(ConsulFaults, AListenerThatIsGoneEndsTheSessionAtTheNextTick) {
  register_owner(one);
  lock(one, bound());
  advance(3'300ms);
  tell(servers, set_listener{"n1", "127.0.0.1:8558", false});
  EXPECT_NE(read(two).session, "");
  auto rest = held_for();
  EXPECT_GE(rest, 600ms);
  EXPECT_LE(rest, 800ms);
}

TEST_F(ConsulFaults, AListenerThatReturnsBeforeTheTickIsNotMissed) {
  register_owner(one);
  lock(one, bound());
  advance(300ms);
  tell(servers, set_listener{"n1", "127.0.0.1:8558", false});
  tell(servers, set_listener{"n2", "127.0.0.1:8558", false});
  advance(100ms);
  tell(servers, set_listener{"n1", "127.0.0.1:8558", true});
  advance(5s);
  EXPECT_NE(read(two).session, "");
}

TEST_F(ConsulFaults, ALostNodeIsNoticedByTheOthers) {
  for (auto fault :
       {agent_fault::killed, agent_fault::hanging, agent_fault::cut}) {
    lock(one);
    breaks("n1", fault);
    auto rest = held_for();
    EXPECT_GE(rest, 5'400ms);
    EXPECT_LE(rest, 5'600ms);
    breaks("n1", agent_fault::none);
    make_session(one);
  }
}

TEST_F(ConsulFaults, ANodeThatReturnsInTimeIsNotLost) {
  auto id = lock(one);
  breaks("n1", agent_fault::cut);
  advance(5s);
  breaks("n1", agent_fault::none);
  advance(5s);
  EXPECT_EQ(read(two).session, id);
}

TEST_F(ConsulFaults, AKilledAgentMakesNoChecks) {
  register_owner(one);
  lock(one, {.node_checks = {}, .service_checks = {"cts-alive"}});
  breaks("n1", agent_fault::killed);
  tell(servers, set_listener{"n1", "127.0.0.1:8558", false});
  advance(35s);
  EXPECT_NE(read(two).session, "");
}

TEST_F(ConsulFaults, ARestartedAgentKnowsNothingOfItsChecks) {
  register_owner(one);
  lock(one, bound());
  breaks("n1", agent_fault::killed);
  advance(500ms);
  EXPECT_NE(read(two).session, "");
  breaks("n1", agent_fault::none);
  EXPECT_EQ(read(two).session, "");
  auto refused = ask_now(one, consul::create_session(bound()));
  EXPECT_THAT(refused.body, HasSubstr("is in critical state"));
  advance(1s);
  make_session(one, bound());
}

TEST_F(ConsulFaults, AnAgentThatLeavesTakesItsNodeAlong) {
  register_owner(one);
  lock(one);
  breaks("n1", agent_fault::stopped);
  auto rest = held_for();
  EXPECT_GE(rest, 200ms);
  EXPECT_LE(rest, 400ms);
  auto health = consul::request{.path = "/v1/health/service/cts"};
  EXPECT_EQ(ask_now(two, health).body, "[]");
  EXPECT_THAT(ask_now(one, health).body, HasSubstr("connection refused"));
  breaks("n1", agent_fault::none);
  EXPECT_THAT(ask_now(two, health).body, HasSubstr("cts-alive"));
  advance(1s);
  make_session(one, bound());
}

TEST_F(ConsulFaults, ACutAgentAnswersForItselfOnly) {
  register_owner(one);
  breaks("n1", agent_fault::cut);
  EXPECT_EQ(ask_now(one, {.path = "/v1/kv/a"}).status, 500);
  EXPECT_EQ(ask_now(one, {.path = "/v1/agent/service/cts"}).status, 200);
  auto left = consul::request{.method = "PUT",
                              .path = "/v1/agent/service/deregister/cts"};
  EXPECT_EQ(ask_now(one, left).status, 200);
  auto health = consul::request{.path = "/v1/health/service/cts"};
  EXPECT_NE(ask_now(two, health).body, "[]");
  breaks("n1", agent_fault::none);
  EXPECT_EQ(ask_now(two, health).body, "[]");
}

TEST_F(ConsulFaults, ALostAnswerLeavesOpenWhatHappened) {
  tell(servers, lose_answers{.node = "n1", .matching = "PUT /v1/kv/leader"});
  auto asked
    = start(one, {.method = "PUT", .path = "/v1/kv/leader", .body = "v"});
  EXPECT_EQ(read(two).value, "v");
  advance(14s);
  EXPECT_FALSE(answer_to(asked));
  advance(1s);
  EXPECT_THAT(answer_to(asked)->body, HasSubstr("deadline exceeded"));
  write(one, "w");
}

TEST_F(ConsulFaults, AConnectionMayEndBeforeOrAfterTheDeed) {
  for (auto applied : {false, true}) {
    write(one, "before");
    tell(servers, lose_answers{.node = "n1",
                               .matching = "PUT",
                               .is_applied = applied,
                               .is_abrupt = true});
    auto x = ask_now(
      one, {.method = "PUT", .path = "/v1/kv/leader", .body = "after"});
    EXPECT_EQ(x.status, 0);
    EXPECT_EQ(read(two).value, applied ? "after" : "before");
  }
}

TEST_F(ConsulFaults, AMuteAgentCarriesOutAndSaysNothing) {
  breaks("n1", agent_fault::mute);
  auto asked
    = start(one, {.method = "PUT", .path = "/v1/kv/leader", .body = "v"});
  EXPECT_EQ(read(two).value, "v");
  advance(15s);
  EXPECT_EQ(answer_to(asked)->status, 0);
}

TEST_F(ConsulFaults, PollsGoBlindWhileWritesWork) {
  write(one, "v");
  auto index = read(one).modify_index;
  auto asked = start(one, poll(index));
  auto other = start(two, poll(index));
  tell(servers, hang_polls{.node = "n1", .span = 5s});
  write(two, "w");
  EXPECT_EQ(answer_to(other)->status, 200);
  advance(4s);
  EXPECT_FALSE(answer_to(asked));
  // A new poll is served.
  auto fresh = start(one, poll(index));
  EXPECT_EQ(answer_to(fresh)->status, 200);
  advance(1s);
  EXPECT_EQ(answer_to(asked)->status, 200);
}

TEST_F(ConsulFaults, ABlindPollSeesLaterChangesAfterwards) {
  write(one, "v");
  auto asked = start(one, poll(read(one).modify_index));
  tell(servers, hang_polls{.span = 2s});
  advance(3s);
  EXPECT_FALSE(answer_to(asked));
  write(two, "w");
  EXPECT_EQ(answer_to(asked)->status, 200);
}

TEST_F(ConsulFaults, StaleReadsMayLag) {
  write(one, "v");
  tell(servers, lag_stale_reads{});
  write(one, "w");
  EXPECT_EQ(read(two, true).value, "v");
  EXPECT_EQ(read(two).value, "w");
  tell(servers, lag_stale_reads{false});
  EXPECT_EQ(read(two, true).value, "w");
}

TEST_F(ConsulFaults, RightsAreTakenFromOneAgentsClients) {
  auto id = lock(one);
  tell(servers,
       set_agent_rights{"n1", {.read_keys = false, .write_keys = false}});
  auto fenced
    = consul::txn::request_for({consul::txn::check_session{"leader", id},
                                consul::txn::set{.key = "data"}})
        .value();
  auto x = consul::txn::decode(ask_now(one, fenced));
  ASSERT_TRUE(x);
  EXPECT_EQ(std::get<consul::txn::refused>(*x).reasons.at(0).why,
            consul::txn::reason::permission_denied);
  EXPECT_EQ(ask_now(one, {.path = "/v1/kv/leader"}).status, 403);
  EXPECT_EQ(read(two).session, id);
  EXPECT_EQ(ask_now(one, consul::renew_session(id, "")).status, 200);
  tell(servers, set_agent_rights{"n1", {}});
  EXPECT_EQ(read(one).session, id);
}

TEST_F(ConsulFaults, AThrottledAgentSays429) {
  breaks("n1", agent_fault::throttled);
  EXPECT_EQ(ask_now(one, {.path = "/v1/kv/leader"}).status, 429);
  breaks("n1", agent_fault::none);
  EXPECT_EQ(ask_now(one, {.path = "/v1/kv/leader"}).status, 404);
}

TEST_F(ConsulFaults, TheObserverSeesChangesOfRequestsAndOfTime) {
  lock(one);
  EXPECT_EQ(seen.back(), "PUT /v1/kv/leader");
  EXPECT_EQ(sessions, 1u);
  auto count = seen.size();
  read(two);
  EXPECT_EQ(seen.size(), count);
  advance(20s);
  EXPECT_EQ(seen.size(), count + 1);
  EXPECT_EQ(sessions, 0u);
}

} // namespace
} // namespace cts

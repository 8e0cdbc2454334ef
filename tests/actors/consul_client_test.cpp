#include "tests/actors/consul_client_fixture.hpp"

namespace cts::tests {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(ConsulClient, PutsTheAddressBeforeTheTarget) {
  start({.base_url = "https://gw/consul"});
  query({.method = "PUT",
         .path = "/v1/kv/a",
         .query = {{"cas", "0"}},
         .body = "value"});
  ASSERT_EQ(seen.requests.size(), 1u);
  EXPECT_EQ(seen.requests[0].method, "PUT");
  EXPECT_EQ(seen.requests[0].url, "https://gw/consul/v1/kv/a?cas=0");
  EXPECT_EQ(seen.requests[0].body, "value");
  EXPECT_EQ(seen.requests[0].deadline, 30s);
}

TEST_F(ConsulClient, NumbersItsExchangesUnlikeAnotherOne) {
  start();
  auto other = make_consul_client(self.ptr(), {}, http);
  run();
  get("/v1/kv/a");
  std::swap(client, other);
  get("/v1/kv/b");
  std::swap(client, other);
  ASSERT_EQ(seen.requests.size(), 2u);
  EXPECT_NE(seen.requests[0].id, seen.requests[1].id);
  stop(other);
}

TEST_F(ConsulClient, SendsTokenAndBasicAuthentication) {
  start({.token = "t0",
         .auth = {
           .enabled = true, .username = "Aladdin", .password = "open sesame"}});
  get("/v1/status/leader");
  EXPECT_THAT(seen.requests.at(0).fields,
              ElementsAre(std::pair{"X-Consul-Token", "t0"},
                          std::pair{"Authorization",
                                    "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}));
}

TEST_F(ConsulClient, SendsNoSecretsByDefault) {
  start();
  get("/v1/status/leader");
  EXPECT_TRUE(seen.requests.at(0).fields.empty());
}

TEST_F(ConsulClient, AddsDefaultNamespaceAndPartition) {
  start({.ns = "team", .partition = "p"});
  get("/v1/kv/a");
  query({.path = "/v1/kv/a", .query = {{"ns", "own"}}});
  EXPECT_THAT(urls(),
              ElementsAre("http://localhost:8500/v1/kv/a?ns=team&partition=p",
                          "http://localhost:8500/v1/kv/a?ns=own&partition=p"));
}

TEST_F(ConsulClient, ReadsTheFieldsOfTheAnswer) {
  start();
  auto x = get("/v1/kv/a");
  answer({.status = 429,
          .fields = {{"x-consul-index", "42"},
                     {"x-consul-results-filtered-by-acls", "true"},
                     {"connection", "close"},
                     {"retry-after", "17"}},
          .body = "slow down"});
  auto reply = receive(std::move(x));
  ASSERT_TRUE(reply);
  EXPECT_EQ(*reply, (consul::reply{.status = 429,
                                   .index = 42,
                                   .filtered_by_acls = true,
                                   .closing = true,
                                   .retry_after = 17s,
                                   .body = "slow down"}));
}

TEST_F(ConsulClient, TakesOnlyPositiveNumbersAsIndex) {
  start();
  for (const auto* text : {"0", "-1", "x", "1x", "", "99999999999999999999"}) {
    auto x = get("/v1/kv/a");
    answer({.status = 200, .fields = {{"x-consul-index", text}}});
    auto reply = receive(std::move(x));
    ASSERT_TRUE(reply);
    EXPECT_FALSE(reply->index) << text;
  }
}

TEST_F(ConsulClient, PassesErrorsOn) {
  start();
  auto x = get("/v1/kv/a");
  tell(http, answer_oldest{.failure = "refused"});
  auto reply = receive(std::move(x));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error(), fail(errc::unavailable, "refused"));
}

TEST_F(ConsulClient, AfterAFailureOneReadAtATimeTriesTheAgent) {
  start();
  get("/v1/kv/a");
  tell(http, answer_oldest{.failure = "refused"});
  auto first = get("/v1/kv/b");
  auto second = get("/v1/kv/c");
  EXPECT_EQ(seen.requests.size(), 1u);
  advance(1s);
  EXPECT_EQ(seen.requests.size(), 2u);
  tell(http, answer_oldest{.failure = "refused"});
  advance(999ms);
  EXPECT_EQ(seen.requests.size(), 2u);
  advance(1ms);
  EXPECT_EQ(seen.requests.size(), 3u);
  answer();
  EXPECT_EQ(seen.requests.size(), 4u);
  answer();
  EXPECT_TRUE(receive(std::move(first)));
  EXPECT_TRUE(receive(std::move(second)));
}

TEST_F(ConsulClient, ReadsThatWaitForTheAgentFailAtTheirDeadline) {
  start();
  get("/v1/kv/a");
  tell(http, answer_oldest{.failure = "refused"});
  auto first = query({.path = "/v1/kv/b"}, 4500ms);
  for (auto i = 0; i < 5; ++i) {
    advance(1s);
    if (seen.requests.size() == i + 2u)
      tell(http, answer_oldest{.failure = "still refused"});
  }
  EXPECT_EQ(seen.requests.size(), 5u);
  EXPECT_EQ(receive(std::move(first)).error().message, "still refused");
}

TEST_F(ConsulClient, AnotherReadTriesTheAgentIfTheFirstIsCancelled) {
  start();
  get("/v1/kv/a");
  tell(http, answer_oldest{.failure = "refused"});
  get("/v1/kv/b");
  auto probe = ids;
  get("/v1/kv/c");
  advance(1s);
  EXPECT_THAT(urls().back(), HasSubstr("/kv/b"));
  tell(client, cancel_query{probe});
  EXPECT_THAT(urls().back(), HasSubstr("/kv/c"));
}

TEST_F(ConsulClient, WritesAreTriedWhateverHappenedToOthers) {
  start();
  get("/v1/kv/a");
  tell(http, answer_oldest{.failure = "refused"});
  auto write = query({.method = "PUT", .path = "/v1/kv/b"});
  EXPECT_EQ(seen.requests.size(), 2u);
  tell(http, answer_oldest{.failure = "refused"});
  EXPECT_EQ(receive(std::move(write)).error().message, "refused");
}

TEST_F(ConsulClient, PollsHearOfAnOutageAtOnce) {
  start({.blocking_max = 1});
  get("/v1/kv/a");
  poll("/v1/kv/b");
  auto waiting = poll("/v1/kv/c");
  tell(http, answer_oldest{.failure = "refused"});
  EXPECT_EQ(receive(std::move(waiting)).error().message, "refused");
}

TEST_F(ConsulClient, ALateAnswerIsNoOutage) {
  start();
  get("/v1/kv/a");
  advance(36s);
  get("/v1/kv/b");
  EXPECT_EQ(seen.requests.size(), 2u);
}

TEST_F(ConsulClient, AnswersEvenIfTheHttpActorDoesNot) {
  start();
  auto x = get("/v1/kv/a");
  advance(36s);
  auto reply = receive(std::move(x));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, errc::timed_out);
}

TEST_F(ConsulClient, StartsNoFasterThanItsRate) {
  start({.rate = {.interval = 5ms, .burst = 2}});
  auto all = std::vector<pending>{};
  for (auto i = 0; i < 5; ++i)
    all.push_back(get("/v1/kv/a"));
  EXPECT_EQ(seen.requests.size(), 2u);
  advance(5ms);
  EXPECT_EQ(seen.requests.size(), 3u);
  advance(10ms);
  EXPECT_EQ(seen.requests.size(), 5u);
}

TEST_F(ConsulClient, TheDeadlineCountsTheWaitForATurn) {
  start({.rate = {.interval = 1s, .burst = 1}});
  get("/v1/kv/a");
  get("/v1/kv/b");
  auto third = query({.path = "/v1/kv/c"}, 1500ms);
  advance(3s);
  EXPECT_EQ(seen.requests.size(), 2u);
  EXPECT_EQ(seen.requests[1].deadline, 29s);
  auto reply = receive(std::move(third));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, errc::timed_out);
}

TEST(ConsulClientOptions, LimitPollsOnlyWithoutTls) {
  auto plain = consul_client_options_of({.address = "a:1"});
  auto tls = consul_client_options_of({.address = "https://a:1"});
  ASSERT_TRUE(plain && tls);
  EXPECT_EQ(plain->blocking_max, 100u);
  EXPECT_EQ(tls->blocking_max, 0u);
  EXPECT_FALSE(consul_client_options_of({.address = "ftp://a"}));
}

} // namespace
} // namespace cts::tests

#include "actors/consul_client.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "tests/support/sim_fixture.hpp"

#include <gmock/gmock.h>

#include <deque>

namespace cts {

/// A test has the HTTP actor answer its oldest open exchange, or fail it.
struct answer_oldest {
  http_reply reply{};
  std::string failure{};
};

using scripted_http_actor
  = cafx::extended<http_actor, caf::result<void>(answer_oldest)>;

} // namespace cts

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::answer_oldest)

CAF_BEGIN_TYPE_ID_BLOCK(cts_client_test, caf::first_custom_type_id + 570)

CAF_ADD_TYPE_ID(cts_client_test, (cts::answer_oldest))

CAF_END_TYPE_ID_BLOCK(cts_client_test)

namespace cts {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

/// What the HTTP actor was asked.
struct wire {
  std::vector<http_request> requests;
  std::vector<std::uint64_t> cancelled;
};

class scripted_http {
public:
  using actor_type = scripted_http_actor;
  static inline constexpr const char* name = "scripted_http";

  scripted_http(scripted_http_actor::pointer self, wire* seen)
    : self_(self), seen_(seen) {}

  scripted_http_actor::behavior_type make_behavior() {
    return {
      [this](const http_request& x) -> caf::result<http_reply> {
        auto promise = self_->make_response_promise<http_reply>();
        seen_->requests.push_back(x);
        open_.emplace_back(promise);
        return promise;
      },
      [this](const cancel_http& x) { seen_->cancelled.push_back(x.id); },
      [this](const answer_oldest& x) {
        if (x.failure.empty())
          open_.front().deliver(x.reply);
        else
          open_.front().fail(to_caf(fail(errc::unavailable, x.failure)));
        open_.pop_front();
      },
    };
  }

private:
  scripted_http_actor::pointer self_;
  wire* seen_;
  std::deque<cafx::answer<http_reply>> open_;
};

class ConsulClient : public cafx::sim_fixture {
protected:
  void start(consul_client_options options = {}) {
    http = cafx::spawn_state<scripted_http>(self.ptr(), &seen);
    client = make_consul_client(self.ptr(), std::move(options), http);
    run();
  }

  void TearDown() override {
    stop(client);
    stop(http);
    client = nullptr;
    http = nullptr;
    sim_fixture::TearDown();
  }

  using pending = decltype(std::declval<caf::scoped_actor&>()->request(
    consul_actor{}, caf::infinite, consul_query{}));

  pending query(consul::request x, milliseconds deadline = 30s) {
    auto out = self->request(
      client, caf::infinite,
      consul_query{.id = ++ids, .request = std::move(x), .deadline = deadline});
    run();
    return out;
  }

  pending get(std::string path) { return query({.path = std::move(path)}); }

  pending poll(std::string path) {
    auto x = consul::request{.path = std::move(path)};
    x.query = {{"index", "7"}, {"wait", "120s"}};
    return query(std::move(x), 142s);
  }

  /// The HTTP actor answers the oldest open exchange.
  void answer(http_reply x = {.status = 200}) {
    tell(http, answer_oldest{.reply = std::move(x)});
  }

  result<consul::reply> receive(pending x) {
    auto out = result<consul::reply>{fail(errc::system, "no answer yet")};
    if (self->has_next_message())
      x.receive([&](const consul::reply& reply) { out = reply; },
                [&](const caf::error& reason) { out = to_core(reason); });
    return out;
  }

  std::vector<std::string> urls() const {
    auto out = std::vector<std::string>{};
    for (const auto& x : seen.requests)
      out.push_back(x.url);
    return out;
  }

  wire seen;
  scripted_http_actor http;
  consul_actor client;
  std::uint64_t ids = 0;
};

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

TEST_F(ConsulClient, PollsWaitForAConnectionAndOthersOvertakeThem) {
  start({.blocking_max = 1});
  poll("/v1/kv/a");
  poll("/v1/kv/b");
  get("/v1/kv/c");
  EXPECT_THAT(urls(), ElementsAre(HasSubstr("/kv/a"), HasSubstr("/kv/c")));
  answer();
  EXPECT_THAT(urls().back(), HasSubstr("/kv/b"));
}

TEST_F(ConsulClient, APollKeepsItsWaitWhileConnectionsAreFree) {
  start({.blocking_max = 2});
  poll("/v1/kv/a");
  EXPECT_THAT(urls().back(), HasSubstr("wait=120000ms"));
}

TEST_F(ConsulClient, PollsTakeTurnsWhenThereAreTooMany) {
  start({.blocking_max = 1});
  auto first = poll("/v1/kv/a");
  auto second = poll("/v1/kv/b");
  EXPECT_THAT(urls().back(), HasSubstr("/kv/a?index=7&wait=10000ms"));
  advance(10s);
  answer({.status = 200, .fields = {{"x-consul-index", "7"}}});
  EXPECT_THAT(urls().back(), HasSubstr("/kv/b?index=7&wait=1000ms"));
  advance(1s);
  answer({.status = 404, .fields = {{"x-consul-index", "7"}}});
  EXPECT_THAT(urls().back(), HasSubstr("/kv/a?index=7&wait=1000ms"));
  EXPECT_EQ(receive(std::move(first)).error().message, "no answer yet");
  EXPECT_EQ(receive(std::move(second)).error().message, "no answer yet");
}

TEST_F(ConsulClient, NewsEndAPollWhateverItsTurn) {
  start({.blocking_max = 1});
  auto first = poll("/v1/kv/a");
  advance(10s);
  answer({.status = 200, .fields = {{"x-consul-index", "8"}}});
  ASSERT_TRUE(receive(std::move(first)));
}

TEST_F(ConsulClient, AClosingAgentEndsAPollWhateverItsTurn) {
  start({.blocking_max = 1});
  auto first = poll("/v1/kv/a");
  advance(10s);
  answer({.status = 200,
          .fields = {{"x-consul-index", "7"}, {"connection", "close"}}});
  ASSERT_TRUE(receive(std::move(first)));
}

TEST_F(ConsulClient, AnEarlyAnswerWithoutNewsIsPassedOn) {
  start({.blocking_max = 1});
  auto first = poll("/v1/kv/a");
  advance(9s);
  answer({.status = 200, .fields = {{"x-consul-index", "7"}}});
  ASSERT_TRUE(receive(std::move(first)));
}

TEST_F(ConsulClient, APollIsAnsweredWhenItsWholeWaitIsOver) {
  start({.blocking_max = 1});
  auto first = poll("/v1/kv/a");
  for (auto i = 0; i < 12; ++i) {
    advance(10s);
    answer({.status = 200, .fields = {{"x-consul-index", "7"}}});
  }
  EXPECT_EQ(seen.requests.size(), 12u);
  ASSERT_TRUE(receive(std::move(first)));
}

TEST_F(ConsulClient, CancelAnswersAndCancelsTheExchange) {
  start();
  auto x = get("/v1/kv/a");
  tell(client, cancel_query{ids});
  EXPECT_THAT(seen.cancelled, ElementsAre(seen.requests.at(0).id));
  EXPECT_EQ(receive(std::move(x)).error().code, errc::cancelled);
}

TEST_F(ConsulClient, CancelsAQueryThatWaits) {
  start({.blocking_max = 1});
  poll("/v1/kv/a");
  auto second = poll("/v1/kv/b");
  tell(client, cancel_query{ids});
  EXPECT_EQ(receive(std::move(second)).error().code, errc::cancelled);
  EXPECT_TRUE(seen.cancelled.empty());
  EXPECT_EQ(seen.requests.size(), 1u);
}

TEST_F(ConsulClient, ACancelledPollMakesRoom) {
  start({.blocking_max = 1});
  poll("/v1/kv/a");
  auto cancelled = ids;
  poll("/v1/kv/b");
  tell(client, cancel_query{cancelled});
  EXPECT_THAT(urls().back(), HasSubstr("/kv/b"));
}

TEST_F(ConsulClient, ItsEndCancelsWhatIsUnderWay) {
  start();
  auto x = get("/v1/kv/a");
  stop(client);
  EXPECT_EQ(seen.cancelled.size(), 1u);
  EXPECT_FALSE(receive(std::move(x)));
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
} // namespace cts

#include "tests/actors/consul_client_fixture.hpp"

namespace cts::tests {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

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

} // namespace
} // namespace cts::tests

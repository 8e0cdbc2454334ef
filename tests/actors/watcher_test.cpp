#include "tests/actors/watcher_fixture.hpp"

#include <gmock/gmock.h>

namespace cts {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Watcher : public watcher_fixture {};

TEST_F(Watcher, AsksAtOnceAndThenWaitsPastTheIndex) {
  put_instance("web", "web-1");
  start(web());
  EXPECT_THAT(gets(),
              ElementsAre("GET /v1/health/service/web?passing=1&wait=120000ms",
                          "GET /v1/health/service/web?index=2&passing=1"
                          "&wait=120000ms"));
}

TEST_F(Watcher, TellsOfTheFirstAnswerAndHandsItOut) {
  put_key("a", "1");
  start(key("a"));
  EXPECT_EQ(heard.changes, 1);
  fetch(first, watcher);
  ASSERT_THAT(heard.snapshots, SizeIs(1));
  EXPECT_EQ(heard.snapshots[0].version, 1u);
  EXPECT_EQ(pairs(heard.snapshots[0]), (kv_pairs{{"a", "1"}}));
}

TEST_F(Watcher, HasNoSnapshotBeforeTheFirstAnswer) {
  break_agent(agent_fault::hanging);
  start(key("a"));
  fetch(first, watcher);
  ASSERT_THAT(heard.snapshots, SizeIs(1));
  EXPECT_EQ(heard.snapshots[0].version, 0u);
  EXPECT_EQ(heard.snapshots[0].data, nullptr);
}

TEST_F(Watcher, TellsNoMoreUntilTheSnapshotIsFetched) {
  put_key("a", "1");
  start(key("a"));
  put_key("a", "2");
  put_key("a", "3");
  EXPECT_EQ(heard.changes, 1);
  fetch(first, watcher);
  EXPECT_EQ(pairs(heard.snapshots[0]), (kv_pairs{{"a", "3"}}));
  put_key("a", "4");
  EXPECT_EQ(heard.changes, 2);
}

TEST_F(Watcher, KeepsSilentWhenNothingChanges) {
  put_key("a", "1");
  start(key("a"));
  fetch(first, watcher);
  advance(10min);
  EXPECT_EQ(heard.changes, 1);
  EXPECT_THAT(gets(), SizeIs(7));
}

TEST_F(Watcher, KeepsSilentWhenTheWorldChangesElsewhere) {
  start(key("none"));
  fetch(first, watcher);
  for (auto i = 0; i < 100; ++i)
    put_key("other", std::to_string(i));
  EXPECT_EQ(heard.changes, 1);
  // The bucket holds five; the first two were needed to begin with.
  EXPECT_THAT(gets(), SizeIs(5));
}

TEST_F(Watcher, TellsEachSubscriber) {
  put_key("a", "1");
  start(key("a"));
  auto also = news{};
  auto second = make_probe(also);
  tell(watcher, subscribe{second});
  EXPECT_EQ(also.changes, 1);
  fetch(second, watcher);
  put_key("a", "2");
  EXPECT_EQ(heard.changes, 1);
  EXPECT_EQ(also.changes, 2);
}

TEST_F(Watcher, EndsWithItsLastSubscriberAndCancelsItsPoll) {
  start(key("a"));
  EXPECT_EQ(asked().open, 1u);
  tell(watcher, unsubscribe{first});
  EXPECT_FALSE(alive(watcher));
  EXPECT_EQ(asked().open, 0u);
}

TEST_F(Watcher, EndsWhenItsLastSubscriberDies) {
  start(key("a"));
  stop(first);
  EXPECT_FALSE(alive(watcher));
  EXPECT_EQ(asked().open, 0u);
}

TEST_F(Watcher, LivesAsLongAsOneSubscriberIsLeft) {
  start(key("a"));
  auto also = news{};
  tell(watcher, subscribe{make_probe(also)});
  tell(watcher, unsubscribe{first});
  EXPECT_TRUE(alive(watcher));
}

TEST_F(Watcher, IgnoresAStrangerWhoLeaves) {
  start(key("a"));
  auto also = news{};
  tell(watcher, unsubscribe{make_probe(also)});
  EXPECT_TRUE(alive(watcher));
}

TEST_F(Watcher, LeavesTheLogOfAnOutageToTheClient) {
  put_key("a", "1");
  put_key("b", "1");
  start(key("a"));
  auto other = make_watcher(self.ptr(), {.what = key("b")}, client);
  auto also = news{};
  tell(other, subscribe{make_probe(also)});
  break_agent(agent_fault::killed);
  advance(20min);
  EXPECT_THAT(logged(log::level::info),
              ElementsAre(HasSubstr("Consul agent cannot be reached, waiting "
                                    "for it error=Get")));
  ASSERT_THAT(heard.failures, SizeIs(1));
  EXPECT_FALSE(heard.failures[0].permanent);
  break_agent(agent_fault::none);
  advance(60s);
  EXPECT_THAT(logged(log::level::info), SizeIs(2));
  EXPECT_THAT(logged(log::level::info).back(),
              HasSubstr("Consul agent can be reached again after=20m"));
  stop(other);
}

TEST_F(Watcher, LogsAQueryThatFailsOnceAndItsEndOnce) {
  put_key("a", "1");
  start(key("a"));
  break_agent(agent_fault::failing);
  advance(20min);
  EXPECT_THAT(logged(log::level::info),
              ElementsAre(HasSubstr("watch is failing dependency=kv.exists"
                                    ".get(a) error=kv.exists.get(a): Unex")));
  break_agent(agent_fault::none);
  advance(60s);
  EXPECT_THAT(logged(log::level::info), SizeIs(2));
  EXPECT_THAT(logged(log::level::info).back(),
              HasSubstr("watch has recovered dependency=kv.exists.get(a) "
                        "after="));
}

TEST_F(Watcher, LogsThatTheAgentIsBackButRefuses) {
  put_key("a", "1");
  start(key("a"));
  break_agent(agent_fault::killed);
  advance(1min);
  break_agent(agent_fault::failing);
  advance(2min);
  EXPECT_THAT(logged(log::level::warn), SizeIs(2));
  EXPECT_THAT(logged(log::level::warn).back(), HasSubstr("watch is failing"));
}

TEST_F(Watcher, ReactsWithinAMinuteAfterALongOutage) {
  put_key("a", "1");
  start(key("a"));
  fetch(first, watcher);
  break_agent(agent_fault::killed);
  advance(20min);
  break_agent(agent_fault::none);
  put_key("a", "2");
  advance(60s);
  EXPECT_EQ(heard.changes, 2);
}

TEST_F(Watcher, ReactsWithinTwoSecondsAfterAShortOutage) {
  put_key("a", "1");
  start(key("a"));
  fetch(first, watcher);
  break_agent(agent_fault::killed);
  advance(20s);
  break_agent(agent_fault::none);
  put_key("a", "2");
  advance(2s);
  EXPECT_EQ(heard.changes, 2);
}

TEST_F(Watcher, TriesALostAgentNoMoreThanOnceASecond) {
  start(key("a"));
  auto before = gets().size();
  break_agent(agent_fault::killed);
  advance(10min);
  EXPECT_LE(gets().size() - before, 601u);
  EXPECT_GE(gets().size() - before, 200u);
}

TEST_F(Watcher, SpacesItsRetriesOfARefusedQuery) {
  start(key("a"));
  auto before = gets().size();
  break_agent(agent_fault::failing);
  advance(10min);
  EXPECT_LE(gets().size() - before, 26u);
  EXPECT_GE(gets().size() - before, 10u);
}

TEST_F(Watcher, SeesAChangeRightAfterAnAgentThatLostItsIndexes) {
  for (auto i = 0; i < 20; ++i)
    put_key("a", std::to_string(i));
  start(key("a"));
  fetch(first, watcher);
  break_agent(agent_fault::stopped);
  advance(1s);
  break_agent(agent_fault::none);
  tell(model, reset_agent_indexes{});
  put_key("a", "new");
  advance(5s);
  EXPECT_EQ(heard.changes, 2);
}

TEST_F(Watcher, NoticesAnAgentThatDoesNotAnswer) {
  put_key("a", "1");
  start(key("a"));
  break_agent(agent_fault::hanging);
  advance(120s + 7500ms + 15s);
  ASSERT_THAT(heard.failures, SizeIs(1));
  EXPECT_THAT(heard.failures[0].message, HasSubstr("deadline exceeded"));
}

TEST_F(Watcher, SurvivesAnElection) {
  put_key("a", "1");
  start(key("a"));
  fetch(first, watcher);
  break_agent(agent_fault::leaderless);
  advance(30s);
  ASSERT_THAT(heard.failures, SizeIs(1));
  EXPECT_THAT(heard.failures[0].message, HasSubstr("No cluster leader"));
  break_agent(agent_fault::none);
  put_key("a", "2");
  advance(60s);
  EXPECT_EQ(heard.changes, 2);
}

TEST_F(Watcher, ReportsAQueryThatCannotHeal) {
  start({.name = "web", .datacenter = "mars"});
  ASSERT_THAT(heard.failures, SizeIs(1));
  EXPECT_TRUE(heard.failures[0].permanent);
  EXPECT_EQ(heard.failures[0].message,
            "health.service(web?dc=mars): Unexpected response code: 500 "
            "(No path to datacenter)");
  advance(5min);
  EXPECT_THAT(gets(), SizeIs(6));
}

TEST_F(Watcher, TellsALateSubscriberThatTheQueryFails) {
  start({.name = "web", .datacenter = "mars"});
  auto also = news{};
  tell(watcher, subscribe{make_probe(also)});
  EXPECT_THAT(also.failures, SizeIs(1));
}

TEST_F(Watcher, ReportsADependencyThatIsNoQuery) {
  start(key("/"));
  ASSERT_THAT(heard.failures, SizeIs(1));
  EXPECT_TRUE(heard.failures[0].permanent);
  EXPECT_EQ(heard.failures[0].message, "kv.exists.get: key required");
  EXPECT_THAT(gets(), IsEmpty());
}

// Whatever the agent goes through, in the end the subscriber has what the
// agent has.
TEST_F(Watcher, NeverLosesTheNewestValue) {
  put_key("a", "start");
  start(key("a"), 30s);
  auto random = std::mt19937{7};
  for (auto i = 0; i < 300; ++i) {
    break_agent(static_cast<agent_fault>(random() % 7));
    advance(1ms * (random() % 40'000));
    break_agent(agent_fault::none);
    if (random() % 5 == 0)
      tell(model, reset_agent_indexes{});
    auto value = std::to_string(i);
    put_key("a", value);
    if (random() % 3 == 0)
      refresh(first, watcher);
    advance(3min);
    fetch(first, watcher);
    ASSERT_EQ(pairs(heard.snapshots.back()), (kv_pairs{{"a", value}})) << i;
  }
}

} // namespace
} // namespace cts

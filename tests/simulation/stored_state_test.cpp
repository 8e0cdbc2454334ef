#include "core/ha/store.hpp"

#include "core/ha/json.hpp"
#include "tests/simulation/stored_state.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cts::ha::store {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using names = std::vector<task_name>;

put_task task_named(const task_name& name) {
  return {.name = name,
          .config = {{"module", {std::string{"m"}}}, {"name", {name}}},
          .configured = false};
}

TEST(StoredState, KeepsTasksAndEventsForTheNextLeader) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  EXPECT_EQ(w.answer(w.ask(task_named("api"))), "");
  auto off = task_named("a");
  off.enabled = false;
  EXPECT_EQ(w.answer(w.ask(off)), "");
  EXPECT_EQ(w.answer(w.ask(drop_task{"b"})), "");
  for (auto id : {"1", "2", "3", "4", "5", "6"})
    EXPECT_EQ(w.answer(w.end_run("a", id)), "");
  ASSERT_TRUE(w.lead("cts-02"));
  EXPECT_EQ(w.names_seen(), (names{"a", "api"}));
  const auto& a = w.machine.tasks.at("a");
  EXPECT_FALSE(a.record.enabled);
  EXPECT_EQ(a.record.rev, 2u);
  EXPECT_EQ(a.record.source, "config");
  EXPECT_EQ(w.machine.tasks.at("api").record.source, "api");
  ASSERT_EQ(a.events.events.size(), 5u);
  EXPECT_EQ(a.events.events.front().id, "6");
  EXPECT_EQ(a.events.runs, 6u);
}

TEST(StoredState, EndsTheRunTogetherWithItsEvent) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  auto before = w.transactions;
  EXPECT_EQ(w.answer(w.end_run("a", "1")), "");
  EXPECT_EQ(w.transactions, before + 1);
  EXPECT_FALSE(w.has(w.keys.inflight("a")));
  ASSERT_EQ(w.closed.size(), 1u);
  EXPECT_EQ(w.closed[0].permit.task, "a");
  EXPECT_FALSE(w.closed[0].unrecorded);
}

TEST(StoredState, StoresTheEventWhenTheRecordOfTheRunIsGone) {
  for (auto deleted : {true, false}) {
    auto w = world{};
    ASSERT_TRUE(w.lead());
    auto permit = w.permit("a");
    if (deleted)
      w.erase(w.keys.inflight("a"));
    else
      w.put(w.keys.inflight("a"), "{}");
    EXPECT_EQ(
      w.answer(w.ask(record_run{.event = w.event("a", "1"), .permit = permit})),
      "");
    EXPECT_EQ(w.seen().tasks.at("a").events.events.size(), 1u);
    EXPECT_EQ(w.logs_with("changed or deleted by somebody else").size(), 1u);
    EXPECT_EQ(w.has(w.keys.inflight("a")), !deleted);
    EXPECT_EQ(w.closed.size(), 1u);
  }
}

TEST(StoredState, WritesNoEventsOfATaskThatIsForgotten) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  auto permit = w.permit("a");
  w.ask(drop_task{"a"});
  EXPECT_EQ(
    w.answer(w.ask(record_run{.event = w.event("a", "1"), .permit = permit})),
    "");
  EXPECT_FALSE(w.has(w.keys.inflight("a")));
  EXPECT_FALSE(w.has(w.keys.events(1, "a")));
}

TEST(StoredState, RefusesChangesWithoutLeading) {
  auto w = world{};
  EXPECT_THAT(w.answer(w.ask(task_named("x"))),
              testing::Optional(HasSubstr("does not lead")));
}

TEST(StoredState, TellsTheElectorWhenTheLockIsLost) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  auto permit = w.permit("a");
  w.end_session(w.term.session);
  EXPECT_THAT(w.answer(w.ask(task_named("x"))),
              testing::Optional(HasSubstr("does not lead any more")));
  EXPECT_THAT(w.lost, ElementsAre(1u));
  // The task has done its part; the elector gets what could not be written.
  EXPECT_EQ(
    w.answer(w.ask(record_run{.event = w.event("a", "1"), .permit = permit})),
    "");
  ASSERT_EQ(w.closed.size(), 1u);
  EXPECT_EQ(w.closed[0].unrecorded, w.event("a", "1"));
  EXPECT_FALSE(w.has(w.keys.task(1, "x")));
}

TEST(StoredState, HandsOverARunThatEndsAsTheLockIsLost) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  auto permit = w.permit("a");
  w.end_session(w.term.session);
  EXPECT_EQ(
    w.answer(w.ask(record_run{.event = w.event("a", "1"), .permit = permit})),
    "");
  ASSERT_EQ(w.closed.size(), 1u);
  EXPECT_TRUE(w.closed[0].unrecorded);
  EXPECT_THAT(w.lost, ElementsAre(1u));
}

TEST(StoredState, WritesNothingAfterItIsClosed) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  w.feed_event(close_requested{.epoch = w.term.epoch});
  auto before = w.transactions;
  EXPECT_THAT(w.answer(w.ask(task_named("x"))), testing::Not(""));
  w.advance(48h);
  EXPECT_EQ(w.transactions, before);
}

TEST(StoredState, IgnoresTheEndOfAFormerTerm) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  ASSERT_TRUE(w.lead());
  w.feed_event(close_requested{.epoch = 1});
  EXPECT_EQ(w.machine.phase, phase::open);
}

TEST(StoredState, TellsADeniedWriteFromALostLock) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  auto permit = w.permit("a");
  w.consul.tokens["x"] = {};
  EXPECT_THAT(w.answer(w.ask(task_named("x"))),
              testing::Optional(HasSubstr("Consul denies access")));
  // The end of the run waits until the right is back.
  auto run = w.ask(record_run{.event = w.event("a", "1"), .permit = permit});
  w.advance(10s);
  EXPECT_EQ(w.answer(run), std::nullopt);
  EXPECT_THAT(w.lost, IsEmpty());
  ASSERT_FALSE(w.denied.empty());
  EXPECT_EQ(w.denied.front().epoch, w.term.epoch);
  EXPECT_EQ(w.logs_with("Consul denies access").size(), 1u);
  w.consul.tokens.clear();
  w.advance(2s);
  EXPECT_EQ(w.answer(run), "");
}

TEST(StoredState, AnswersTheApiInTime) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  w.fate_of = [](auto, const auto&) { return fate::request_lost; };
  auto sent = w.ask(task_named("x"));
  auto waits = w.ask(task_named("y"));
  w.advance(9s);
  EXPECT_EQ(w.answer(sent), std::nullopt);
  w.advance(1s);
  EXPECT_THAT(w.answer(sent),
              testing::Optional(HasSubstr("it may still take place")));
  EXPECT_THAT(w.answer(waits),
              testing::Optional(HasSubstr("did not take place")));
  w.fate_of = nullptr;
  w.advance(5s);
  EXPECT_FALSE(w.has(w.keys.task(1, "y")));
}

TEST(StoredState, WritesOverAChangeByAnotherHand) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  auto edited = w.machine.tasks.at("a").record;
  edited.rev = 40;
  w.put(w.keys.task(1, "a"), encode(edited));
  EXPECT_EQ(w.answer(w.ask(task_named("a"))), "");
  EXPECT_EQ(w.seen().tasks.at("a").record.rev, 41u);
  w.erase(w.keys.task(1, "a"));
  EXPECT_EQ(w.answer(w.ask(task_named("a"))), "");
  EXPECT_TRUE(w.has(w.keys.task(1, "a")));
  EXPECT_EQ(w.logs_with("was changed by somebody else").size(), 2u);
}

TEST(StoredState, TakesOverTheRunOfAFormerLeaderOnce) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  auto take = [&](std::uint64_t index) {
    return w.answer(w.ask(
      take_over_run{.name = "a", .index = index, .event = w.event("a", "1")}));
  };
  auto index = w.permit("a").index;
  EXPECT_EQ(take(index), "");
  EXPECT_FALSE(w.has(w.keys.inflight("a")));
  // Its event is there already.
  EXPECT_EQ(take(w.permit("a").index), "");
  EXPECT_EQ(w.seen().tasks.at("a").events.runs, 1u);
  // Nor is a record removed that is another one by now.
  w.permit("a");
  EXPECT_THAT(take(index), testing::Optional(HasSubstr("has changed")));
  EXPECT_TRUE(w.has(w.keys.inflight("a")));
}

TEST(StoredState, RefusesARecordBeyondTheLimit) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  auto x = task_named("big");
  x.config["text"] = {std::string(record_bytes_max, 'x')};
  EXPECT_THAT(w.answer(w.ask(x)), testing::Optional(HasSubstr("takes")));
  EXPECT_FALSE(w.has(w.keys.task(1, "big")));
}

TEST(StoredState, LimitsWhatWaits) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  w.fate_of = [](auto, const auto&) { return fate::request_lost; };
  for (auto i = std::size_t{0}; i <= waiting_max; ++i)
    w.machine.waiting.push_back({.what = sweep{}});
  EXPECT_THAT(w.answer(w.ask(task_named("x"))),
              testing::Optional(HasSubstr("too many writes")));
}

} // namespace
} // namespace cts::ha::store

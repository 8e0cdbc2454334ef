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

TEST(StoredState, FillsAnEmptyStoreWithTheConfiguredTasksInOrder) {
  auto w = world{{"z", "a"}};
  ASSERT_TRUE(w.lead());
  EXPECT_EQ(w.meta().generation, 1u);
  EXPECT_EQ(w.names_seen(), (names{"z", "a"}));
  const auto& record = w.machine.tasks.at("z").record;
  EXPECT_EQ(record.source, "config");
  EXPECT_EQ(record.updated_by, "cts-01");
  EXPECT_EQ(record.updated_in, 1u);
  EXPECT_THAT(w.logs, IsEmpty());
  EXPECT_EQ(w.meta().epoch, 1u);
  EXPECT_EQ(w.meta().writer, "cts/test");
}

TEST(StoredState, FillsWithNoTasksToo) {
  auto w = world{names{}};
  ASSERT_TRUE(w.lead());
  EXPECT_EQ(w.meta().generation, 1u);
  ASSERT_TRUE(w.lead("cts-02"));
}

TEST(StoredState, WinsOverTheConfiguration) {
  auto w = world{{"a", "b", "c"}};
  ASSERT_TRUE(w.lead());
  w.machine.config.configured[0].config["module"] = {std::string{"other"}};
  w.machine.config.configured[0].config["version"] = {std::string{"2"}};
  w.machine.config.configured[1] = {.name = "new"};
  ASSERT_TRUE(w.lead("cts-02"));
  EXPECT_EQ(w.names_seen(), (names{"a", "b", "c"}));
  constexpr auto differs = "task configuration differs from stored state, "
                           "using stored state: task_name=";
  EXPECT_THAT(w.logs,
              ElementsAre(differs + std::string{"a fields=module,version"},
                          differs + std::string{"new fields=(not stored)"},
                          differs + std::string{"b fields=(not configured)"}));
}

TEST(StoredState, DoesNotCallATaskOfTheApiADrift) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  w.ask(task_named("api"));
  ASSERT_TRUE(w.lead("cts-02"));
  EXPECT_THAT(w.logs, IsEmpty());
}

TEST(StoredState, DiscardsTheStateWithResetAtEachPromotion) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  w.ask(task_named("api"));
  w.machine.config.reset = true;
  w.machine.config.configured = {{.name = "fresh"}};
  for (auto generation : {2U, 3U}) {
    ASSERT_TRUE(w.lead());
    EXPECT_EQ(w.names_seen(), names{"fresh"});
    EXPECT_EQ(w.meta().generation, generation);
    EXPECT_EQ(w.logs.back(), "-reset-storage is set, stored state of "
                             "generation "
                               + std::to_string(generation - 1)
                               + " is discarded");
    // The old one goes at once.
    EXPECT_EQ(w.keys_below(w.keys.state()).size(), 1u);
  }
}

TEST(StoredState, KeepsRunsInFlightThroughAReset) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  w.permit("a");
  w.machine.config.reset = true;
  ASSERT_TRUE(w.lead());
  EXPECT_TRUE(w.has(w.keys.inflight("a")));
}

TEST(StoredState, RefusesADeniedStoreInsteadOfTakingItForEmpty) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  auto term = w.elect();
  w.consul.tokens["x"] = {};
  EXPECT_FALSE(w.load(term));
  ASSERT_EQ(w.failures.size(), 1u);
  EXPECT_EQ(w.failures[0].code, errc::refused);
  EXPECT_THAT(w.failures[0].message, HasSubstr("key_prefix \"cts/c/\""));
}

TEST(StoredState, DoesNotTakeAHiddenPrefixForAnEmptyStore) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  w.prefixes_hidden = true;
  auto before = w.transactions;
  EXPECT_FALSE(w.lead("cts-02"));
  EXPECT_EQ(w.failures.at(0).code, errc::refused);
  EXPECT_EQ(w.transactions, before);
}

TEST(StoredState, RefusesForeignKeysUnlessReset) {
  auto w = world{};
  w.put("cts/c/private", "something");
  EXPECT_FALSE(w.lead());
  EXPECT_THAT(w.failures.at(0).message, HasSubstr("keys that are not ours"));
  w.machine.config.reset = true;
  EXPECT_TRUE(w.lead());
  EXPECT_TRUE(w.has("cts/c/private"));
}

TEST(StoredState, RefusesAMetaThatItDoesNotUnderstandUnlessReset) {
  auto w = world{};
  auto term = w.elect();
  w.put(w.keys.meta(), "garbage");
  EXPECT_FALSE(w.load(term));
  EXPECT_THAT(w.failures.at(0).message, HasSubstr("is not understood"));
  w.machine.config.reset = true;
  EXPECT_TRUE(w.load(term));
  EXPECT_EQ(w.meta().epoch, term.epoch);
}

TEST(StoredState, DoesNotReadANewerSchema) {
  auto w = world{};
  auto term = w.elect();
  w.put(w.keys.meta(), encode(meta_record{.schema = 3, .min_reader = 2}));
  EXPECT_FALSE(w.load(term));
  EXPECT_THAT(w.logs, ElementsAre("storage schema version 2 is newer than "
                                  "supported version 1"));
  // Not even to discard it.
  w.machine.config.reset = true;
  EXPECT_FALSE(w.load(term));
}

TEST(StoredState, ReadsANewerSchemaThatOldOnesMayRead) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  auto meta = w.meta();
  meta.schema = 2;
  w.put(w.keys.meta(), encode(meta));
  EXPECT_TRUE(w.lead());
  EXPECT_EQ(w.meta().schema, 2);
}

TEST(StoredState, SetsDamagedRecordsApart) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  w.end_run("b", "1");
  w.put(w.keys.task(1, "a"), "{");
  w.put(w.keys.events(1, "b"), "[]");
  ASSERT_TRUE(w.lead("cts-02"));
  EXPECT_FALSE(w.machine.tasks.at("a").problem.empty());
  EXPECT_TRUE(w.machine.tasks.at("b").problem.empty());
  EXPECT_THAT(w.logs_with("cts/c/state/1/tasks/a").size(), 1u);
  EXPECT_THAT(w.logs_with("cts/c/state/1/events/b").size(), 1u);
  // Both can be written anew.
  EXPECT_EQ(w.answer(w.ask(task_named("a"))), "");
  EXPECT_EQ(w.answer(w.end_run("b", "2")), "");
  ASSERT_TRUE(w.lead("cts-01"));
  EXPECT_TRUE(w.machine.tasks.at("a").problem.empty());
  EXPECT_EQ(w.machine.tasks.at("b").events.events.size(), 1u);
}

TEST(StoredState, GivesUpLoadingWhenConsulStaysAway) {
  auto w = world{};
  auto term = w.elect();
  w.read_fails = [](const auto&) { return true; };
  EXPECT_FALSE(w.load(term));
  w.advance(9s);
  EXPECT_THAT(w.failures, IsEmpty());
  w.advance(2s);
  ASSERT_EQ(w.failures.size(), 1u);
  EXPECT_EQ(w.failures[0].code, errc::unavailable);
}

TEST(StoredState, LoadsAfterATroubleThatPasses) {
  auto w = world{};
  auto fails = 3;
  w.read_fails = [&](const auto&) { return fails-- > 0; };
  EXPECT_FALSE(w.lead());
  w.advance(5s);
  EXPECT_EQ(w.loads, 1u);
}

} // namespace
} // namespace cts::ha::store

#include "core/ha/json.hpp"
#include "tests/simulation/stored_state.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// Histories: whatever happens between two transactions, what is stored is
/// whole and what was answered is in it (I9, I16 to I18).
namespace cts::ha::store {
namespace {

using namespace std::chrono_literals;

using names = std::vector<task_name>;

names many(const std::string& prefix, std::size_t count) {
  auto out = names{};
  for (auto i = std::size_t{0}; i < count; ++i)
    out.push_back(prefix + std::to_string(1000 + i));
  return out;
}

put_task sized_task(const task_name& name, std::size_t bytes) {
  auto text = std::string{};
  for (auto i = std::size_t{0}; i < bytes; ++i)
    text += static_cast<char>('a' + i * 7 % 26);
  return {.name = name, .config = {{"text", {text}}}, .configured = false};
}

void configure(world& w, const names& tasks) {
  w.machine.config.configured.clear();
  for (const auto& name : tasks)
    w.machine.config.configured.push_back(
      {.name = name, .config = {{"module", {"m/" + name}}}});
}

// -- interruptions ------------------------------------------------------------

/// Ends the instance before or after each transaction of what `begin` starts.
template <class Begin, class Check>
void interrupt_everywhere(Begin begin, Check check) {
  for (auto after : {false, true})
    for (auto at = std::size_t{0}; at < 100; ++at) {
      auto w = begin();
      auto start = w.transactions;
      w.fate_of = [&](std::size_t number, const auto&) {
        if (number != start + at)
          return fate::answered;
        return after ? fate::crash_after : fate::crash_before;
      };
      w.lead();
      auto crashed = std::exchange(w.crashed, false);
      w.fate_of = nullptr;
      check(w, crashed);
      if (!crashed)
        break;
      ASSERT_LT(at, 99u);
    }
}

/// The next leader, without the flag, finds one of both states whole.
void expect_whole(world& w, const names& old_tasks, const names& new_tasks) {
  auto seen = w.names_seen();
  EXPECT_TRUE(seen == old_tasks || seen == new_tasks) << seen.size();
  w.machine.config.reset = false;
  w.machine.attempt.reset();
  configure(w, new_tasks);
  ASSERT_TRUE(w.lead("cts-02"));
  auto loaded = names{};
  for (const auto* task : in_order(w.machine.tasks))
    loaded.push_back(task->record.name);
  EXPECT_TRUE(loaded == old_tasks || loaded == new_tasks) << loaded.size();
  // What was left behind is swept.
  w.advance(2min);
  EXPECT_EQ(w.keys_below(w.keys.state()).size(),
            w.keys_below(w.keys.generation(w.meta().generation)).size());
}

TEST(StoredStateHistory, ResetIsNeverSeenHalfDone) {
  const auto before = many("old", 150);
  const auto after = many("new", 200);
  interrupt_everywhere(
    [&] {
      auto w = world{before};
      EXPECT_TRUE(w.lead());
      w.machine.config.reset = true;
      configure(w, after);
      return w;
    },
    [&](world& w, bool) { expect_whole(w, before, after); });
}

TEST(StoredStateHistory, FillIsNeverSeenHalfDone) {
  const auto tasks = many("t", 130);
  interrupt_everywhere([&] { return world{tasks}; },
                       [&](world& w, bool) { expect_whole(w, {}, tasks); });
}

TEST(StoredStateHistory, MigrationIsNeverSeenHalfDone) {
  const auto tasks = many("t", 130);
  interrupt_everywhere(
    [&] {
      auto w = world{tasks};
      EXPECT_TRUE(w.lead());
      w.end_run("t1000", "1");
      w.put(w.keys.task(1, "t1001"), "damaged");
      w.machine.config.schema = 2;
      return w;
    },
    [&](world& w, bool crashed) {
      EXPECT_EQ(w.seen().tasks.size(), tasks.size());
      EXPECT_EQ(w.seen().tasks.at("t1000").events.runs, 1u);
      EXPECT_EQ(w.value(w.keys.task(w.meta().generation, "t1001")), "damaged");
      if (!crashed) {
        EXPECT_EQ(w.meta().schema, 2);
        EXPECT_EQ(w.meta().min_reader, 2);
        EXPECT_EQ(w.meta().generation, 2u);
      }
    });
}

TEST(StoredStateHistory, MigrationWaitsForTheLastOldInstance) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  auto old = instance_record{.id = "old", .schema_max = 1};
  w.put(w.keys.instance("old"), encode(old));
  w.consul.kv.at(w.keys.instance("old")).session = "held";
  w.machine.config.schema = 2;
  ASSERT_TRUE(w.lead());
  EXPECT_EQ(w.meta().schema, 1);
  EXPECT_EQ(w.meta().generation, 1u);
  // Gone, or able: then it goes on.
  w.consul.kv.at(w.keys.instance("old")).session.clear();
  ASSERT_TRUE(w.lead());
  EXPECT_EQ(w.meta().schema, 2);
}

// -- large records ------------------------------------------------------------

TEST(StoredStateHistory, LargeRecordsGoRoundInPieces) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  const auto big = sized_task("big", 1536 * 1024);
  EXPECT_EQ(w.answer(w.ask(big)), "");
  ASSERT_TRUE(w.lead("cts-02"));
  EXPECT_EQ(w.machine.tasks.at("big").record.config, big.config);
  EXPECT_GE(w.keys_below("cts/c/state/1/chunks/").size(), 6u);
  // The pieces of what is no more go last.
  const auto other = sized_task("big", 600 * 1024);
  EXPECT_EQ(w.answer(w.ask(other)), "");
  EXPECT_EQ(w.keys_below("cts/c/state/1/chunks/").size(), 3u);
  EXPECT_EQ(w.answer(w.ask(drop_task{"big"})), "");
  EXPECT_TRUE(w.keys_below("cts/c/state/1/chunks/").empty());
  EXPECT_LE(w.bytes_most, txn::body_bytes_max);
}

TEST(StoredStateHistory, ALargeRecordIsOldOrNewAtEachInterruption) {
  const auto old = sized_task("big", 270 * 1024);
  const auto next = sized_task("big", 540 * 1024);
  for (auto after : {false, true})
    for (auto at = std::size_t{0}; at < 6; ++at) {
      auto w = world{};
      ASSERT_TRUE(w.lead());
      w.ask(old);
      auto start = w.transactions;
      w.fate_of = [&](std::size_t number, const auto&) {
        if (number != start + at)
          return fate::answered;
        return after ? fate::crash_after : fate::crash_before;
      };
      auto request = w.ask(next);
      w.crashed = false;
      auto seen = w.seen().tasks.at("big");
      EXPECT_EQ(seen.problem, "");
      auto done = seen.record.config == next.config;
      EXPECT_TRUE(done || seen.record.config == old.config);
      EXPECT_TRUE(done || w.answer(request) != "");
    }
}

TEST(StoredStateHistory, DamagedPiecesSetTheirRecordApart) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  w.ask(sized_task("big", 600 * 1024));
  w.put(w.keys_below("cts/c/state/1/chunks/").front(), "other bytes");
  ASSERT_TRUE(w.lead());
  EXPECT_FALSE(w.machine.tasks.at("big").problem.empty());
  EXPECT_TRUE(w.machine.tasks.at("a").problem.empty());
}

// -- limits -------------------------------------------------------------------

TEST(StoredStateHistory, TwoThousandTasksStayWithinTheLimitsOfATransaction) {
  auto w = world{many("t", 2000)};
  ASSERT_TRUE(w.lead());
  w.fate_of = [](auto, const auto&) { return fate::request_lost; };
  for (const auto& name : many("t", 2000)) {
    auto x = w.event(name, name);
    x.success = false;
    x.error = std::string(4'000, 'e');
    w.ask(record_run{.event = x, .permit = w.permit(name)});
  }
  w.fate_of = nullptr;
  auto before = w.transactions;
  w.advance(2s);
  EXPECT_EQ(w.closed.size(), 2000u);
  EXPECT_LE(w.operations_most, txn::operations_max);
  EXPECT_LE(w.bytes_most, txn::body_bytes_max);
  // Many at a time, or a thousand ends of runs would take seconds.
  EXPECT_LT(w.transactions - before, 250u);
  ASSERT_TRUE(w.lead("cts-02"));
  EXPECT_EQ(w.machine.tasks.size(), 2000u);
  EXPECT_EQ(w.machine.tasks.at("t1000").events.failures, 1u);
}

// -- lost answers -------------------------------------------------------------

TEST(StoredStateHistory, EveryLostAnswerIsResolvedByReading) {
  for (auto lost : {fate::answer_lost, fate::request_lost, fate::delayed}) {
    auto w = world{};
    auto turn = std::size_t{0};
    w.fate_of = [&](auto, const auto&) {
      return turn++ % 2 == 0 ? lost : fate::answered;
    };
    w.lead();
    w.advance(10s);
    ASSERT_EQ(w.loads, 1u);
    auto run = w.end_run("a", "1");
    w.advance(2s);
    auto put = w.ask({put_task{.name = "x", .configured = false}});
    w.advance(2s);
    auto drop = w.ask(drop_task{"b"});
    w.advance(2s);
    EXPECT_EQ(w.answer(run), "");
    EXPECT_EQ(w.answer(put), "");
    EXPECT_EQ(w.answer(drop), "");
    auto seen = w.seen().tasks;
    EXPECT_EQ(seen.at("a").events.runs, 1u);
    EXPECT_EQ(seen.at("x").record.rev, 1u);
    EXPECT_FALSE(seen.contains("b"));
    EXPECT_FALSE(w.has(w.keys.inflight("a")));
    EXPECT_TRUE(w.logs_with("somebody else").empty());
  }
}

// -- compaction ---------------------------------------------------------------

TEST(StoredStateHistory, CompactionRemovesWhatNothingNeeds) {
  auto w = world{};
  ASSERT_TRUE(w.lead());
  w.advance(2min);
  w.ask(sized_task("big", 300 * 1024));
  const auto unlocked = encode(instance_record{.id = "gone"});
  w.put("cts/c/state/7/tasks/x", "left");
  w.put("cts/c/state/1/chunks/tasks/big/0123456789ab/0000", "left");
  w.put(w.keys.events(1, "nobody"), encode(events_record{}));
  w.put(w.keys.instance("gone"), unlocked);
  w.put(w.keys.inflight("nobody"),
        encode(inflight_record{.state = run_state::stopped}));
  w.put(w.keys.inflight("running"), encode(inflight_record{}));
  w.put(w.keys.inflight("a"),
        encode(inflight_record{.state = run_state::stopped}));
  auto before = w.transactions;
  w.advance(30min);
  EXPECT_EQ(w.transactions, before) << "at most once an hour";
  w.advance(31min);
  EXPECT_FALSE(w.has("cts/c/state/7/tasks/x"));
  EXPECT_FALSE(w.has("cts/c/state/1/chunks/tasks/big/0123456789ab/0000"));
  EXPECT_FALSE(w.has(w.keys.events(1, "nobody")));
  EXPECT_FALSE(w.has(w.keys.inflight("nobody")));
  EXPECT_TRUE(w.has(w.keys.inflight("running")));
  EXPECT_TRUE(w.has(w.keys.inflight("a")));
  EXPECT_TRUE(w.has(w.keys.instance("gone")));
  w.advance(23h);
  EXPECT_TRUE(w.has(w.keys.instance("gone")));
  w.advance(2h);
  EXPECT_FALSE(w.has(w.keys.instance("gone")));
  EXPECT_EQ(w.seen().tasks.at("big").problem, "");
  EXPECT_EQ(w.seen().tasks.size(), 3u);
}

} // namespace
} // namespace cts::ha::store

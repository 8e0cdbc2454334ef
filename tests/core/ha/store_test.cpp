#include "core/ha/store.hpp"

#include <gtest/gtest.h>

#include <random>

/// What the store makes of entries. How it gets on with Consul is seen in
/// tests/simulation/stored_state_test.cpp.
namespace cts::ha {
namespace {

const auto keys = layout::make("p/c").value();

consul::kv_entry entry(const std::string& key, const std::string& value,
                       std::uint64_t index = 5) {
  return {.key = key, .value = value, .modify_index = index};
}

TEST(Store, ReadsTheRecordsOfOneGeneration) {
  auto record = task_record{.name = "a b", .order = 2};
  auto events = events_record{.runs = 3};
  auto x = read_generation(
    keys, 4,
    {entry(keys.task(4, "a b"), encode(record), 7),
     entry(keys.events(4, "a b"), encode(events), 8),
     entry(keys.task(5, "other"), encode(task_record{.name = "other"})),
     entry(keys.generation(4) + "odd", "")});
  EXPECT_EQ(x.tasks, (stored_tasks{{"a b",
                                    {.task_at = {.index = 7},
                                     .events_at = {.index = 8},
                                     .record = record,
                                     .events = events}}}));
  EXPECT_EQ(x.strange, std::vector<std::string>{"p/c/state/4/odd"});
}

TEST(Store, ReadsTheSameWithAndWithoutWhatItKnows) {
  auto random = std::mt19937{4};
  auto entries = consul::kv_entries{};
  auto tasks = stored_tasks{};
  for (auto index = std::uint64_t{1}; index < 500; ++index) {
    auto name = std::string{"t"} + std::to_string(random() % 4);
    auto is_events = random() % 2 == 0;
    auto key = is_events ? keys.events(1, name) : keys.task(1, name);
    auto text = is_events
                  ? encode(events_record{.runs = random() % 3})
                  : encode(task_record{.name = name, .order = random() % 3});
    if (random() % 8 == 0)
      text = "{";
    auto now = entries;
    std::erase_if(now, [&](const auto& x) { return x.key == key; });
    if (random() % 4 != 0)
      now.push_back(entry(key, text, index));
    auto anew = read_generation(keys, 1, now).tasks;
    auto again
      = read_generation(keys, 1, now, {.entries = &entries, .tasks = &tasks});
    ASSERT_EQ(again.tasks, anew) << index;
    entries = now;
    tasks = anew;
  }
}

TEST(Store, TellsWhyARecordIsDamaged) {
  auto x = read_generation(
    keys, 4,
    {entry(keys.task(4, "a"), "{"),
     entry(keys.task(4, "b"), encode(task_record{.name = "c"}))});
  ASSERT_EQ(x.damaged.size(), 2u);
  EXPECT_EQ(x.damaged[0].key, "p/c/state/4/tasks/a");
  EXPECT_EQ(x.tasks.at("b").problem, "it names task 'c'");
}

TEST(Store, JoinsThePiecesOfARecord) {
  auto record
    = task_record{.name = "a", .config = {{"x", {std::string(600'000, 'x')}}}};
  auto parts = cut(place::task, "a", encode(record));
  ASSERT_EQ(parts.pieces.size(), 3u);
  auto entries
    = consul::kv_entries{entry(keys.task(1, "a"), encode(parts.pointer))};
  for (auto i = std::size_t{0}; i < parts.pieces.size(); ++i)
    entries.push_back(
      entry(piece_key(keys, 1, parts.pointer.directory, i), parts.pieces[i]));
  EXPECT_EQ(read_generation(keys, 1, entries).tasks.at("a").record, record);
  entries.pop_back();
  EXPECT_EQ(read_generation(keys, 1, entries).tasks.at("a").problem,
            "piece 2 of 3 is missing");
}

TEST(Store, OrdersTasksAndPutsDamagedOnesLast) {
  auto tasks = stored_tasks{
    {"a", {.task_at = {.index = 1}, .record = {.name = "a", .order = 3}}},
    {"b", {.task_at = {.index = 1}, .record = {.name = "b"}, .problem = "x"}},
    {"c", {.task_at = {.index = 1}, .record = {.name = "c", .order = 2}}},
    {"d", {.events_at = {.index = 1}}}};
  auto names = std::string{};
  for (const auto* task : in_order(tasks))
    names += task->record.name;
  EXPECT_EQ(names, "cab");
}

TEST(Store, AsksForASingleKeyFirst) {
  auto s = store::state{{.keys = keys}};
  auto [next, effects]
    = step(s, store::load_requested{.term = {.epoch = 1, .session = "s"}}, {});
  ASSERT_FALSE(effects.empty());
  const auto& read = std::get<store::read_keys>(effects.front());
  EXPECT_EQ(read.key, "p/c/meta");
  EXPECT_FALSE(read.recurse);
}

TEST(Store, IgnoresAnswersItDoesNotWaitFor) {
  auto s = store::state{{.keys = keys}};
  auto [next, effects] = step(s, store::keys_read{7, consul::kv_entries{}}, {});
  EXPECT_TRUE(effects.empty());
  auto [last, none] = step(
    next, store::transaction_answered{7, txn::outcome{txn::committed{}}}, {});
  EXPECT_TRUE(none.empty());
}

} // namespace
} // namespace cts::ha

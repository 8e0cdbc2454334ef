#include "core/ha/state_copy.hpp"

#include <gtest/gtest.h>

namespace cts::ha::state_copy {
namespace {

using namespace std::chrono_literals;

const auto keys = layout::make("p/c").value();

/// A follower, and the queries it has open.
class StateCopy : public testing::Test {
protected:
  template <class Event>
  void on(const Event& event) {
    feed(machine, event, now, [this](const auto& x) { note(x); });
  }

  void note(const ask& x) { open[x.subject] = x; }
  void note(const publish& x) { published.push_back(x); }
  void note(const arm_timer& x) { timer = x.due; }

  void answer(subject what, consul::kv_entries entries, std::uint64_t index) {
    auto id = open.at(what).id;
    open.erase(what);
    on(answered{id, std::move(entries), index});
    now += spacing;
    on(timer_elapsed{});
  }

  void meta(std::uint64_t generation, std::uint64_t index) {
    answer(subject::meta,
           {{.key = keys.meta(),
             .value = encode(meta_record{.generation = generation})}},
           index);
  }

  static consul::kv_entry task(std::uint64_t generation,
                               const std::string& name, std::uint64_t rev = 1) {
    return {.key = keys.task(generation, name),
            .value = encode(task_record{.name = name, .rev = rev}),
            .modify_index = rev};
  }

  state machine{keys};
  time_point now{1h};
  time_point timer{};
  std::map<subject, ask> open{};
  std::vector<publish> published{};
};

TEST_F(StateCopy, AsksForMetaAndStateAtOnce) {
  on(follow_requested{});
  EXPECT_EQ(open.at(subject::meta).key, "p/c/meta");
  EXPECT_FALSE(open.at(subject::meta).recurse);
  EXPECT_EQ(open.at(subject::state).key, "p/c/state/");
  EXPECT_TRUE(open.at(subject::state).recurse);
  EXPECT_EQ(open.at(subject::state).index, 0u);
}

TEST_F(StateCopy, TellsWhatChangedAndNothingElse) {
  on(follow_requested{});
  meta(1, 5);
  EXPECT_TRUE(published.empty());
  answer(subject::state, {task(1, "a")}, 7);
  ASSERT_EQ(published.size(), 1u);
  EXPECT_TRUE(published[0].records);
  EXPECT_EQ(open.at(subject::state).index, 7u);
  answer(subject::state, {task(1, "a")}, 8);
  EXPECT_EQ(published.size(), 1u);
  answer(subject::state,
         {task(1, "a"),
          {.key = keys.events(1, "a"),
           .value = encode(events_record{.runs = 1}),
           .modify_index = 9}},
         9);
  ASSERT_EQ(published.size(), 2u);
  EXPECT_FALSE(published[1].records);
  answer(subject::state, {task(1, "a", 2)}, 10);
  EXPECT_TRUE(published.at(2).records);
}

TEST_F(StateCopy, WaitsForTheGenerationThatMetaNames) {
  on(follow_requested{});
  meta(1, 5);
  answer(subject::state, {task(1, "a")}, 7);
  meta(2, 8);
  EXPECT_EQ(published.size(), 1u);
  EXPECT_TRUE(machine.tasks.contains("a"));
  answer(subject::state, {task(1, "a"), task(2, "b")}, 9);
  EXPECT_EQ(published.size(), 2u);
  EXPECT_FALSE(machine.tasks.contains("a"));
  EXPECT_TRUE(machine.tasks.contains("b"));
}

TEST_F(StateCopy, TellsOfAnEmptyStore) {
  on(follow_requested{});
  answer(subject::meta, {}, 5);
  answer(subject::state, {}, 5);
  ASSERT_EQ(published.size(), 1u);
  EXPECT_TRUE(machine.tasks.empty());
}

TEST_F(StateCopy, KeepsItsCopyWhenItCannotReadTheNewSchema) {
  on(follow_requested{});
  meta(1, 5);
  answer(subject::state, {task(1, "a")}, 7);
  answer(subject::meta,
         {{.key = keys.meta(),
           .value = encode(meta_record{.schema = 9, .min_reader = 9})}},
         8);
  EXPECT_TRUE(machine.tasks.contains("a"));
}

TEST_F(StateCopy, AsksAgainAfterAPauseWhenAQueryFails) {
  on(follow_requested{});
  meta(1, 5);
  auto id = open.at(subject::meta).id;
  open.clear();
  on(answered{id, fail(errc::unavailable, "gone"), std::nullopt});
  EXPECT_TRUE(open.empty());
  EXPECT_EQ(timer, now + pause);
  now += pause;
  on(timer_elapsed{});
  EXPECT_EQ(open.at(subject::meta).index, 0u);
}

TEST_F(StateCopy, ForgetsAnIndexThatGoesBack) {
  on(follow_requested{});
  meta(1, 50);
  EXPECT_EQ(open.at(subject::meta).index, 50u);
  meta(1, 3);
  now += pause;
  on(timer_elapsed{});
  EXPECT_EQ(open.at(subject::meta).index, 0u);
}

TEST_F(StateCopy, IgnoresAnswersAfterItStopped) {
  on(follow_requested{});
  auto id = open.at(subject::state).id;
  on(rest_requested{});
  open.clear();
  on(answered{id, consul::kv_entries{task(1, "a")}, 9});
  on(timer_elapsed{});
  EXPECT_TRUE(open.empty());
  EXPECT_TRUE(published.empty());
  on(follow_requested{});
  EXPECT_EQ(open.size(), 2u);
}

} // namespace
} // namespace cts::ha::state_copy

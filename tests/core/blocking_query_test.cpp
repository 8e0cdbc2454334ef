#include "core/blocking_query.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace cts::blocking_query {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using effects = std::vector<effect>;

constexpr auto t0 = time_point{} + 1h;
constexpr auto long_poll = 120s + 7500ms + 15s;

snapshot_ptr pairs(const std::string& value) {
  return std::make_shared<const snapshot>(
    snapshot{.data = kv_pairs{{.key = "k", .value = value}}});
}

send_query poll(std::uint64_t index) {
  return {.index = index,
          .wait = 120s,
          .deadline = index == 0 ? duration{30s} : duration{long_poll}};
}

reply_arrived reply(std::optional<std::uint64_t> index,
                    const std::string& value = "v") {
  return {.index = index, .data = pairs(value)};
}

class BlockingQuery : public testing::Test {
protected:
  BlockingQuery() { on(timer_elapsed{}); }

  template <class Event>
  effects on(const Event& event) {
    auto [next, out] = step(std::move(query), event, now);
    query = std::move(next);
    return out;
  }

  template <class Event>
  effects after(duration span, const Event& event) {
    now += span;
    return on(event);
  }

  state query{};
  time_point now = t0;
};

TEST_F(BlockingQuery, StartsWithAnImmediateAnswer) {
  auto fresh = step(state{}, timer_elapsed{}, t0);
  EXPECT_EQ(fresh.effects, effects{poll(0)});
}

TEST_F(BlockingQuery, PublishesTheFirstAnswerAndWaitsPastItsIndex) {
  EXPECT_THAT(on(reply(7)), ElementsAre(publish{}, poll(7)));
  EXPECT_EQ(*query.published, *pairs("v"));
}

TEST_F(BlockingQuery, PublishesEqualDataOnce) {
  on(reply(7));
  EXPECT_THAT(after(1s, reply(8)), ElementsAre(poll(8)));
}

TEST_F(BlockingQuery, KeepsTheIndexWhenTheWaitIsOver) {
  on(reply(7));
  EXPECT_THAT(after(121s, reply(7)), ElementsAre(poll(7)));
}

TEST_F(BlockingQuery, ForgetsALowerIndex) {
  on(reply(7));
  EXPECT_THAT(after(1s, reply(6, "w")), ElementsAre(publish{}, poll(0)));
}

TEST_F(BlockingQuery, ForgetsTheIndexOfAnEarlyAnswerWithoutChange) {
  on(reply(7));
  EXPECT_THAT(after(119s, reply(7)), ElementsAre(poll(0)));
}

TEST_F(BlockingQuery, ForgetsTheIndexOfAClosedConnection) {
  on(reply(7));
  auto last = reply(8);
  last.closing = true;
  EXPECT_THAT(after(1s, last), ElementsAre(poll(0)));
}

TEST_F(BlockingQuery, SlowsDownWithoutAnIndex) {
  EXPECT_THAT(on(reply(std::nullopt)),
              ElementsAre(publish{}, arm_timer{t0 + 500ms}));
  EXPECT_THAT(after(500ms, timer_elapsed{}), ElementsAre(poll(0)));
  EXPECT_THAT(on(reply(std::nullopt)), ElementsAre(arm_timer{now + 1s}));
}

TEST_F(BlockingQuery, ForgetsTheIndexOfAFailedQuery) {
  on(reply(7));
  now += 1s;
  EXPECT_THAT(on(query_failed{.text = "EOF"}),
              ElementsAre(report_failure{"EOF", false},
                          note_attempt{"EOF", 1, 500ms},
                          arm_timer{now + 500ms}));
  EXPECT_THAT(after(500ms, timer_elapsed{}), ElementsAre(poll(0)));
}

TEST_F(BlockingQuery, KeepsTheIndexOfARefusedQuery) {
  on(reply(7));
  on(query_failed{.text = "429", .index_lost = false});
  EXPECT_THAT(after(500ms, timer_elapsed{}), ElementsAre(poll(7)));
}

TEST_F(BlockingQuery, ReportsAFailureOnce) {
  on(query_failed{.text = "EOF"});
  after(500ms, timer_elapsed{});
  EXPECT_THAT(on(query_failed{.text = "refused"}),
              ElementsAre(note_attempt{"refused", 2, 1s}, arm_timer{now + 1s}));
}

TEST_F(BlockingQuery, ReportsAgainWhenAFailureBecomesPermanent) {
  on(query_failed{.text = "EOF"});
  after(500ms, timer_elapsed{});
  EXPECT_EQ(on(query_failed{.text = "403", .permanent = true}).front(),
            (effect{report_failure{"403", true}}));
}

TEST_F(BlockingQuery, AsksAPermanentFailureAtTheCap) {
  EXPECT_THAT(on(query_failed{.text = "400", .permanent = true}),
              ElementsAre(report_failure{"400", true},
                          note_attempt{"400", 1, 60s}, arm_timer{t0 + 60s}));
}

TEST_F(BlockingQuery, WaitsAsLongAsTheAgentAsks) {
  auto out = on(query_failed{.text = "429", .retry_after = 45s});
  EXPECT_EQ(out.back(), effect{arm_timer{t0 + 45s}});
}

TEST_F(BlockingQuery, BoundsWhatTheAgentAsks) {
  auto out = on(query_failed{.text = "429", .retry_after = 24h});
  EXPECT_EQ(out.back(), effect{arm_timer{t0 + 10min}});
}

TEST_F(BlockingQuery, ReportsRecoveryWithTheTimeItTook) {
  on(query_failed{.text = "EOF"});
  after(500ms, timer_elapsed{});
  EXPECT_EQ(after(2s, reply(7)).front(), effect{report_recovery{2500ms}});
  EXPECT_FALSE(query.failing);
}

TEST_F(BlockingQuery, BacksOffAnewAfterRecovery) {
  on(query_failed{.text = "EOF"});
  after(500ms, timer_elapsed{});
  on(query_failed{.text = "EOF"});
  after(1s, timer_elapsed{});
  on(reply(7));
  now += 1s;
  EXPECT_EQ(on(query_failed{.text = "EOF"}).back(),
            effect{arm_timer{now + 500ms}});
}

TEST_F(BlockingQuery, ReportsFilteredResultsOnce) {
  auto filtered = reply(7);
  filtered.filtered_by_acls = true;
  EXPECT_THAT(on(filtered), ElementsAre(report_filtered{}, publish{}, poll(7)));
  filtered.index = 8;
  EXPECT_THAT(after(1s, filtered), ElementsAre(poll(8)));
}

TEST_F(BlockingQuery, AsksNoFasterThanTheBucketAllows) {
  for (auto index = 1u; index < 5u; ++index)
    EXPECT_EQ(on(reply(index)).back(), effect{poll(index)});
  EXPECT_THAT(on(reply(5)), ElementsAre(arm_timer{t0 + 200ms}));
  EXPECT_THAT(after(200ms, timer_elapsed{}), ElementsAre(poll(5)));
}

TEST_F(BlockingQuery, IgnoresWhatItDidNotAskFor) {
  on(query_failed{.text = "EOF"});
  EXPECT_TRUE(on(reply(7)).empty());
  EXPECT_TRUE(on(query_failed{.text = "late"}).empty());
  EXPECT_TRUE(on(timer_elapsed{}).empty());
}

// -- refreshed by somebody else -----------------------------------------------

TEST_F(BlockingQuery, PublishesWhatARefreshFinds) {
  on(reply(5));
  EXPECT_EQ(on(refreshed{.index = 9, .data = pairs("w")}), effects{publish{}});
  EXPECT_TRUE(on(refreshed{.index = 9, .data = pairs("w")}).empty());
}

TEST_F(BlockingQuery, TakesNoAnswerThatIsOlderThanARefresh) {
  on(reply(5));
  on(refreshed{.index = 9, .data = pairs("newest")});
  EXPECT_EQ(after(1s, reply(7, "older")), effects{poll(0)});
  // What comes now was asked for after the refresh.
  EXPECT_EQ(on(reply(7, "restored")), (effects{publish{}, poll(7)}));
}

TEST_F(BlockingQuery, TakesAnAnswerThatIsAsNewAsARefresh) {
  on(reply(5));
  on(refreshed{.index = 9, .data = pairs("w")});
  EXPECT_EQ(after(1s, reply(9, "w")), effects{poll(9)});
}

TEST_F(BlockingQuery, ReportsAgainWhenAnAgentIsBackAndRefuses) {
  on(query_failed{.text = "away", .unreachable = true});
  now = query.due;
  on(timer_elapsed{});
  auto out = on(query_failed{.text = "500"});
  EXPECT_EQ(out.front(), (effect{report_failure{"500", false, false}}));
  now = query.due;
  on(timer_elapsed{});
  EXPECT_EQ(on(reply(5)).front(), (effect{report_recovery{now - t0, false}}));
}

// However polls lag behind: what is published only ever gets newer.
TEST(BlockingQueryProperty, NeverPublishesWhatIsOlderThanARefresh) {
  for (auto seed = 0u; seed < 300u; ++seed) {
    auto random = std::mt19937{seed};
    auto query = state{.config = {.rate = {.interval = 0ms, .burst = 100}}};
    auto now = t0;
    auto newest = std::uint64_t{1};
    auto asked_at = std::uint64_t{1};
    auto published = std::uint64_t{0};
    auto feed_one = [&](const auto& event) {
      auto [next, out] = step(std::move(query), event, now);
      query = std::move(next);
      for (const auto& one : out)
        if (std::holds_alternative<send_query>(one))
          asked_at = newest;
    };
    feed_one(timer_elapsed{});
    for (auto i = 0; i < 200; ++i) {
      now += 1s;
      newest += random() % 2;
      if (random() % 3 == 0) {
        feed_one(
          refreshed{.index = newest, .data = pairs(std::to_string(newest))});
      } else if (query.asking) { // as it was at any time since it was asked
        auto seen = asked_at + random() % (newest - asked_at + 1);
        feed_one(reply(seen, std::to_string(seen)));
      } else {
        feed_one(timer_elapsed{});
      }
      if (!query.published)
        continue;
      auto value
        = std::stoull(std::get<kv_pairs>(query.published->data)[0].value);
      ASSERT_GE(value, published) << seed;
      published = value;
    }
  }
}

// An agent that answers, fails, restarts and lies at random, against the
// promises at the top of the header.
class RandomHistory : public testing::TestWithParam<int> {
protected:
  template <class Event>
  effects on(const Event& event) {
    auto [next, out] = step(std::move(query), event, now);
    query = std::move(next);
    return out;
  }

  double jitter() {
    return std::uniform_real_distribution<double>{0, 1}(random);
  }

  effects fail_somehow() {
    now += 1ms * (random() % 1000);
    failed_at = now;
    auto out = on(query_failed{
      .text = "no", .permanent = random() % 4 == 0, .jitter = jitter()});
    EXPECT_EQ(query.index, 0u);
    return out;
  }

  effects answer_somehow() {
    now += 1ms * (random() % 150'000);
    auto before = query;
    auto index = random() % 10;
    auto event = reply(index, std::to_string(random() % 3));
    event.jitter = jitter();
    if (index == 0)
      event.index.reset();
    auto out = on(event);
    auto news = !before.published || *before.published != *event.data;
    EXPECT_EQ(std::count(out.begin(), out.end(), effect{publish{}}), news);
    EXPECT_EQ(*query.published, *event.data);
    EXPECT_TRUE(index >= before.index || query.index == 0);
    return out;
  }

  effects happen() {
    if (auto due = std::exchange(timer, std::nullopt)) {
      now = std::max(now, *due);
      return on(timer_elapsed{});
    }
    return random() % 3 == 0 ? fail_somehow() : answer_somehow();
  }

  void check(const send_query& x) {
    ++next_steps;
    EXPECT_EQ(x.index, query.index);
    EXPECT_GE(now - failed_at, 500ms);
    sent.push_back(now);
  }

  void check(const arm_timer& x) {
    ++next_steps;
    EXPECT_LE(x.due - now, 60s);
    timer = x.due;
  }

  template <class Other>
  void check(const Other&) {}

  std::mt19937 random{static_cast<unsigned>(GetParam())};
  state query{};
  time_point now = t0;
  time_point failed_at{};
  std::optional<time_point> timer = t0;
  std::vector<time_point> sent;
  int next_steps = 0;
};

TEST_P(RandomHistory, KeepsEveryPromise) {
  for (auto i = 0; i < 300 && !HasFailure(); ++i) {
    next_steps = 0;
    for (const auto& one : happen())
      std::visit([this](const auto& x) { check(x); }, one);
    // Never deaf: either a query is under way or a timer is armed.
    ASSERT_EQ(next_steps, 1) << "step " << i;
  }
  for (auto i = 5u; i < sent.size(); ++i)
    ASSERT_GE(sent[i] - sent[i - 5], 200ms);
}

INSTANTIATE_TEST_SUITE_P(BlockingQueryProperty, RandomHistory,
                         testing::Range(0, 200));

} // namespace
} // namespace cts::blocking_query

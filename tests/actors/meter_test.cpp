#include "actors/meter.hpp"

#include "tests/support/sim_fixture.hpp"

namespace cts {
namespace {

using namespace std::chrono_literals;

class Meter : public cafx::sim_fixture {
protected:
  void SetUp() override { meter = make_meter(self.ptr()); }

  void TearDown() override {
    stop(meter);
    sim_fixture::TearDown();
  }

  measures read() {
    auto answer = ask<measures>(meter, get_measures{});
    EXPECT_TRUE(answer);
    return answer ? *answer : measures{};
  }

  meter_actor meter{};
};

TEST_F(Meter, CountsRunsRendersAndRequests) {
  tell(meter, run_measured{{.task = "a", .failed = true, .took = 2s}});
  tell(meter, render_measured{});
  tell(meter, request_measured{3ms});
  auto seen = read();
  EXPECT_EQ(seen.state->tasks.at("a").failures, 1u);
  EXPECT_EQ(seen.state->renders, 1u);
  EXPECT_EQ(seen.state->request_time.count(), 1u);
}

TEST_F(Meter, KnowsWhenEachWatchWasAnsweredLast) {
  tell(meter, watch_measured{.what = "a", .news = watch_news::began});
  advance(5s);
  tell(meter, watch_measured{.what = "b", .news = watch_news::began});
  tell(meter, watch_measured{.what = "a", .news = watch_news::answered});
  advance(2s);
  auto seen = read();
  EXPECT_EQ(seen.at, now());
  EXPECT_EQ(metrics::oldest_answer(*seen.state, seen.at), 2s);
  tell(meter, watch_measured{.what = "a", .news = watch_news::ended});
  tell(meter, watch_measured{.what = "b", .news = watch_news::ended});
  tell(meter, watch_measured{.what = "b", .news = watch_news::answered});
  EXPECT_TRUE(read().state->watches.empty());
}

TEST_F(Meter, KeepsTheNewestAccountOfTheElectionAndOfThePromotion) {
  EXPECT_FALSE(read().state->election);
  tell(meter, election_measured{{.epoch = 3}});
  tell(meter, promotion_measured{"load", 4ms});
  tell(meter, promotion_measured{"load", 5ms});
  auto seen = read();
  ASSERT_TRUE(seen.state->election);
  EXPECT_EQ(seen.state->election->epoch, 3u);
  EXPECT_EQ(seen.state->promotion.at("load"), 5ms);
}

} // namespace
} // namespace cts

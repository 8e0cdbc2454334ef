#include "tests/failover/history.hpp"

#include <gtest/gtest.h>

#include <random>

// The oracle has to find what never may happen.
namespace cts::failover {
namespace {

using namespace std::chrono_literals;

event work(what kind, std::uint64_t process, wall_time at,
           const std::string& inputs = {}) {
  return {.what = kind,
          .instance = "cts-" + std::to_string(process),
          .at = at,
          .task = "t",
          .process = process,
          .text = inputs};
}

TEST(History, ReadsWhoTookTheLockFromALog) {
  auto x = parse_log_line(
    "cts-2", "2026-11-25T09:30:00.123Z [INFO]  ha: acquired leadership lock: "
             "id=cts-2 epoch=17 detector=\"peer link\"");
  ASSERT_TRUE(x);
  EXPECT_EQ(x->what, what::acquired);
  EXPECT_EQ(x->instance, "cts-2");
  EXPECT_EQ(x->epoch, 17u);
  EXPECT_EQ(x->detector, "peer link");
  EXPECT_EQ(x->at, wall_time{1795599000123000});
}

TEST(History, PassesOverLinesOfNoMeaningOrTime) {
  EXPECT_FALSE(parse_log_line("cts-2", "2026-11-25T09:30:00.123Z [INFO] cli: "
                                       "initializing controller"));
  EXPECT_FALSE(parse_log_line("cts-2", "ha: acquired leadership lock: id=x"));
  EXPECT_FALSE(parse_log_line("cts-2", "2026-11-25T09:30:00.123+01:00 ha: "
                                       "acquired leadership lock: id=x"));
}

TEST(History, ReadsWhatProvidersWrite) {
  auto x = parse_work_line("start cts-1 1764063000123456 42 t7 a,b");
  ASSERT_TRUE(x);
  EXPECT_EQ(x->what, what::start);
  EXPECT_EQ(x->at, wall_time{1764063000123456});
  EXPECT_EQ(x->process, 42u);
  EXPECT_EQ(x->task, "t7");
  EXPECT_EQ(x->text, "a,b");
  EXPECT_FALSE(parse_work_line("start cts-1 17640"));
  EXPECT_FALSE(parse_work_line("begin cts-1 1764063000123456 42 t7 a"));
}

TEST(Oracle, IsSilentAboutRunsThatFollowEachOther) {
  EXPECT_TRUE(
    find_overlaps({work(what::start, 1, 1ms), work(what::end, 1, 2ms),
                   work(what::start, 2, 2ms), work(what::cut, 2, 3ms)})
      .empty());
}

TEST(Oracle, FindsARunWithinAnotherOne) {
  EXPECT_EQ(find_overlaps({work(what::start, 1, 1ms), work(what::end, 1, 9ms),
                           work(what::start, 2, 2ms), work(what::end, 2, 3ms),
                           work(what::start, 3, 4ms), work(what::end, 3, 5ms)})
              .size(),
            2u);
}

TEST(Oracle, BelievesAProviderThatMetAnotherOne) {
  EXPECT_EQ(
    find_overlaps({work(what::start, 1, 1ms), work(what::overlap, 2, 2ms)})
      .size(),
    1u);
}

TEST(Oracle, SeesEachOverlapInWhateverOrderTheLinesAreRead) {
  auto events
    = std::vector<event>{work(what::start, 1, 1ms), work(what::end, 1, 4ms),
                         work(what::start, 2, 3ms), work(what::end, 2, 6ms),
                         work(what::start, 3, 7ms), work(what::end, 3, 8ms)};
  // The lines of one run stay in order; runs may be read in any.
  auto random = std::mt19937{1};
  for (auto i = 0; i < 20; ++i) {
    auto a = random() % 3 * 2;
    auto b = random() % 3 * 2;
    std::swap(events[a], events[b]);
    std::swap(events[a + 1], events[b + 1]);
    EXPECT_EQ(find_overlaps(events).size(), 1u);
  }
}

TEST(Oracle, CountsAChangeOnlyIfItsRunWasCompleted) {
  auto events = std::vector<event>{work(what::start, 1, 1ms, "a"),
                                   work(what::cut, 1, 2ms)};
  EXPECT_FALSE(is_applied(events, "t", "a"));
  events.push_back(work(what::start, 2, 3ms, "a,b"));
  EXPECT_FALSE(is_applied(events, "t", "a"));
  events.push_back(work(what::end, 2, 4ms));
  EXPECT_TRUE(is_applied(events, "t", "a"));
  EXPECT_FALSE(is_applied(events, "t", "c"));
  EXPECT_FALSE(is_applied(events, "u", "a"));
}

} // namespace
} // namespace cts::failover

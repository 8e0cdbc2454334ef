#include "core/registration.hpp"

#include <gtest/gtest.h>

namespace cts::registration {
namespace {

using namespace std::chrono_literals;
using effects = std::vector<effect>;

class Registration : public ::testing::Test {
protected:
  template <class Event>
  effects on(const Event& event) {
    auto [next, out] = step(std::move(s), event, now);
    s = std::move(next);
    return out;
  }

  time_point now = time_point{} + 1h;
  state s{};
};

TEST_F(Registration, LooksAfterTheServiceEveryMinute) {
  EXPECT_EQ(on(started{}), effects{register_service{}});
  EXPECT_EQ(on(registered{}),
            (effects{report_registered{}, arm_timer{now + 60s}}));
  EXPECT_TRUE(on(timer_elapsed{}).empty());
  now += 60s;
  EXPECT_EQ(on(timer_elapsed{}), effects{look_up{}});
  EXPECT_EQ(on(looked_up{}), effects{arm_timer{now + 60s}});
}

TEST_F(Registration, RegistersAgainWhatTheAgentHasLost) {
  on(started{});
  on(registered{});
  now += 60s;
  on(timer_elapsed{});
  EXPECT_EQ(on(looked_up{.present = false}),
            effects{register_service{.again = true}});
}

TEST_F(Registration, TriesNineTimesBeforeItReportsAndThenOnceAMinute) {
  on(started{});
  for (auto pause : {1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s}) {
    EXPECT_EQ(on(register_failed{"no"}), effects{arm_timer{now + pause}});
    now += pause;
    EXPECT_EQ(on(timer_elapsed{}), effects{register_service{.again = true}});
  }
  EXPECT_EQ(on(register_failed{"no"}),
            (effects{report_failure{"no"}, arm_timer{now + 60s}}));
  now += 60s;
  on(timer_elapsed{});
  EXPECT_EQ(on(register_failed{"no"}), effects{arm_timer{now + 60s}});
}

TEST_F(Registration, DoesNotRepeatWhatCannotSucceed) {
  on(started{});
  EXPECT_EQ(on(register_failed{.message = "403", .final = true}),
            effects{report_failure{"403"}});
}

TEST_F(Registration, LeavesBeforeItReportsThatItHasLeft) {
  on(started{});
  on(registered{});
  EXPECT_EQ(on(stop_requested{}), effects{deregister_service{}});
  EXPECT_EQ(on(deregistered{}), effects{report_left{.was_registered = true}});
}

TEST_F(Registration, LeavesAtOnceIfItNeverRegistered) {
  EXPECT_EQ(on(stop_requested{}), effects{report_left{}});
}

TEST_F(Registration, LeavesAfterAnAttemptThatIsUnderWay) {
  on(started{});
  EXPECT_EQ(on(stop_requested{}), effects{arm_timer{now + 2s}});
  EXPECT_EQ(on(registered{}), effects{deregister_service{}});
}

TEST_F(Registration, DoesNotWaitLongForAnAttemptBeforeItLeaves) {
  on(started{});
  on(stop_requested{});
  now += 2s;
  EXPECT_EQ(on(timer_elapsed{}), effects{deregister_service{}});
  EXPECT_TRUE(on(registered{}).empty());
}

TEST_F(Registration, LooksAfterTheServiceAtOnceWhenToldToStartAgain) {
  on(started{});
  EXPECT_TRUE(on(started{}).empty()); // under way
  on(registered{});
  EXPECT_EQ(on(started{}), effects{look_up{}});
  EXPECT_TRUE(on(started{}).empty()); // under way
  EXPECT_EQ(on(looked_up{.present = false}),
            effects{register_service{.again = true}});
}

TEST_F(Registration, TriesAtOnceWhenToldToStartAgain) {
  on(started{});
  on(register_failed{"no agent"});
  EXPECT_EQ(on(started{}), effects{register_service{.again = true}});
  now += 1h;
  EXPECT_TRUE(on(timer_elapsed{}).empty());
}

} // namespace
} // namespace cts::registration

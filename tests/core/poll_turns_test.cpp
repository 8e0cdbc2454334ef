#include "core/poll_turns.hpp"

#include <gtest/gtest.h>

namespace cts {
namespace {

using namespace std::chrono_literals;

TEST(PollTurn, IsTheWholeWaitWhileThereIsRoom) {
  EXPECT_EQ(poll_turn(50, 100, 120s), 120s);
  EXPECT_EQ(poll_turn(5000, 0, 120s), 120s);
}

TEST(PollTurn, GetsShorterAsItGetsCrowded) {
  EXPECT_EQ(poll_turn(51, 100, 120s), 10s);
  EXPECT_EQ(poll_turn(100, 100, 120s), 10s);
  EXPECT_EQ(poll_turn(101, 100, 120s), 1s);
}

TEST(PollTurn, IsNeverLongerThanTheWait) {
  EXPECT_EQ(poll_turn(101, 100, 500ms), 500ms);
  EXPECT_EQ(poll_turn(60, 100, 5s), 5s);
}

TEST(ReadWait, KnowsConsulsUnits) {
  EXPECT_EQ(read_wait("1500ms"), 1500ms);
  EXPECT_EQ(read_wait("120s"), 120s);
  EXPECT_EQ(read_wait("10m"), 10min);
}

TEST(ReadWait, RefusesWhatIsNoWait) {
  for (const auto* text :
       {"", "s", "0s", "-1s", "1h", "5", "1.5s", "11m", "601s", "99999999999s"})
    EXPECT_FALSE(read_wait(text)) << text;
}

} // namespace
} // namespace cts

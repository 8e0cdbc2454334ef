#include "runtime/boot_clock.hpp"

#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace cts {
namespace {

using namespace std::chrono_literals;

TEST(BootClock, NeverGoesBack) {
  auto before = boot_now();
  EXPECT_GT(before, 0ns);
  EXPECT_GE(boot_now(), before);
}

TEST(BootTimer, ElapsesNotBeforeItIsDue) {
  auto io = boost::asio::io_context{};
  auto timer = boot_timer{io};
  auto due = boot_now() + 20ms;
  auto elapsed = 0;
  timer.arm(due, [&elapsed, due] {
    EXPECT_GE(boot_now(), due);
    ++elapsed;
  });
  io.run();
  EXPECT_EQ(elapsed, 1);
}

TEST(BootTimer, ElapsesAtOnceIfItIsDue) {
  auto io = boost::asio::io_context{};
  auto timer = boot_timer{io};
  auto elapsed = 0;
  timer.arm(-5s, [&elapsed] { ++elapsed; });
  io.run();
  EXPECT_EQ(elapsed, 1);
}

TEST(BootTimer, ElapsesForTheNewestOnly) {
  auto io = boost::asio::io_context{};
  auto timer = boot_timer{io};
  auto seen = std::vector<int>{};
  timer.arm(boot_now() + 1h, [&seen] { seen.push_back(1); });
  timer.arm(boot_now(), [&seen, &timer] {
    seen.push_back(2);
    timer.arm(boot_now() + 1ms, [&seen] { seen.push_back(3); });
  });
  io.run();
  EXPECT_EQ(seen, (std::vector<int>{2, 3}));
}

// The reactor notices the first end, but tells it only after the second time
// is set.
TEST(BootTimer, KeepsATimeThatIsSetWhileAnotherIsOver) {
  auto io = boost::asio::io_context{};
  auto timer = boot_timer{io};
  auto seen = std::vector<int>{};
  timer.arm(boot_now() + 1ms, [&seen] { seen.push_back(1); });
  boost::asio::post(io, [&] {
    for (auto end = boot_now() + 2ms; boot_now() < end;)
      ;
    boost::asio::post(io, [&] {
      timer.arm(boot_now() + 20ms, [&seen] { seen.push_back(2); });
    });
  });
  io.run();
  EXPECT_EQ(seen, std::vector<int>{2});
}

TEST(BootTimer, DoesNotElapseOnceItIsDisarmed) {
  auto io = boost::asio::io_context{};
  auto timer = boot_timer{io};
  timer.arm(boot_now() + 1h, [] { FAIL(); });
  timer.disarm();
  io.run();
}

} // namespace
} // namespace cts

#include "runtime/child_process.hpp"

#include "runtime/boot_clock.hpp"
#include "tests/runtime/service_fixture.hpp"
#include "tests/support/fifo.hpp"

#include <boost/asio/io_context.hpp>

#include <sys/wait.h>

#include <future>

namespace cts {
namespace {

class ChildProcess : public service_fixture {};

TEST_F(ChildProcess, KeepsTheEndOfWhatItWrites) {
  auto context = boost::asio::io_context{};
  auto end = child_end{};
  auto child = child_process::start(
    context, {.argv = {"/bin/sh", "-c", "printf 0123456789"}, .output_max = 4},
    [&end](child_end x) { end = std::move(x); });
  ASSERT_TRUE(child);
  context.run();
  EXPECT_EQ(end.output, "6789");
}

// The last look at the clock is the child's own: we may have been stopped for
// any time before.
TEST_F(ChildProcess, BeginsNotLaterThanAllowed) {
  auto context = boost::asio::io_context{};
  auto start_until = [&context](std::chrono::nanoseconds latest) {
    return child_process::start(context,
                                {.argv = {"/bin/true"}, .latest_start = latest},
                                [](const child_end&) {});
  };
  auto late = start_until(boot_now() - std::chrono::milliseconds{1});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, errc::conflict);
  EXPECT_TRUE(start_until(boot_now() + std::chrono::hours{1}));
  context.run();
}

/// Runs a child of its own and waits to be killed.
[[noreturn]] void be_killed(const std::string& script) {
  auto context = boost::asio::io_context{};
  auto child = child_process::start(
    context, {.argv = {"/bin/sh", "-c", script}}, [](const child_end&) {});
  context.run();
  ::_exit(1);
}

TEST_F(ChildProcess, GetsAnInterruptWhenWeDie) {
  auto ready = fifo{directory / "ready"};
  auto script = "exec 3> " + ready.path()
                + "; trap 'echo interrupted >&3; exit' INT; echo ready >&3"
                  "; while :; do sleep 1; done";
  auto parent = ::fork();
  if (parent == 0)
    be_killed(script);
  EXPECT_EQ(ready.next_line(), "ready");
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  EXPECT_EQ(ready.next_line(), "interrupted");
}

} // namespace
} // namespace cts

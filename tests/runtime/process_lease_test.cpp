#include "actors/log.hpp"
#include "runtime/boot_clock.hpp"
#include "tests/runtime/process_runner_fixture.hpp"
#include "tests/support/fifo.hpp"

#include <signal.h>

namespace cts {
namespace {

using namespace std::chrono_literals;

/// Processes that need the lease of this instance.
class ProcessRunnerWithLease : public ProcessRunner {
protected:
  void lease_for(std::chrono::nanoseconds left) {
    ASSERT_TRUE(ask<void>(runner, extend_lease{boot_now() + left}));
  }

  start_process fenced(const std::string& script) {
    auto request = shell(script);
    request.fenced = true;
    request.task = "web";
    return request;
  }

  std::string refusal() {
    auto end = run(fenced("true"));
    return !end && end.error().code == errc::conflict ? end.error().message
                                                      : "not refused";
  }
};

TEST_F(ProcessRunnerWithLease, StartsNothingWithoutOne) {
  EXPECT_TRUE(refusal().starts_with("lease ")) << refusal();
  EXPECT_TRUE(run(shell("true")));
}

TEST_F(ProcessRunnerWithLease, StartsNothingShortlyBeforeItsEnd) {
  lease_for(1900ms);
  EXPECT_TRUE(refusal().starts_with("lease ")) << refusal();
}

TEST_F(ProcessRunnerWithLease, StartsNothingAfterARevocation) {
  lease_for(1h);
  ASSERT_TRUE(ask<void>(runner, revoke_lease{}));
  EXPECT_TRUE(refusal().starts_with("lease ")) << refusal();
  lease_for(1h);
  EXPECT_FALSE(run(fenced("true")).value().lease_over);
}

TEST_F(ProcessRunnerWithLease, InterruptsWhatHasLessThanFiveSeconds) {
  auto lines = std::vector<std::string>{};
  log::set_sink([&lines](const log::line& x) {
    for (const auto& field : x.fields)
      lines.push_back(std::string{x.component} + ": " + std::string{x.sentence}
                      + ": " + std::string{field.key} + '=' + field.value);
  });
  lease_for(4s);
  auto end = run(fenced("exec sleep 1000")).value();
  log::set_sink({});
  EXPECT_EQ(end.signal, SIGINT);
  EXPECT_TRUE(end.stopped);
  EXPECT_TRUE(end.lease_over);
  EXPECT_EQ(lines, std::vector<std::string>{"ha: run stopped, lease over: "
                                            "task_name=web"});
}

TEST_F(ProcessRunnerWithLease, InterruptsTwiceAndKillsAtItsEnd) {
  auto ready = fifo{directory / "ready"};
  auto go = fifo{directory / "go"};
  auto deadline = boot_now() + 9s;
  ASSERT_TRUE(ask<void>(runner, extend_lease{deadline}));
  auto pending
    = begin(fenced("trap 'echo interrupted >> log' INT; exec 3<> go; "
                   "echo > ready; while :; do read x <&3; done"));
  ready.next_line();
  auto end = receive<process_finished>(std::move(pending)).value();
  EXPECT_GE(boot_now(), deadline);
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_TRUE(end.lease_over);
  EXPECT_EQ(bytes_of(directory / "log"), "interrupted\ninterrupted\n");
}

TEST_F(ProcessRunnerWithLease, LeavesOthersAlone) {
  auto ready = fifo{directory / "ready"};
  auto go = fifo{directory / "go"};
  auto other = shell("echo > ready; read x < go");
  other.key = "other";
  auto pending = begin(other);
  ready.next_line();
  lease_for(4s);
  ASSERT_TRUE(run(fenced("exec sleep 1000")).value().lease_over);
  put(go.path(), "\n");
  EXPECT_FALSE(receive<process_finished>(std::move(pending)).value().stopped);
}

} // namespace
} // namespace cts

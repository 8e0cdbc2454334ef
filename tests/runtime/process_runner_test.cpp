#include "runtime/process_runner.hpp"

#include "drivers/terraform/run_record.hpp"
#include "runtime/process_identity.hpp"
#include "tests/runtime/process_runner_fixture.hpp"
#include "tests/support/fifo.hpp"

#include <caf/send.hpp>

#include <unistd.h>

namespace cts {
namespace {

using namespace std::chrono_literals;

TEST_F(ProcessRunner, ReportsTheExitCodeAndWhatWasWritten) {
  auto end = run(shell("echo out; echo err >&2; exit 3")).value();
  EXPECT_EQ(end.exit_code, 3);
  EXPECT_EQ(end.signal, 0);
  EXPECT_EQ(end.output, "out\n");
  EXPECT_EQ(end.error_output, "err\n");
  EXPECT_FALSE(end.stopped);
  EXPECT_GT(end.memory_peak, 0u);
}

TEST_F(ProcessRunner, NamesAProgramThatDoesNotExist) {
  auto end = run({.key = "key", .argv = {"/no/such/program"}});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, errc::not_found);
  EXPECT_EQ(end.error().message,
            "fork/exec /no/such/program: no such file or directory");
}

TEST_F(ProcessRunner, NamesTheReasonIfAFileIsNoProgram) {
  auto file = directory / "text";
  put(file, "just words");
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  auto end = run({.key = "key", .argv = {file.string()}});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, errc::system);
  EXPECT_EQ(end.error().message,
            "fork/exec " + file.string() + ": exec format error");
}

TEST_F(ProcessRunner, NamesADirectoryThatDoesNotExist) {
  auto request = shell("true");
  request.directory = "/no/such/directory";
  auto end = run(request);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, errc::system);
  EXPECT_EQ(end.error().message,
            "chdir /no/such/directory: no such file or directory");
}

TEST_F(ProcessRunner, GivesNoInput) {
  EXPECT_EQ(run(shell("cat")).value().exit_code, 0);
}

TEST_F(ProcessRunner, GivesExactlyTheEnvironment) {
  auto end = run(
    {.key = "key", .argv = {"/usr/bin/env"}, .environment = {"A=1", "B=x y"}});
  EXPECT_EQ(end.value().output, "A=1\nB=x y\n");
}

TEST_F(ProcessRunner, GivesNoOtherDescriptors) {
  // Far above what the shell itself opens.
  auto leaky = ::dup2(::fileno(stderr), 77);
  auto end = run(shell("echo /proc/$$/fd/*")).value();
  ::close(leaky);
  EXPECT_EQ(end.output.find("/fd/" + std::to_string(leaky)), std::string::npos)
    << end.output;
}

TEST_F(ProcessRunner, KeepsTheOutputInFilesThatOnlyWeMayRead) {
  auto request = shell("echo out; echo err >&2");
  request.output_file = directory / ".cts" / "run.out";
  request.error_file = directory / ".cts" / "run.err";
  put(directory / "other", "");
  EXPECT_EQ(run(request).value().output, "out\n");
  EXPECT_EQ(run(request).value().error_output, "err\n");
  EXPECT_EQ(bytes_of(request.output_file), "out\n");
  EXPECT_EQ(mode_of(request.output_file), 0600u);
  EXPECT_EQ(mode_of(directory / ".cts"), 0700u);
}

TEST_F(ProcessRunner, RunsProcessesWithTheSameKeyOneAfterTheOther) {
  auto ready = fifo{directory / "ready"};
  auto go = fifo{directory / "go"};
  auto first = begin(shell("echo > ready; read x < go; echo first >> log"));
  ready.next_line();
  auto second = begin(shell("echo second >> log"));
  auto other = shell("echo other >> log");
  other.key = "other";
  ASSERT_TRUE(run(other));
  EXPECT_EQ(bytes_of(directory / "log"), "other\n");
  put(go.path(), "\n");
  ASSERT_TRUE(receive<process_finished>(std::move(first)));
  ASSERT_TRUE(receive<process_finished>(std::move(second)));
  EXPECT_EQ(bytes_of(directory / "log"), "other\nfirst\nsecond\n");
}

TEST_F(ProcessRunner, InterruptsTheGroupOfAProcessThatIsStopped) {
  auto ready = fifo{directory / "ready"};
  auto pending
    = begin(shell("exec 3> ready; sleep 1000 & echo >&3; exec sleep 1000"));
  ready.next_line();
  ASSERT_TRUE(ask<void>(runner, stop_process{"key", 60s}));
  auto end = receive<process_finished>(std::move(pending)).value();
  EXPECT_EQ(end.signal, SIGINT);
  EXPECT_TRUE(end.stopped);
  EXPECT_FALSE(end.timed_out);
  ready.wait_for_end();
}

TEST_F(ProcessRunner, KillsWhatDoesNotEndWithinTheGrace) {
  auto ready = fifo{directory / "ready"};
  auto pending
    = begin(shell("trap '' INT; echo > ready; while :; do sleep 1; done"));
  ready.next_line();
  ASSERT_TRUE(ask<void>(runner, stop_process{"key", 50ms}));
  EXPECT_EQ(receive<process_finished>(std::move(pending)).value().signal,
            SIGKILL);
}

TEST_F(ProcessRunner, InterruptsAgainSixSecondsBeforeTheGraceIsOver) {
  auto ready = fifo{directory / "ready"};
  auto go = fifo{directory / "go"};
  // Reading is done by the shell itself: no child takes the signal.
  auto pending = begin(
    shell("n=0; trap 'n=$((n+1)); [ $n -lt 2 ] || exit 9' INT; exec 3<> go; "
          "echo > ready; while :; do read x <&3; done"));
  ready.next_line();
  ASSERT_TRUE(ask<void>(runner, stop_process{"key", 6100ms}));
  auto end = receive<process_finished>(std::move(pending)).value();
  EXPECT_EQ(end.exit_code, 9);
  EXPECT_LT(end.wall_time, 6s);
}

TEST_F(ProcessRunner, BringsTheKillForwardIfAskedAgain) {
  auto ready = fifo{directory / "ready"};
  auto pending
    = begin(shell("trap '' INT; echo > ready; while :; do sleep 1; done"));
  ready.next_line();
  ASSERT_TRUE(ask<void>(runner, stop_process{"key", 1h}));
  ASSERT_TRUE(ask<void>(runner, stop_process{"key", 50ms}));
  EXPECT_EQ(receive<process_finished>(std::move(pending)).value().signal,
            SIGKILL);
}

TEST_F(ProcessRunner, KillsTheRestOfTheGroupWhenTheLeaderHasEnded) {
  auto ready = fifo{directory / "ready"};
  auto end = run(shell("exec 3> ready; sleep 1000 & echo >&3"));
  EXPECT_EQ(end.value().exit_code, 0);
  ready.next_line();
  ready.wait_for_end();
}

TEST_F(ProcessRunner, StopsAProcessThatIsOutOfTime) {
  auto request = shell("exec sleep 1000");
  request.timeout = 50ms;
  auto end = run(request).value();
  EXPECT_TRUE(end.timed_out);
  EXPECT_TRUE(end.stopped);
  EXPECT_EQ(end.signal, SIGINT);
}

TEST_F(ProcessRunner, CancelsWhatWaitsForItsTurnWhenStopped) {
  auto ready = fifo{directory / "ready"};
  auto first = begin(shell("echo > ready; exec sleep 1000"));
  ready.next_line();
  auto second = begin(shell("true"));
  ASSERT_TRUE(ask<void>(runner, stop_process{"key", 60s}));
  EXPECT_EQ(receive<process_finished>(std::move(second)).error().code,
            errc::cancelled);
  EXPECT_TRUE(receive<process_finished>(std::move(first)).value().stopped);
}

TEST_F(ProcessRunner, StopsOnlyWhatTheOneWhoStopsHasAskedFor) {
  auto ready = fifo{directory / "ready"};
  auto go = fifo{directory / "go"};
  auto other = caf::scoped_actor{system};
  auto first = begin(shell("echo > ready; read x < go; echo whole"));
  ready.next_line();
  auto waiting = other->request(runner, patience, shell("true"));
  other->request(runner, patience, stop_process{"key", 60s})
    .receive([] {}, [](const caf::error&) { FAIL(); });
  EXPECT_EQ(receive<process_finished>(std::move(waiting)).error().code,
            errc::cancelled);
  put(go.path(), "\n");
  auto end = receive<process_finished>(std::move(first)).value();
  EXPECT_EQ(end.output, "whole\n");
  EXPECT_FALSE(end.stopped);
}

TEST_F(ProcessRunner, IgnoresAStopOfWhatDoesNotRun) {
  EXPECT_TRUE(ask<void>(runner, stop_process{"other", 1s}));
}

TEST_F(ProcessRunner, DrainsByStoppingWhatRunsAndStartingNothing) {
  auto ready = fifo{directory / "ready"};
  auto pending = begin(shell("echo > ready; exec sleep 1000"));
  ready.next_line();
  ASSERT_TRUE(ask<void>(runner, drain_processes{60s}));
  EXPECT_TRUE(receive<process_finished>(std::move(pending)).value().stopped);
  EXPECT_EQ(run(shell("true")).error().code, errc::cancelled);
}

TEST_F(ProcessRunner, StopsWhatRunsWhenItEnds) {
  auto ready = fifo{directory / "ready"};
  auto pending = begin(shell("echo > ready; exec sleep 1000 > ready"));
  ready.next_line();
  caf::anon_send_exit(runner, caf::exit_reason::user_shutdown);
  EXPECT_EQ(receive<process_finished>(std::move(pending)).error().code,
            errc::unavailable);
  ready.wait_for_end();
}

/// Two services with the same run files: an earlier instance and this one.
class ProcessRunnerAfterAnother : public ProcessRunner {
protected:
  ~ProcessRunnerAfterAnother() override {
    caf::anon_send_exit(earlier, caf::exit_reason::user_shutdown);
  }

  start_process recorded(const std::string& script) {
    auto request = shell(script);
    request.output_file = directory / ".cts" / "run.out";
    return request;
  }

  terraform::run_records records() {
    return terraform::decode_run_records(
      bytes_of(directory / ".cts" / "run.json"));
  }

  process_runner_actor earlier = make_process_runner(self.ptr(), io.context());
};

TEST_F(ProcessRunnerAfterAnother, RemembersHowProcessesEnded) {
  ASSERT_TRUE(run(recorded("exit 1")));
  auto killed = recorded("kill -9 $$");
  killed.job = "job-1";
  ASSERT_TRUE(run(killed));
  auto all = records();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].command, "/bin/sh -c exit 1");
  EXPECT_EQ(all[0].host, host_name());
  EXPECT_EQ(all[0].boot_id, boot_id());
  EXPECT_FALSE(all[0].killed);
  EXPECT_TRUE(all[1].killed);
  EXPECT_EQ(all[0].job, "");
  EXPECT_EQ(all[1].job, "job-1");
  EXPECT_GE(all[1].ended.value(), all[0].started);
}

TEST_F(ProcessRunnerAfterAnother, WaitsForTheProcessOfAnEarlierInstance) {
  auto ready = fifo{directory / "ready"};
  auto go = fifo{directory / "go"};
  caf::anon_send(earlier,
                 recorded("echo > ready; read x < go; echo first >> log"));
  ready.next_line();
  auto second = begin(recorded("echo second >> log"));
  auto other = shell("echo other >> log");
  other.key = "other";
  ASSERT_TRUE(run(other));
  EXPECT_EQ(bytes_of(directory / "log"), "other\n");
  put(go.path(), "\n");
  ASSERT_TRUE(receive<process_finished>(std::move(second)));
  EXPECT_EQ(bytes_of(directory / "log"), "other\nfirst\nsecond\n");
}

TEST_F(ProcessRunnerAfterAnother, CanBeStoppedWhileItWaits) {
  auto ready = fifo{directory / "ready"};
  auto first = self->request(earlier, patience,
                             recorded("echo > ready; exec sleep 1000"));
  ready.next_line();
  auto second = begin(recorded("true"));
  ASSERT_TRUE(ask<void>(runner, stop_process{"key", 1s}));
  EXPECT_EQ(receive<process_finished>(std::move(second)).error().code,
            errc::cancelled);
  ASSERT_TRUE(ask<void>(earlier, stop_process{"key", 60s}));
  EXPECT_TRUE(receive<process_finished>(std::move(first)).value().stopped);
}

TEST_F(ProcessRunnerAfterAnother, DoesNotCountTheTimeThatItWaits) {
  auto ready = fifo{directory / "ready"};
  auto go = fifo{directory / "go"};
  caf::anon_send(earlier, recorded("echo > ready; read x < go"));
  ready.next_line();
  auto request = recorded("true");
  request.timeout = 50ms;
  auto second = begin(request);
  // Begins later and may run for longer, so its time is over later.
  auto other = shell("exec sleep 1000");
  other.key = "other";
  other.timeout = 100ms;
  EXPECT_TRUE(run(other).value().timed_out);
  put(go.path(), "\n");
  // It was started, in whatever time it ended.
  EXPECT_TRUE(receive<process_finished>(std::move(second)));
}

TEST_F(ProcessRunnerAfterAnother, IsNotMisledByAnotherProcessWithTheSameId) {
  auto record = terraform::run_record{.process_id = ::getpid(),
                                      .process_start = 1,
                                      .boot_id = boot_id(),
                                      .host = host_name()};
  put(directory / ".cts" / "run.json", terraform::encode_run_records({record}));
  EXPECT_EQ(run(recorded("true")).value().exit_code, 0);
}

TEST_F(ProcessRunner, TellsWhenNothingOfARunIsLeft) {
  auto ready = fifo{directory / "ready"};
  auto request = shell("trap 'exit 5' INT; echo up > " + ready.path()
                       + "; while :; do sleep 0.1; done");
  request.job = "run-1";
  auto pending = begin(request);
  ready.next_line();
  EXPECT_TRUE(ask<void>(runner, end_job{"run-1"}));
  auto told = false;
  pending.receive(
    [&](const process_finished& x) {
      told = true;
      EXPECT_EQ(x.exit_code, 5);
      EXPECT_TRUE(x.stopped);
    },
    [](const caf::error& x) { FAIL() << caf::to_string(x); });
  EXPECT_TRUE(told);
}

TEST_F(ProcessRunner, StartsNothingOfARunThatIsOver) {
  EXPECT_TRUE(ask<void>(runner, end_job{"run-1"}));
  auto request = shell("true");
  request.job = "run-1";
  auto end = run(request);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, errc::cancelled);
  request.job = "run-2";
  EXPECT_TRUE(run(request));
}

} // namespace
} // namespace cts

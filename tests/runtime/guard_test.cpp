#include "runtime/boot_clock.hpp"
#include "runtime/process_identity.hpp"
#include "tests/runtime/guard_fixture.hpp"
#include "tests/support/fifo.hpp"

#include <signal.h>

#include <algorithm>

namespace cts {
namespace {

using namespace std::chrono_literals;
using ha::witness::purpose;

/// Whether nothing of the program is left, however it hides.
bool is_gone(const std::string& id) {
  return !process_start(std::stoll(id));
}

TEST_F(Guard, RunsProcessesAndTellsHowTheyEnded) {
  auto end = run(shell("echo out; echo err >&2; exit 3")).value();
  EXPECT_EQ(end.exit_code, 3);
  EXPECT_EQ(end.output, "out\n");
  EXPECT_EQ(end.error_output, "err\n");
  EXPECT_GT(end.memory_peak, 0u);
  EXPECT_FALSE(end.stopped);
}

TEST_F(Guard, SaysWhatCannotBeStarted) {
  auto missing = shell("");
  missing.argv = {"/nonexistent/terraform"};
  auto end = run(missing);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, errc::not_found);
  EXPECT_EQ(end.error().message,
            "fork/exec /nonexistent/terraform: no such file or directory");
}

TEST_F(Guard, StartsNothingFencedWithoutALease) {
  auto fenced = shell("true");
  fenced.fenced = true;
  auto end = run(fenced);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, errc::conflict);
}

TEST_F(Guard, StopsGently) {
  auto ready = fifo{directory / "ready"};
  auto pending = begin(
    shell("trap 'echo saved; exit 1' INT; echo > ready; while :; do sleep 0.1;"
          " done"));
  ready.next_line();
  ASSERT_TRUE(ask<void>(runner, stop_process{"key", 60s}));
  auto end = receive<process_finished>(std::move(pending)).value();
  EXPECT_EQ(end.output, "saved\n");
  EXPECT_TRUE(end.stopped);
}

TEST_F(Guard, KillsWhatAProgramLeavesBehind) {
  // In a session of its own it escapes the program's group.
  auto end = run(shell("setsid sleep 1000 & echo $!"));
  EXPECT_TRUE(is_gone(end.value().output));
}

TEST_F(Guard, HasTheShimEndWhatHasNoLease) {
  lease_for(4s);
  auto fenced = shell("exec sleep 1000");
  fenced.fenced = true;
  auto end = run(fenced).value();
  EXPECT_EQ(end.signal, SIGINT);
  EXPECT_TRUE(end.lease_over);
}

TEST_F(Guard, ExtendsTheLeaseOfWhatRuns) {
  auto ready = fifo{directory / "ready"};
  auto go = fifo{directory / "go"};
  lease_for(6s);
  auto fenced = shell("echo > ready; read x < go");
  fenced.fenced = true;
  auto pending = begin(fenced);
  ready.next_line();
  lease_for(1h);
  // What had less than five seconds was interrupted before this one began.
  auto deadline = boot_now() + 1500ms;
  auto other = shell("sleep 1.6");
  other.key = "other";
  ASSERT_TRUE(run(other));
  ASSERT_GT(boot_now(), deadline);
  put(go.path(), "\n");
  EXPECT_FALSE(receive<process_finished>(std::move(pending)).value().stopped);
}

TEST_F(Guard, OutlivesItsWitness) {
  auto ready = fifo{directory / "ready"};
  auto pending = begin(
    shell("trap 'echo interrupted > log; exit' INT; echo > ready; while :; do "
          "sleep 0.1; done"));
  ready.next_line();
  ::kill(witness, SIGKILL);
  auto end = receive<process_finished>(std::move(pending)).value();
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_TRUE(end.stopped);
  EXPECT_EQ(bytes_of(directory / "log"), "interrupted\n");
  EXPECT_EQ(run(shell("echo again")).value().output, "again\n");
}

// A worker whose beats are not answered puts another one in its place.
TEST_F(Guard, IsReplacedIfItHangs) {
  auto ready = fifo{directory / "ready"};
  auto pending = begin(shell("echo > ready; exec sleep 1000"));
  ready.next_line();
  ::kill(witness, SIGSTOP);
  for (auto i = 0; i < 60; ++i)
    guard->post_beat();
  auto end = receive<process_finished>(std::move(pending)).value();
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_EQ(run(shell("echo again")).value().output, "again\n");
}

TEST_F(Guard, StaysAsLongAsItAnswers) {
  auto end = begin(shell("sleep 0.2"));
  for (auto i = 0; i < 60; ++i) {
    guard->post_beat();
    ASSERT_TRUE(run(shell("true")));
  }
  EXPECT_TRUE(process_start(witness));
  EXPECT_EQ(receive<process_finished>(std::move(end)).value().exit_code, 0);
}

TEST_F(Guard, ReportsWhatRanUnderADeadShim) {
  auto ready = fifo{directory / "ready"};
  auto pending = begin(shell("setsid sleep 1000 & echo $! $PPID $$ > ready;"
                             " exec sleep 1000"));
  auto ids = std::istringstream{ready.next_line()};
  auto escaped = std::string{};
  auto shim = std::string{};
  auto began = std::string{};
  ids >> escaped >> shim >> began;
  // The witness knows of the first one when it serves the second one.
  auto other = shell("true");
  other.key = "other";
  ASSERT_TRUE(run(other));
  ::kill(std::stoi(shim), SIGKILL);
  auto end = receive<process_finished>(std::move(pending)).value();
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_TRUE(is_gone(began));
  EXPECT_TRUE(is_gone(escaped));
}

// The lease bounds a program even if nobody looks after it any more.
TEST_F(Guard, KillsAFrozenShimAtTheEndOfTheLease) {
  auto ready = fifo{directory / "ready"};
  lease_for(6s);
  auto fenced = shell("trap '' INT; echo $PPID $$ > ready; exec sleep 1000");
  fenced.fenced = true;
  auto pending = begin(fenced);
  auto ids = std::istringstream{ready.next_line()};
  auto shim = 0;
  auto began = std::string{};
  ids >> shim >> began;
  auto other = shell("true");
  other.key = "other";
  ASSERT_TRUE(run(other));
  ::kill(shim, SIGSTOP);
  EXPECT_EQ(receive<process_finished>(std::move(pending)).value().signal,
            SIGKILL);
  EXPECT_TRUE(is_gone(began));
}

TEST_F(Guard, KillsAFrozenShimOfADeadWitness) {
  auto ready = fifo{directory / "ready"};
  lease_for(4s);
  auto pending = begin(shell("echo $PPID $$ > ready; exec sleep 1000"));
  auto ids = std::istringstream{ready.next_line()};
  auto shim = 0;
  auto began = std::string{};
  ids >> shim >> began;
  ::kill(shim, SIGSTOP);
  ::kill(witness, SIGKILL);
  auto end = receive<process_finished>(std::move(pending)).value();
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_TRUE(is_gone(began));
  EXPECT_EQ(run(shell("echo again")).value().output, "again\n");
}

TEST_F(Guard, CarriesOutTheWillOfADeadWorker) {
  auto ready = fifo{directory / "ready"};
  auto alive = fifo{directory / "alive"};
  bequeath("session", purpose::farewell);
  bequeath("inflight/web", purpose::acknowledge, "web");
  bequeath("leader", purpose::release);
  [[maybe_unused]] auto pending
    = begin(shell("exec 3> alive; trap 'exec 3>&-; exit' INT; echo > ready; "
                  "while :; do sleep 0.1; done"));
  ready.next_line();
  die();
  EXPECT_EQ(next_request(), "PUT /v1/leader");
  alive.wait_for_end();
  EXPECT_EQ(next_request(), "PUT /v1/inflight/web");
  EXPECT_EQ(next_request(), "PUT /v1/session");
  // It ends when nothing is left to do.
  EXPECT_TRUE(witness_ends());
}

TEST_F(Guard, StartsNoRunThatItHasGivenUp) {
  guard->post_bye();
  caf::anon_send_exit(runner, caf::exit_reason::user_shutdown);
  stall_timeout = 100ms;
  hire();
  bequeath("inflight/web", purpose::acknowledge, "web");
  bequeath("leader", purpose::release);
  EXPECT_EQ(next_request(), "PUT /v1/leader");
  EXPECT_EQ(next_request(), "PUT /v1/inflight/web");
  // The worker was silent; now it wakes up, with a lease that it just got.
  guard->post_withdraw("leader");
  lease_for(1h);
  auto fenced = shell("true");
  fenced.fenced = true;
  auto end = run(fenced);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, errc::conflict);
  auto other = fenced;
  other.task = "db";
  EXPECT_TRUE(run(other));
  // Its end is told; then the next run of the task may start.
  guard->post_withdraw("inflight/web");
  EXPECT_TRUE(run(fenced));
}

// It waits for the answer of what it has asked, and asks again.
TEST_F(Guard, RemembersWhatItAskedWhenTheWorkerWakesUp) {
  guard->post_bye();
  caf::anon_send_exit(runner, caf::exit_reason::user_shutdown);
  stall_timeout = 100ms;
  hire();
  failures = 1;
  have_consul_answer(false);
  bequeath("leader", purpose::release);
  EXPECT_EQ(next_request(), "PUT /v1/leader");
  guard->post_withdraw("nothing"); // a sign of life
  EXPECT_TRUE(run(shell("true")));
  have_consul_answer(true);
  die();
  EXPECT_EQ(next_request(), "PUT /v1/leader");
  EXPECT_TRUE(witness_ends());
}

TEST_F(Guard, AsksAgainWhatConsulCouldNotDo) {
  failures = 2;
  bequeath("leader", purpose::release);
  bequeath("session", purpose::farewell);
  ASSERT_TRUE(run(shell("true"))); // now it knows the will
  die();
  for (auto i = 0; i < 3; ++i)
    EXPECT_EQ(next_request(), "PUT /v1/leader");
  EXPECT_EQ(next_request(), "PUT /v1/session");
  EXPECT_TRUE(witness_ends());
}

// The worker died before it knew whether its run was on record.
TEST_F(Guard, LooksForTheRecordOfARunThatWasAboutToStart) {
  body = R"([{"Key":"k","Value":"b3Vycw==","Flags":0,"LockIndex":0,)"
         R"("CreateIndex":70,"ModifyIndex":71}])";
  guard->post_bequeath(
    {.name = "inflight/web",
     .purpose = purpose::resolve,
     .task = "web",
     .request
     = {.method = "PUT", .path = "/v1/txn", .body = R"([{"KV":{"Index":0}}])"},
     .record = {.path = "/v1/kv/k"},
     .text = "ours"});
  ASSERT_TRUE(run(shell("true"))); // now it knows all this
  die();
  EXPECT_EQ(next_request(), "GET /v1/kv/k");
  EXPECT_EQ(next_request(), "PUT /v1/txn");
  EXPECT_TRUE(witness_ends());
}

TEST_F(Guard, DoesNothingForAWorkerThatTookLeave) {
  bequeath("leader", purpose::release);
  guard->post_bye();
  EXPECT_TRUE(witness_ends());
  guard.reset();
  EXPECT_TRUE(asked.empty());
}

TEST_F(Guard, TellsNobodyItsSecrets) {
  ASSERT_TRUE(run(shell("true")));
  auto process = "/proc/" + std::to_string(witness);
  for (const auto* where : {"/cmdline", "/environ"})
    EXPECT_EQ(bytes_of(process + where).find("secret"), std::string::npos);
}

} // namespace
} // namespace cts

#include "tests/end_to_end/cluster.hpp"
#include "tests/failover/processes.hpp"
#include "tests/support/repeats.hpp"

#include <algorithm>
#include <csignal>
#include <iostream>
#include <random>

// Processes of an instance that are killed or stopped: what must never happen
// is tried. A script stands in for Terraform.
namespace cts::test {
namespace {

using namespace std::chrono_literals;

constexpr auto short_lease = "    failover {\n      lease = \"20s\"\n    }\n";

class Faults : public Cluster {
protected:
  void boot_with(const std::string& tasks, const std::string& ha = {}) {
    start_consul();
    use_script();
    leader = boot_three(tasks, ha);
    expect_line(leader, "ctrl: attempted to run all tasks once");
  }

  /// Has the task `a` at work, which does not end by itself.
  void begin_work() {
    auto since = now();
    hold("a");
    consul->register_service("a", "a-0");
    await_start(leader, "a", since);
  }

  pid_t only_one(const std::string& name) {
    auto all = processes_of(leader, name);
    EXPECT_EQ(all.size(), 1u) << name;
    return all.empty() ? -1 : all.front();
  }

  /// The task is at work once more, and nobody else has taken the lock.
  void expect_another_run_here(std::int64_t since) {
    await_start(leader, "a", since);
    EXPECT_EQ(epoch(), first);
    release("a");
    consul->register_service("a", "a-1");
    await_applied(leader, "a", "a-1");
    expect_no_overlap();
  }

  std::string leader{};
  std::uint64_t first = 0;
};

// -- in order
// ------------------------------------------------------------------

TEST_F(Faults, OfNobodyLetARunEndWhileTheOthersMove) {
  boot_with(task("a") + task("idle"));
  begin_work();
  first = epoch();
  auto former = leader;
  auto told = now();
  daemon(former).send_signal(SIGTERM);
  leader = await_leader(first);
  await_start(leader, "idle", told);
  EXPECT_EQ(processes_of(former, "terraform").size(), 1u);
  release("a");
  await_start(leader, "a", told);
  expect_exit(former, 0);
  expect_no_overlap();
  // It was not interrupted.
  auto ended = [&](const auto& x) {
    return x.instance == former && x.task == "a" && x.what == "end"
           && x.at > told;
  };
  EXPECT_TRUE(std::ranges::any_of(work(), ended));
}

TEST_F(Faults, OfPatienceHandAnInterruptedRunOver) {
  boot_with(task("a"));
  begin_work();
  first = epoch();
  auto former = leader;
  daemon(former).send_signal(SIGTERM);
  leader = await_leader(first);
  auto told = now();
  daemon(former).send_signal(SIGTERM);
  auto again = await_start(leader, "a", told) - told;
  EXPECT_LT(std::chrono::nanoseconds{again}, 10s + 3s);
  EXPECT_TRUE(processes_of(former, "terraform").empty());
  release("a");
  expect_exit(former, 0);
  expect_no_overlap();
}

// -- one process after the other ----------------------------------------------

TEST_F(Faults, OfTheWitnessEndItsRunsAndNothingElse) {
  boot_with(task("a"));
  begin_work();
  first = epoch();
  auto witness = only_one("cts-guard");
  auto killed = now();
  ::kill(witness, SIGKILL);
  expect_line(leader, "ha: witness died");
  expect_another_run_here(killed);
  EXPECT_NE(only_one("cts-guard"), witness);
}

TEST_F(Faults, OfAShimEndItsRunAndNothingElse) {
  boot_with(task("a"));
  begin_work();
  first = epoch();
  auto witness = only_one("cts-guard");
  auto killed = now();
  ::kill(only_one("cts-shim"), SIGKILL);
  expect_another_run_here(killed);
  EXPECT_EQ(only_one("cts-guard"), witness);
}

// Nobody is left to tell that the run is over: others wait for its lease.
TEST_F(Faults, OfWitnessAndThenWorkerLeaveTheRunToItsLease) {
  boot_with(task("a") + task("idle"), short_lease);
  begin_work();
  first = epoch();
  auto former = leader;
  auto killed = now();
  ::kill(only_one("cts-guard"), SIGKILL);
  daemon(former).send_signal(SIGKILL);
  leader = await_leader(first);
  EXPECT_NE(leader, former);
  await_start(leader, "idle", killed);
  auto again
    = std::chrono::nanoseconds{await_start(leader, "a", killed) - killed};
  EXPECT_GT(again, 20s - 5s);
  EXPECT_LT(again, 20s + 5s);
  EXPECT_TRUE(processes_of(former).empty());
  release("a");
  expect_no_overlap();
}

// A shim that stands still cannot stop its run: the end of the lease does.
TEST_F(Faults, OfAShimThatStandsStillAndTheWorkerEndWithTheLease) {
  boot_with(task("a"), short_lease);
  begin_work();
  first = epoch();
  auto former = leader;
  ::kill(only_one("cts-shim"), SIGSTOP);
  auto killed = now();
  daemon(former).send_signal(SIGKILL);
  leader = await_leader(first);
  await_start(leader, "a", killed);
  EXPECT_TRUE(processes_of(former).empty());
  release("a");
  expect_no_overlap();
}

TEST_F(Faults, OfAWitnessThatStandsStillEndItsRunsAndNothingElse) {
  boot_with(task("a"), short_lease);
  begin_work();
  first = epoch();
  auto witness = only_one("cts-guard");
  auto stopped = now();
  ::kill(witness, SIGSTOP);
  expect_another_run_here(stopped);
  EXPECT_NE(only_one("cts-guard"), witness);
}

// -- at any moment ------------------------------------------------------------

/// Kills, and what came of them.
class AnyMoment : public Faults {
protected:
  /// A change was made this many questions to Consul ago, which is half a
  /// second at most.
  void wait_a_moment() {
    for (auto count = random() % 300; count > 0; --count)
      consul->ask("GET", "/v1/status/leader");
  }

  /// Kills a process of the leader, or one of Terraform's if there is one.
  /// True: it was the worker.
  bool kill_one() {
    constexpr auto names
      = std::array{"cts-guard", "cts-shim", "terraform", "", "", "", "", ""};
    const auto* name = names[random() % names.size()];
    auto some
      = *name == '\0' ? std::vector<pid_t>{} : processes_of(leader, name);
    if (some.empty())
      daemon(leader).send_signal(SIGKILL);
    else
      ::kill(some.front(), SIGKILL);
    ++kills[some.empty() ? "worker" : name];
    return some.empty();
  }

  void survive(int round) {
    auto former = leader;
    auto id = "a-" + std::to_string(round);
    first = epoch();
    consul->register_service("a", id);
    wait_a_moment();
    auto killed = now();
    auto moves = kill_one();
    if (moves)
      leader = await_leader(first);
    auto moved = now();
    await_applied(leader, "a", id);
    // A run of the dead one is over within 10 s, or, where its witness did not
    // hear of it in time, with its lease.
    auto took = std::chrono::nanoseconds{now() - killed};
    EXPECT_LT(took, 31s + 10s) << "round " << round;
    slow += took > 10s ? 1 : 0;
    if (moves) {
      EXPECT_NE(leader, former);
      locks.push_back((moved - killed) / 1'000'000);
      start(former);
      expect_line(former, "ha: following leader");
    }
    applied.push_back((now() - killed) / 1'000'000);
    // With the next one both of them would be dead, and the lease decide.
    await_work([&] { return processes_of(leader, "cts-guard").size() == 1; },
               "the leader has no witness");
    read_logs();
  }

  static std::string figures(std::vector<std::int64_t> x) {
    std::ranges::sort(x);
    if (x.empty())
      return "none";
    auto at = [&](std::size_t percent) {
      return std::to_string(x[(x.size() - 1) * percent / 100]);
    };
    return "median " + at(50) + ", p99 " + at(99) + ", max " + at(100) + " ms";
  }

  void report() {
    for (const auto& [name, count] : kills)
      std::cerr << "killed " << name << ": " << count << '\n';
    std::cerr << "lock moved: " << figures(locks)
              << "\nchange applied and everything in its place: "
              << figures(applied) << "\nlonger than 10 s: " << slow
              << "\nruns: " << starts_of("a") << '\n';
  }

  std::mt19937 random{4};
  std::map<std::string, int> kills{};
  int slow = 0;
  std::vector<std::int64_t> locks{};
  std::vector<std::int64_t> applied{};
};

TEST_F(AnyMoment, OfARunIsRightForAKill) {
  boot_with(task("a"));
  auto rounds = repeats(12);
  for (auto i = 0; i < rounds && !HasFailure(); ++i)
    survive(i);
  report();
  expect_no_overlap();
  // Nothing is left of all those runs.
  auto records = std::string{"/v1/kv/consul-terraform-sync/c/inflight/?keys"};
  auto left = [&] {
    return exchange("GET", "http://" + consul->address(0) + records).status
           != 404;
  };
  await_work([&] { return !left(); }, "records of runs are left");
  for (const auto* id : {"cts-1", "cts-2", "cts-3"})
    EXPECT_TRUE(processes_of(id).empty()) << id;
}

} // namespace
} // namespace cts::test

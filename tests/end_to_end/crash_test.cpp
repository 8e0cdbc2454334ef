#include "tests/end_to_end/cluster.hpp"
#include "tests/failover/processes.hpp"
#include "tests/support/repeats.hpp"

#include <csignal>

// Leaders that die or hang in the middle of an apply, and their witness, with a
// real Terraform that keeps its state in Consul: chapter high-availability, 7,
// checks 16 to 18.
namespace cts::test {
namespace {

using namespace std::chrono_literals;

/// What a busy machine may add to a limit of the chapter.
constexpr auto slack = 3s;

class Crashes : public Cluster {
protected:
  /// One task, whose work lasts until somebody ends it.
  void boot_at_work(const std::string& ha = {}) {
    leader = boot_three(task("a"), ha);
    hold("a");
    consul->register_service("a", "a-0");
    expect_line(leader, "tasksmanager: executing task: task_name=a");
    await_start(leader, "a", 0);
  }

  /// The leader, once an instance has begun the task anew.
  std::chrono::nanoseconds await_takeover(std::uint64_t former,
                                          std::int64_t since) {
    leader = await_leader(former);
    auto begun = await_start(leader, "a", since);
    return std::chrono::nanoseconds{begun - since};
  }

  /// The task's state is whole: a further run reads and replaces it.
  void expect_a_run_to_the_end() {
    release("a");
    consul->register_service("a", "a-last");
    await_applied(leader, "a", "a-last");
  }

  std::string leader{};
};

TEST_F(Crashes, InMidApplyLeaveNothingAndTheTaskRunsAgainSoon) { // 16
  start_consul();
  boot_at_work();
  auto rounds = repeats(2);
  auto slowest = std::chrono::nanoseconds{0};
  for (auto i = 0; i < rounds && !HasFailure(); ++i) {
    auto former = leader;
    auto first = epoch();
    auto killed = now();
    daemon(former).send_signal(SIGKILL);
    auto span = await_takeover(first, killed);
    EXPECT_NE(leader, former);
    EXPECT_LT(span, 10s + slack) << "round " << i;
    slowest = std::max(slowest, span);
    EXPECT_TRUE(processes_of(former).empty()) << "round " << i;
    start(former);
    expect_line(former, "ha: following leader");
    read_logs();
  }
  expect_a_run_to_the_end();
  expect_no_overlap();
  RecordProperty("slowest_milliseconds",
                 static_cast<int>(slowest.count() / 1'000'000));
}

TEST_F(Crashes, OfAWorkerThatIsStoppedEndItsRunAndItComesBack) { // 17
  start_consul();
  boot_at_work();
  auto former = leader;
  auto first = epoch();
  auto stopped = now();
  daemon(former).send_signal(SIGSTOP);
  leader = await_leader(first);
  EXPECT_LT(std::chrono::nanoseconds{now() - stopped}, 5500ms + slack);
  EXPECT_LT(await_takeover(first, stopped), 15s + slack);
  EXPECT_TRUE(processes_of(former).empty());
  daemon(former).send_signal(SIGCONT);
  expect_line(former, "ha: worker hangs, giving its leadership and runs up");
  expect_line(former, "ha: lost leadership lock: id=" + former);
  expect_line(former, "ha: following leader");
  expect_a_run_to_the_end();
  expect_no_overlap();
}

// The session has to end by itself, and the lease.
TEST_F(Crashes, OfEverythingAtOnceOverlapForMomentsOnly) { // 18
  start_consul({.servers = 1, .configuration = "session_ttl_min = \"2s\"\n"});
  boot_at_work("    storage \"consul\" {\n      session_ttl = \"2s\"\n    }\n"
               "    failover {\n      lease = \"20s\"\n    }\n");
  auto former = leader;
  auto first = epoch();
  auto frozen = failover::descendants(daemon(former).process());
  frozen.push_back(daemon(former).process());
  auto stopped = now();
  for (auto pid : frozen)
    ::kill(pid, SIGSTOP);
  leader = await_leader(first);
  // A process that is frozen keeps its lock on the file.
  std::filesystem::remove(folder.path() / "a.lock");
  // Their lease is at most five seconds old when they are frozen.
  EXPECT_GT(await_takeover(first, stopped), 20s - 5s);
  EXPECT_FALSE(processes_of(former).empty());
  auto woken = std::chrono::steady_clock::now();
  for (auto pid : frozen)
    ::kill(pid, SIGCONT);
  while (!processes_of(former).empty()
         && std::chrono::steady_clock::now() - woken < 5s)
    continue;
  EXPECT_LT(std::chrono::steady_clock::now() - woken, 50ms);
  expect_line(former, "ha: following leader");
  expect_a_run_to_the_end();
}

} // namespace
} // namespace cts::test

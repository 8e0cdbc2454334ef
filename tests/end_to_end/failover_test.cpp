#include "tests/end_to_end/cluster.hpp"
#include "tests/support/repeats.hpp"

#include <boost/json/parse.hpp>

#include <iostream>
#include <random>

// Forced failovers of real instances with a script in place of Terraform:
// chapter high-availability, 7.
namespace cts::test {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr auto lock_key = "consul-terraform-sync/c/leader";
constexpr auto attempted = "ctrl: attempted to run all tasks once";
const auto ids = std::vector<std::string>{"cts-1", "cts-2", "cts-3"};

int count(const std::string& text, const std::string& what) {
  auto found = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1))
    ++found;
  return found;
}

class Failovers : public Cluster {
protected:
  void boot_all(const std::string& tasks) {
    start_consul();
    use_script();
    leader = boot_three(tasks);
  }

  void destroy_session() {
    const auto found
      = json::parse(consul->ask("GET", std::string{"/v1/kv/"} + lock_key));
    auto session = std::string{found.at(0).at("Session").as_string()};
    consul->ask("PUT", "/v1/session/destroy/" + session);
  }

  void step_down_to_another() {
    auto begun = std::chrono::steady_clock::now();
    auto former = leader;
    leader = step_down(former);
    EXPECT_NE(leader, former);
    // Where all have stepped down lately, they give each other two seconds;
    // two more are for a machine that has much else to do.
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s) << last_logs();
  }

  /// Waits until the leader, under its present epoch, has Terraform at work.
  void await_run() {
    expect_line(leader, "ha: acquired leadership lock: id=" + leader
                          + " epoch=" + std::to_string(epoch()) + " ");
    expect_line(leader, "tasksmanager: executing task: task_name=");
  }

  /// What the instances logged last.
  std::string last_logs() {
    constexpr auto length = std::size_t{8000};
    read_logs();
    auto out = std::string{};
    for (const auto& id : ids) {
      const auto& text = daemon(id).standard_error();
      out += "\n" + id + ":\n"
             + text.substr(text.size() - std::min(text.size(), length));
    }
    return out;
  }

  /// By one of the ways in which the lock can be taken from a leader.
  void force(int way) {
    auto former = epoch();
    if (way == 0) {
      step_down_to_another(); // 37
    } else {
      if (way == 1)
        destroy_session();
      else
        consul->ask("DELETE", std::string{"/v1/kv/"} + lock_key);
      leader = await_leader(former);
    }
    EXPECT_EQ(epoch(), former + 1);
  }

  /// How many instances say that they won this election.
  int winners(std::uint64_t epoch) {
    auto out = 0;
    for (const auto& id : ids)
      out += count(daemon(id).standard_error(),
                   "ha: acquired leadership lock: id=" + id
                     + " epoch=" + std::to_string(epoch) + " ");
    return out;
  }

  std::string leader{};
};

TEST_F(Failovers, HaveOneWinnerEachAndNoRunMeetsAnother) { // 15
  boot_all(task("a") + task("b"));
  auto first = epoch();
  auto rounds = repeats(30);
  for (auto i = 0; i < rounds && !HasFailure(); ++i) {
    if (i % 2 == 0)
      await_run();
    force(i % 3);
    read_logs();
  }
  await_run();
  const auto last = epoch();
  EXPECT_EQ(last, first + static_cast<std::uint64_t>(rounds));
  for (auto x = first; x <= last; ++x)
    EXPECT_EQ(winners(x), 1) << "epoch " << x;
  expect_no_overlap();
  EXPECT_GE(starts_of("a") + starts_of("b"), rounds / 4);
}

TEST_F(Failovers, ApplyAChangeOfAnyMoment) { // 31
  boot_all(task("a"));
  auto random = std::mt19937{31};
  auto rounds = repeats(8);
  for (auto i = 0; i < rounds && !HasFailure(); ++i) {
    auto former = epoch();
    auto change = [&] {
      for (auto pause = random() % 100; pause > 0; --pause)
        consul->ask("GET", "/v1/status/leader");
      consul->register_service("a", "a-" + std::to_string(i));
    };
    auto is_before = i % 2 == 0;
    if (is_before)
      consul->register_service("a", "a-" + std::to_string(i));
    EXPECT_EQ(api(leader, "POST", "/v1/cluster/step-down").status / 100, 2);
    if (!is_before)
      change();
    leader = await_leader(former);
    await_applied(leader, "a", "a-" + std::to_string(i));
    read_logs();
  }
  expect_no_overlap();
}

TEST_F(Failovers, RunScheduledTasksOnceThenAtTheirTimesAndDisabledNever) { // 33
  auto conditional = task("s");
  auto from = conditional.find("  condition \"services\"");
  auto to = conditional.find("  buffer_period");
  conditional.replace(from, to - from,
                      "  condition \"schedule\" {\n    cron = \"*/3 * * * * * "
                      "*\"\n  }\n  module_input \"services\" {\n    names = "
                      "[\"s\"]\n  }\n  always_apply = true\n");
  boot_all(conditional + task("d", 0, "  enabled = false\n"));
  expect_line(leader, attempted);
  leader = step_down(leader);
  expect_line(leader, attempted);
  auto begun = std::vector<std::int64_t>{};
  while (begun.size() < 4 && !HasFailure()) {
    expect_line(leader, "tasksmanager: task completed: task_name=s");
    begun.clear();
    for (const auto& x : work())
      if (x.instance == leader && x.what == "start")
        begun.push_back(x.at);
  }
  ASSERT_GE(begun.size(), 4u);
  constexpr auto period = std::int64_t{3'000'000'000};
  auto ticks = begun.back() / period - begun.front() / period;
  EXPECT_EQ(static_cast<std::int64_t>(begun.size()) - 1, ticks);
  EXPECT_EQ(starts_of("d"), 0);
}

/// Each instance asks a server of Consul of its own, which stands for its host.
class HostCut : public Failovers {
protected:
  void boot_on_three_hosts(const std::string& tasks) {
    start_consul({.servers = 3});
    use_script();
    auto led = consul->leader();
    for (auto i = 1; i <= 3; ++i) {
      server = (led + i) % 3;
      auto id = "cts-" + std::to_string(i);
      hosts[id] = server;
      boot(id, tasks, "    failover {\n      lease = \"20s\"\n    }\n");
      if (i == 1)
        leader = await_leader();
      else
        expect_line(id, "ha: following leader");
    }
  }

  static std::string record_of(const std::string& task) {
    return "consul-terraform-sync/c/inflight/" + task;
  }

  /// Waits until no run of a task is on record: the next leader would wait for
  /// its lease.
  void await_rest(const std::string& task) {
    auto key = record_of(task);
    auto seen = consul->key(key);
    for (auto i = 0; i < 60 && seen.value; ++i)
      seen = consul->key(key, seen.index, "1s");
    EXPECT_FALSE(seen.value) << *seen.value;
  }

  /// When an instance began its first run of a task, after it was cut off.
  std::chrono::nanoseconds begun_after(std::int64_t since,
                                       const std::string& id,
                                       const std::string& task) {
    for (const auto& x : work())
      if (x.instance == id && x.task == task && x.what == "start")
        return std::chrono::nanoseconds{x.at - since};
    return std::chrono::nanoseconds{0};
  }

  std::map<std::string, int> hosts{};
};

TEST_F(HostCut, MovesIdleTasksSoonAndRunningOnesAfterTheirLease) { // 19
  boot_on_three_hosts(task("idle") + task("busy"));
  expect_line(leader, attempted);
  hold("busy");
  auto since = now();
  consul->register_service("busy", "busy-1");
  await_start(leader, "busy", since);
  await_rest("idle");
  EXPECT_TRUE(consul->key(record_of("busy")).value);
  auto first = epoch();
  auto former = leader;
  auto cut = now();
  consul->pause(hosts[former]);
  leader = await_leader(first);
  auto moved = std::chrono::nanoseconds{now() - cut};
  std::filesystem::remove(folder.path() / "busy.hold");
  expect_line(leader, "ha: task waits for a run of a former leader: "
                      "task_name=busy owner="
                        + former);
  await_applied(leader, "idle", "");
  expect_line(leader, "tasksmanager: task completed: task_name=busy");
  // Consul's gossip on a machine that has much else to do takes longer.
  EXPECT_LT(moved, 8s + 3s) << last_logs();
  auto idle = begun_after(cut, leader, "idle");
  EXPECT_LT(idle - moved, 2s) << last_logs();
  // The lease is at most five seconds old when the host is cut off.
  auto busy = begun_after(cut, leader, "busy");
  EXPECT_GT(busy, 20s - 5s);
  EXPECT_LT(busy, 32s);
  expect_no_overlap();
  std::cerr << "lock moved after " << moved.count() / 1'000'000
            << " ms, idle task began " << (idle - moved).count() / 1'000'000
            << " ms later\n";
  consul->resume(hosts[former]);
  expect_line(former, "ha: lost leadership lock: id=" + former);
}

// Its agent takes its checks along, so the session may end, but once.
TEST_F(HostCut, OfAMomentByItsAgentMovesTheLockOnceAtMost) {
  boot_on_three_hosts(task("a"));
  expect_line(leader, attempted);
  auto first = epoch();
  consul->kill(hosts[leader]);
  consul->restart(hosts[leader]);
  // Until it listens the connection is refused.
  auto host = "http://" + consul->address(hosts[leader]) + "/v1/status/leader";
  auto limit = std::chrono::steady_clock::now() + 30s;
  while (exchange("GET", host).body.size() < 5
         && std::chrono::steady_clock::now() < limit)
    read_logs();
  consul->register_service("a", "a-1");
  auto applied = [&] {
    for (const auto& id : ids)
      if (folder.read(id + "/sync-tasks/a/terraform.tfvars").find("a-1")
          != std::string::npos)
        return true;
    return false;
  };
  await_work(applied, "the change is not applied");
  EXPECT_LE(epoch(), first + 1);
  expect_no_overlap();
}

TEST_F(HostCut, ByTheLeaveOfItsAgentMovesTheLockAtOnce) {
  boot_on_three_hosts(task("a"));
  expect_line(leader, attempted);
  auto first = epoch();
  auto former = leader;
  auto host = "http://" + consul->address(hosts[former]);
  auto left = std::chrono::steady_clock::now();
  EXPECT_EQ(exchange("PUT", host + "/v1/agent/leave").status, 200);
  consul->kill(hosts[former]);
  leader = await_leader(first);
  EXPECT_NE(leader, former);
  // The servers wait for each other when one of them leaves.
  EXPECT_LT(std::chrono::steady_clock::now() - left, 8s + 3s);
  expect_line(former, "ha: lost leadership lock: id=" + former);
  expect_no_overlap();
}

} // namespace
} // namespace cts::test

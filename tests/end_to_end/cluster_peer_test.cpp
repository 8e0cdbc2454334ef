#include "tests/end_to_end/cluster.hpp"
#include "tests/support/real_program.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <fstream>

// The peer link, step-down and the cluster's commands on real instances:
// chapter high-availability, 4.5 D3, 5.6 and check 37.
namespace cts::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::vector<pid_t> children_of(pid_t parent) {
  auto out = std::vector<pid_t>{};
  auto of = std::to_string(parent);
  auto file = std::ifstream{"/proc/" + of + "/task/" + of + "/children"};
  for (auto child = pid_t{0}; file >> child;)
    out.push_back(child);
  return out;
}

void kill_below(pid_t parent) {
  for (auto child : children_of(parent)) {
    ::kill(child, SIGSTOP);
    kill_below(child);
    ::kill(child, SIGKILL);
  }
}

/// Two or more instances that reach each other on the loopback.
class ClusterPeers : public Cluster {
protected:
  /// Only a peer, or the end of the session after half a minute, tells of a
  /// leader's death.
  void boot_peer(const std::string& id) {
    configure(id, task("a"),
              "    failover {\n      process_check = false\n    }\n");
    auto text = folder.read(id + "/cts.hcl");
    auto address = "\"" + id + ".example.com\"";
    text.replace(text.find(address), address.size(), "\"127.0.0.1\"");
    folder.write(id + "/cts.hcl", text);
    start(id);
  }

  /// The process and all that it has started, at one moment: nobody is left to
  /// give the lock back.
  void kill_whole(const std::string& id) {
    auto process = daemon(id).process();
    ::kill(process, SIGSTOP);
    kill_below(process);
    ::kill(process, SIGKILL);
  }

  /// Runs a client command against the API of an instance.
  std::string run_client(std::vector<std::string> words,
                         const std::string& id) {
    words.push_back("-http-addr=http://127.0.0.1:"
                    + std::to_string(port_of(id)));
    auto client = child_daemon{
      {.program = CTS_BINARY_DIR "/cts", .arguments = std::move(words)}};
    auto code = client.wait_for_exit();
    EXPECT_EQ(code, 0) << client.standard_output() << client.standard_error();
    return client.standard_output();
  }
};

TEST_F(ClusterPeers, TakeOverAtOnceFromALeaderThatIsKilledWithItsWitness) {
  start_consul();
  boot_peer("cts-1");
  ASSERT_EQ(await_leader(), "cts-1");
  expect_line("cts-1", "ctrl: attempted to run all tasks once");
  boot_peer("cts-2");
  expect_line("cts-2", "ha: watching the leader over the peer link: "
                       "leader=cts-1");
  auto first = epoch();
  auto begin = std::chrono::steady_clock::now();
  kill_whole("cts-1");
  EXPECT_EQ(await_leader(first), "cts-2");
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
    std::chrono::steady_clock::now() - begin);
  RecordProperty("milliseconds", static_cast<int>(took.count()));
  // Generous for a busy machine; the session would live for half a minute.
  EXPECT_LT(took, 5s);
  expect_line("cts-2", "ha: the leader's process is dead: leader=cts-1 "
                       "evidence=");
  expect_line("cts-2",
              "ha: acquired leadership lock: id=cts-2 epoch=2 detector=peer");
  EXPECT_THAT(api("cts-2", "GET", "/v1/metrics").body,
              HasSubstr("cts_ha_failovers_total{detector=\"peer\"} 1"));
  expect_no_overlap();
}

TEST_F(ClusterPeers, LeaveALeaderAloneThatStandsStill) {
  start_consul();
  boot_peer("cts-1");
  ASSERT_EQ(await_leader(), "cts-1");
  boot_peer("cts-2");
  expect_line("cts-2", "ha: watching the leader over the peer link");
  auto before = epoch();
  ::kill(daemon("cts-1").process(), SIGSTOP);
  // The heartbeats fail to come; long before a witness would act.
  EXPECT_FALSE(daemon("cts-2").wait_for_line("ha: the leader's process is dead",
                                             std::chrono::seconds{3}));
  ::kill(daemon("cts-1").process(), SIGCONT);
  EXPECT_EQ(api("cts-1", "GET", "/v1/health").status, 200);
  EXPECT_EQ(epoch(), before);
}

TEST_F(ClusterPeers, MoveTheLockWithinASecondWhenTheLeaderIsToldTo) { // 37
  start_consul();
  for (const auto* id : {"cts-1", "cts-2", "cts-3"})
    boot_peer(id);
  auto first = await_leader();
  for (const auto* id : {"cts-1", "cts-2", "cts-3"})
    if (id != first)
      expect_line(id, "ha: following leader");
  expect_line(first, "ctrl: attempted to run all tasks once");
  auto was = epoch();
  auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(api(first, "POST", "/v1/cluster/step-down").status, 200);
  auto second = await_leader(was);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
  EXPECT_NE(second, first);
  expect_line(second, "ctrl: attempted to run all tasks once");
  // The first one rests, so the third one is next.
  was = epoch();
  EXPECT_EQ(api(second, "POST", "/v1/cluster/step-down").status, 200);
  auto third = await_leader(was);
  EXPECT_NE(third, first);
  EXPECT_NE(third, second);
  expect_no_overlap();
}

TEST_F(ClusterPeers, ShowTheirClusterAndStepDownAtACommand) {
  start_consul();
  boot_peer("cts-1");
  ASSERT_EQ(await_leader(), "cts-1");
  expect_line("cts-1", "ctrl: attempted to run all tasks once");
  boot_peer("cts-2");
  expect_line("cts-2", "ha: following leader");
  auto shown = run_client({"cluster", "status"}, "cts-2");
  EXPECT_THAT(shown, HasSubstr("==> Cluster 'c', epoch "));
  EXPECT_THAT(shown, HasSubstr("\n    cts-1  yes "));
  EXPECT_THAT(shown, HasSubstr("\n    cts-2  no "));
  EXPECT_THAT(run_client({"cluster", "status", "-json"}, "cts-1"),
              HasSubstr("\"cluster_name\":\"c\""));
  auto was = epoch();
  // The follower is asked; the command goes on to the leader.
  run_client({"cluster", "step-down"}, "cts-2");
  EXPECT_EQ(await_leader(was), "cts-2");
}

} // namespace
} // namespace cts::test

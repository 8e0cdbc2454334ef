#include "tests/end_to_end/cluster.hpp"
#include "tests/failover/processes.hpp"
#include "tests/support/repeats.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <csignal>

// Real instances on a real Consul: chapter high-availability, 7.
namespace cts::test {
namespace {

namespace json = boost::json;

/// The other two of `cts-1`, `cts-2`, `cts-3`.
std::vector<std::string> others(const std::string& id) {
  auto out = std::vector<std::string>{};
  for (const auto* x : {"cts-1", "cts-2", "cts-3"})
    if (x != id)
      out.emplace_back(x);
  return out;
}

int count_events(const std::string& body) {
  auto count = 0;
  for (auto at = body.find("\"success\""); at != body.npos;
       at = body.find("\"success\"", at + 1))
    ++count;
  return count;
}

class ThreeInstances : public Cluster {
protected:
  void boot_all(const std::string& tasks) {
    leader = boot_three(tasks);
    expect_line(leader, "ctrl: attempted to run all tasks once");
  }

  std::string leader{};
};

TEST_F(ThreeInstances, ElectOneLeaderAndTheOthersRedirectToIt) {
  start_consul();
  boot_all(task("a"));
  EXPECT_NE(daemon(leader).standard_error().find(
              "ha: acquired leadership lock: id=" + leader),
            std::string::npos);
  auto port = std::to_string(port_of(leader));
  for (const auto& id : others(leader)) {
    EXPECT_NE(daemon(id).standard_error().find("ha: following leader: id=" + id
                                               + " leader=" + leader),
              std::string::npos);
    for (const auto* target : {"/v1/status", "/v1/status/tasks",
                               "/v1/status/tasks/a", "/v1/tasks/a"}) {
      auto said = api(id, "GET", target);
      EXPECT_EQ(said.status, 400) << target;
      EXPECT_NE(said.body.find("redirect requests to leader '" + leader
                               + "' at " + leader + ".example.com:" + port),
                std::string::npos)
        << said.body;
    }
    EXPECT_EQ(api(id, "GET", "/v1/health").status, 200);
    auto status = api(id, "GET", "/v1/status/cluster");
    EXPECT_EQ(status.status, 200);
    const auto parsed = json::parse(status.body);
    const auto& members = parsed.at("members").as_array();
    ASSERT_EQ(members.size(), 3u) << status.body;
    for (const auto& x : members) {
      auto leads = x.at("id").as_string() == leader;
      EXPECT_EQ(x.at("leader").as_bool(), leads);
      EXPECT_EQ(x.as_object().contains("address"), leads);
      EXPECT_EQ(x.as_object().size(), leads ? 5u : 4u) << status.body;
    }
  }
  EXPECT_EQ(starts_of("a"), 1);
}

TEST_F(ThreeInstances, PassTheLockOnAtTheLeadersEndAndKeepTheEvents) {
  start_consul();
  boot_all(task("a"));
  auto first = epoch();
  daemon(leader).send_signal(SIGTERM);
  auto second = await_leader(first);
  EXPECT_NE(second, leader);
  expect_exit(leader, 0);
  EXPECT_NE(daemon(leader).standard_error().find(
              "ha: released leadership lock: id=" + leader + " epoch="),
            std::string::npos);
  expect_line(second, "ctrl: attempted to run all tasks once");
  auto said = api(second, "GET", "/v1/status/tasks/a?include=events");
  EXPECT_EQ(count_events(said.body), 2) << said.body;
  EXPECT_EQ(starts_of("a"), 2);
  expect_no_overlap();
}

TEST_F(ThreeInstances, ElectAgainWhenTheLockKeyIsDeleted) {
  start_consul();
  boot_all(task("a"));
  auto first = epoch();
  consul->ask("DELETE", "/v1/kv/consul-terraform-sync/c/leader");
  await_leader(first);
  expect_line(leader, "ha: lost leadership lock: id=" + leader);
  expect_no_overlap();
}

TEST_F(ThreeInstances, KeepTheLeaderWhenConsulsLeaderIsKilled) {
  start_consul({.servers = 3});
  auto id = std::string{"cts-1"};
  // Its own agent must live.
  server = (consul->leader() + 1) % 3;
  boot(id, task("a", 8));
  await_leader();
  consul->register_service("a", "a-1");
  expect_line(id, "tasksmanager: executing task: task_name=a");
  auto led = consul->leader();
  ASSERT_NE(led, server) << "Consul changed its leader by itself";
  consul->kill(led);
  expect_line(id, "tasksmanager: task completed: task_name=a");
  consul->leader();
  EXPECT_EQ(daemon(id).standard_error().find("ha: lost leadership"),
            std::string::npos)
    << daemon(id).standard_error();
  expect_no_overlap();
  // None was interrupted.
  auto lines = work();
  EXPECT_EQ(std::ranges::count(lines, "end", &work_line::what), starts_of("a"));
}

TEST_F(ThreeInstances, RunATaskForAChangeThatCameDuringTheFailover) {
  start_consul();
  boot_all(task("a"));
  auto first = epoch();
  daemon(leader).send_signal(SIGTERM);
  consul->register_service("a", "a-1");
  auto second = await_leader(first);
  auto folder_of_second = second + "/sync-tasks/a/terraform.tfvars";
  do
    expect_line(second, "tasksmanager: task completed: task_name=a");
  while (!HasFailure()
         && folder.read(folder_of_second).find("a-1") == std::string::npos);
  expect_no_overlap();
}

TEST_F(ThreeInstances, KeepTasksOfTheApiWhenAllOfThemAreKilled) {
  start_consul();
  boot_all(task("a"));
  folder.write("b.tfvars", "name = \"b\"\n");
  auto said = api(leader, "POST", "/v1/tasks", R"({"task": {
    "name": "b", "enabled": true, "module": "../work",
    "variables": {"name": "\"b\""},
    "condition": {"services": {"names": ["b"]}}}})");
  EXPECT_EQ(said.status, 201) << said.body;
  EXPECT_EQ(api(leader, "PATCH", "/v1/tasks/a", R"({"enabled": false})").status,
            200);
  auto first = epoch();
  for (const auto* id : {"cts-1", "cts-2", "cts-3"})
    daemon(id).send_signal(SIGKILL);
  for (const auto* id : {"cts-1", "cts-2", "cts-3"})
    start(id);
  auto second = await_leader(first);
  expect_line(second, "ctrl: attempted to run all tasks once");
  EXPECT_EQ(api(second, "GET", "/v1/tasks/b").status, 200);
  auto disabled = api(second, "GET", "/v1/tasks/a");
  EXPECT_NE(disabled.body.find("\"enabled\":false"), std::string::npos)
    << disabled.body;
}

TEST_F(ThreeInstances, LoseNoEventInARollingRestart) {
  start_consul();
  boot_all(task("a"));
  auto restarts = 0;
  for (const auto* id : {"cts-1", "cts-2", "cts-3"}) {
    auto former = epoch();
    auto leads = await_leader() == id;
    daemon(id).send_signal(SIGTERM);
    expect_exit(id, 0);
    if (leads) {
      ++restarts;
      leader = await_leader(former);
      EXPECT_EQ(epoch(), former + 1);
      expect_line(leader, "ctrl: attempted to run all tasks once");
    } else {
      EXPECT_EQ(epoch(), former);
    }
    start(id);
    expect_line(id, "ha: following leader");
  }
  auto said = api(leader, "GET", "/v1/status/tasks/a?include=events");
  EXPECT_EQ(count_events(said.body), 1 + restarts) << said.body;
}

TEST_F(Cluster, RunsNoOnceModeBesideALeader) {
  start_consul();
  boot("cts-1", task("a"));
  await_leader();
  configure("cts-2", task("a"));
  start("cts-2", {"-once"});
  expect_line("cts-2",
              "cannot run in once-mode: cluster 'c' is led by 'cts-1'");
  expect_exit("cts-2", 11);
}

TEST_F(Cluster, RunsOnceUnderTheLockAndGivesItBack) {
  start_consul();
  configure("cts-1", task("a"));
  start("cts-1", {"-once"});
  expect_exit("cts-1", 0);
  EXPECT_EQ(starts_of("a"), 1);
  EXPECT_FALSE(consul->key("consul-terraform-sync/c/leader").locked);
  EXPECT_FALSE(consul->key("consul-terraform-sync/c/state/1/tasks/a").value);
}

TEST_F(Cluster, KeepsTheStoredTasksAndSaysWhereTheConfigurationDiffers) {
  start_consul();
  boot("cts-1", task("a"));
  await_leader();
  expect_line("cts-1", "ctrl: attempted to run all tasks once");
  daemon("cts-1").send_signal(SIGTERM);
  expect_exit("cts-1", 0);
  auto changed = task("a", 0, "  description = \"other\"\n");
  boot("cts-1", changed);
  expect_line("cts-1", "ha: task configuration differs from stored state, "
                       "using stored state: task_name=a fields=");
  expect_line("cts-1", "ctrl: attempted to run all tasks once");
  EXPECT_EQ(api("cts-1", "GET", "/v1/tasks/a").body.find("other"),
            std::string::npos);
  daemon("cts-1").send_signal(SIGTERM);
  expect_exit("cts-1", 0);
  start("cts-1", {"-reset-storage"});
  expect_line("cts-1", "ha: -reset-storage is set, stored state of generation");
  expect_line("cts-1", "ctrl: attempted to run all tasks once");
  EXPECT_NE(api("cts-1", "GET", "/v1/tasks/a").body.find("other"),
            std::string::npos);
}

TEST_F(Cluster, TakesItsPlaceAtOnceWhenItIsRestartedAfterACrash) {
  start_consul();
  boot("cts-1", task("a"));
  await_leader();
  expect_line("cts-1", "ctrl: attempted to run all tasks once");
  auto first = epoch();
  daemon("cts-1").send_signal(SIGKILL);
  expect_exit("cts-1", 128 + SIGKILL);
  auto begin = std::chrono::steady_clock::now();
  start("cts-1");
  await_leader(first);
  // The session of the dead one would live for another half minute.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{15});
  expect_line("cts-1", "ctrl: attempted to run all tasks once");
}

TEST_F(Cluster, EndsIfItsIdIsUsedByALivingInstance) {
  start_consul({.servers = 1, .configuration = "session_ttl_min = \"2s\"\n"});
  const auto quick = std::string{"    storage \"consul\" {\n"
                                 "      session_ttl = \"2s\"\n    }\n"};
  boot("cts-1", task("a"), quick);
  await_leader();
  std::filesystem::create_directory(folder.path() / "twin");
  folder.write("twin/cts.hcl", folder.read("cts-1/cts.hcl"));
  start("twin");
  expect_line("twin",
              "instance id 'cts-1' is already used by a running instance");
  expect_exit("twin", 11);
}

// 29 and 40: all that runs of the leader is frozen, so that nobody notices.
TEST_F(Cluster, FailsOverByTheSessionsEndAlone) {
  const auto is_full = repeats(0) > 0;
  const auto ttl = std::chrono::milliseconds{is_full ? 15'000 : 2000};
  start_consul({.servers = 1, .configuration = "session_ttl_min = \"2s\"\n"});
  const auto quick
    = "    storage \"consul\" {\n      session_ttl = \""
      + std::to_string(ttl.count() / 1000)
      + "s\"\n    }\n    failover {\n      process_check = false\n"
        "      node_check = false\n      peer_link = false\n    }\n";
  boot("cts-1", task("a"), quick);
  await_leader();
  boot("cts-2", task("a"), quick);
  expect_line("cts-2", "ha: following leader");
  auto first = epoch();
  auto frozen = failover::descendants(daemon("cts-1").process());
  frozen.push_back(daemon("cts-1").process());
  auto begin = std::chrono::steady_clock::now();
  for (auto pid : frozen)
    ::kill(pid, SIGSTOP);
  EXPECT_EQ(await_leader(first), "cts-2");
  auto span = std::chrono::steady_clock::now() - begin;
  // It was renewed at most a third of the TTL before, or five seconds.
  EXPECT_GT(span, 2 * ttl - ttl / 3);
  // Two seconds are for a machine that has much else to do.
  EXPECT_LT(span, 2 * ttl + std::chrono::seconds{is_full ? 1 : 3});
}

TEST_F(Cluster, ShowsConsulsBoundsIfTheSessionTtlIsRefused) {
  start_consul();
  boot("cts-1", task("a"),
       "    storage \"consul\" {\n      session_ttl = \"9s\"\n    }\n");
  expect_line("cts-1", "must be between [10s=24h0m0s]");
  auto ended = daemon("cts-1").wait_for_exit();
  ASSERT_TRUE(ended);
  EXPECT_NE(*ended, 0);
}

TEST_F(Cluster, RefusesTheLocalBackend) {
  start_consul();
  boot("cts-1",
       task("a") + "driver \"terraform\" {\n  backend \"local\" {}\n}\n");
  expect_line("cts-1",
              "\"local\" Terraform backend is not supported with high");
  expect_exit("cts-1", 15);
}

TEST_F(Cluster, SaysThatTheModuleOfAStoredTaskIsMissingHere) {
  start_consul();
  boot("cts-1", task("a"));
  await_leader();
  expect_line("cts-1", "ctrl: attempted to run all tasks once");
  configure("cts-2", task("a"));
  std::filesystem::create_directory(folder.path() / "away");
  folder.write("away/a.tfvars", folder.read("a.tfvars"));
  folder.write("away/cts-2/cts.hcl", folder.read("cts-2/cts.hcl"));
  start("away/cts-2");
  expect_line("away/cts-2",
              "[ERROR] ha.compat: error=\"compatibility check failure: stat "
              "../work: no such file or directory\"");
}

} // namespace
} // namespace cts::test

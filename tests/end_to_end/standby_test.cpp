#include "tests/end_to_end/cluster.hpp"

#include <boost/json/parse.hpp>

#include <csignal>
#include <fstream>
#include <iterator>
#include <set>

// What instances never do: chapter high-availability, 7, checks 35 and 41.
namespace cts::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr auto attempted = "ctrl: attempted to run all tasks once";

class Standby : public Cluster {
protected:
  /// Sessions that were made to lock a state of Terraform.
  std::set<std::string> lock_sessions() {
    auto out = std::set<std::string>{};
    const auto parsed = json::parse(consul->ask("GET", "/v1/session/list"));
    for (const auto& each : parsed.as_array())
      if (each.at("Name").as_string() == "Consul API Lock")
        out.insert(std::string{each.at("ID").as_string()});
    return out;
  }

  /// Everything that Terraform keeps in Consul, with its indexes.
  std::string states() {
    return consul->ask("GET",
                       "/v1/kv/consul-terraform-sync/terraform-env:?recurse");
  }

  /// Waits for a Terraform that works.
  void await_state_lock(const std::string& task) {
    auto key = "consul-terraform-sync/terraform-env:" + task + "/.lock";
    auto seen = consul->key(key);
    for (auto i = 0; i < 60 && !seen.locked; ++i)
      seen = consul->key(key, seen.index, "1s");
    EXPECT_TRUE(seen.locked) << "no run of " << task;
  }

  void expect_prepared(const std::string& id, const std::string& task) {
    expect_line(id, "tasksmanager: task changed state: task_name=" + task
                      + " from=creating to=idle");
  }
};

TEST_F(Standby, LocksNoStateOfTerraform) { // 35
  start_consul();
  boot("cts-1", task("a"));
  await_leader();
  expect_line("cts-1", attempted);
  const auto sessions = lock_sessions();
  const auto before = states();
  for (const auto* id : {"cts-2", "cts-3"}) {
    boot(id, task("a"));
    expect_prepared(id, "a");
  }
  for (const auto& each : lock_sessions())
    EXPECT_TRUE(sessions.contains(each)) << each;
  EXPECT_EQ(states(), before);
  consul->register_service("a", "a-1");
  await_applied("cts-1", "a", "a-1");
  EXPECT_NE(states(), before);
  for (const auto& x : work())
    EXPECT_EQ(x.instance, "cts-1");
}

TEST_F(Standby, RecoversWhenTheModuleOfATaskAppears) { // 32
  start_consul();
  boot("cts-1", task("a"));
  await_leader();
  expect_line("cts-1", attempted);
  configure("cts-2", task("a"));
  fs::create_directory(folder.path() / "away");
  folder.write("away/a.tfvars", folder.read("a.tfvars"));
  folder.write("away/cts-2/cts.hcl", folder.read("cts-2/cts.hcl"));
  start("away/cts-2");
  expect_line("away/cts-2", "ha: following leader");
  auto first = epoch();
  daemon("cts-1").send_signal(SIGTERM);
  await_leader(first);
  expect_line("away/cts-2", attempted);
  folder.write("away/work/main.tf", folder.read("work/main.tf"));
  expect_line("away/cts-2", "tasksmanager: task completed: task_name=a");
  auto said = api("away/cts-2", "GET", "/v1/status/tasks/a?include=events");
  EXPECT_NE(said.body.find("\"success\":false"), std::string::npos)
    << said.body;
}

// -- secrets ------------------------------------------------------------------

std::string bytes_of(const fs::path& path) {
  auto file = std::ifstream{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// `/proc/<pid>/exe`, or nothing if the process is gone.
std::string program_of(pid_t pid) {
  auto problem = std::error_code{};
  return fs::read_symlink("/proc/" + std::to_string(pid) + "/exe", problem)
    .filename();
}

class Secrets : public Standby {
protected:
  static constexpr auto token = "0badc0de-secret-token";
  static constexpr auto password = "0badc0de-secret-password";

  void boot_with_secrets(const std::string& id) {
    configure(id, task("a", 5) + "driver \"terraform\" {\n  log = true\n}\n");
    auto text = folder.read(id + "/cts.hcl");
    text.replace(text.find("DEBUG"), 5, "TRACE");
    auto block = std::string{"consul {\n"};
    text.insert(text.find(block) + block.size(),
                std::string{"  token = \""} + token
                  + "\"\n  auth {\n    username = \"u\"\n    password = \""
                  + password + "\"\n  }\n");
    folder.write(id + "/cts.hcl", text);
    start(id);
  }

  static void expect_none(const std::string& text, const std::string& where) {
    for (const auto* secret : {token, password})
      EXPECT_EQ(text.find(secret), std::string::npos) << secret << " " << where;
  }

  /// Only Terraform needs them in its environment, and what it starts.
  static void check_process(pid_t pid) {
    auto folder = fs::path{"/proc"} / std::to_string(pid);
    auto title = bytes_of(folder / "cmdline");
    expect_none(title, "on the command line " + title);
    auto program = program_of(pid);
    if (program.starts_with("cts"))
      expect_none(bytes_of(folder / "environ"),
                  "in the environment of " + title);
  }

  /// The instance and everything that descends from it.
  static std::vector<pid_t> family(pid_t head) {
    auto out = std::vector<pid_t>{head};
    for (auto i = std::size_t{0}; i < out.size(); ++i) {
      auto tasks = "/proc/" + std::to_string(out[i]) + "/task";
      auto problem = std::error_code{};
      for (const auto& each : fs::directory_iterator{tasks, problem}) {
        auto children = std::ifstream{each.path() / "children"};
        for (auto child = pid_t{0}; children >> child;)
          out.push_back(child);
      }
    }
    return out;
  }

  void check_files() {
    for (const auto& each : fs::recursive_directory_iterator{folder.path()})
      if (each.is_regular_file() && each.path().filename() != "cts.hcl")
        expect_none(bytes_of(each.path()), "in " + each.path().string());
  }
};

TEST_F(Secrets, AreInNoKeyLogOrCommandLine) { // 41
  start_consul();
  for (const auto* id : {"cts-1", "cts-2"})
    boot_with_secrets(id);
  auto leader = await_leader();
  await_state_lock("a");
  auto running = 0;
  for (const auto* id : {"cts-1", "cts-2"})
    for (auto pid : family(daemon(id).process())) {
      running += program_of(pid).starts_with("cts") ? 0 : 1;
      check_process(pid);
    }
  EXPECT_GE(running, 1) << "no Terraform was looked at";
  expect_line(leader, attempted);
  for (const auto& [key, text] : consul->keys(""))
    expect_none(text, "under " + key);
  read_logs();
  for (const auto* id : {"cts-1", "cts-2"})
    expect_none(daemon(id).standard_error(),
                std::string{"in the log of "} + id);
  check_files();
}

} // namespace
} // namespace cts::test

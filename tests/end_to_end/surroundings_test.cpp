#include "tests/end_to_end/cluster.hpp"
#include "tests/support/relay.hpp"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

// Instances whose disk, clock, network or Consul fails them. A script stands in
// for Terraform.
namespace cts::test {
namespace {

using namespace std::chrono_literals;

constexpr auto attempted = "ctrl: attempted to run all tasks once";
const auto ids = std::vector<std::string>{"cts-1", "cts-2", "cts-3"};

// -- Consul -------------------------------------------------------------------

TEST_F(Cluster, KeepsItsEpochWhenConsulIsRestoredFromAnOldSnapshot) {
  start_consul();
  use_script();
  auto leader = boot_three(task("a"));
  expect_line(leader, attempted);
  const auto saved = consul->ask("GET", "/v1/snapshot");
  const auto old = epoch();
  leader = step_down(leader);
  leader = step_down(leader);
  expect_line(leader, attempted);
  const auto newest = epoch();
  ASSERT_GE(newest, old + 2);
  consul->ask("PUT", "/v1/snapshot", saved);
  leader = await_leader(newest);
  expect_line(leader, "[ERROR] ha: stored epoch went backwards: stored="
                        + std::to_string(old)
                        + " seen=" + std::to_string(newest));
  consul->register_service("a", "a-1");
  await_applied(leader, "a", "a-1");
  expect_no_overlap();
}

// -- the network between a leader and Consul ----------------------------------

TEST_F(Cluster, PassesOnByTheSessionsEndWhatIsCutOffFromConsulAlone) { // 4.10
  start_consul({.servers = 1, .configuration = "session_ttl_min = \"2s\"\n"});
  use_script();
  const auto quick
    = std::string{"    storage \"consul\" {\n      session_ttl = \"2s\"\n    "
                  "}\n    failover {\n      lease = \"20s\"\n    }\n"};
  const auto tasks = task("idle") + task("busy");
  auto cable = relay{consul->address(0)};
  asked = cable.address();
  boot("cts-1", tasks, quick);
  EXPECT_EQ(await_leader(), "cts-1");
  expect_line("cts-1", attempted);
  asked.clear();
  boot("cts-2", tasks, quick);
  expect_line("cts-2", "ha: following leader");
  hold("busy");
  auto since = now();
  consul->register_service("busy", "busy-1");
  await_start("cts-1", "busy", since);
  auto first = epoch();
  auto cut = now();
  cable.cut();
  EXPECT_EQ(await_leader(first), "cts-2");
  // Twice the TTL and a second; three are for a machine that is busy.
  EXPECT_LT(std::chrono::nanoseconds{now() - cut}, 5s + 3s);
  auto idle = await_start("cts-2", "idle", cut) - cut;
  EXPECT_LT(std::chrono::nanoseconds{idle}, 8s + 3s);
  auto busy = await_start("cts-2", "busy", cut) - cut;
  EXPECT_TRUE(processes_of("cts-1").empty());
  EXPECT_GT(std::chrono::nanoseconds{busy}, 20s - 5s);
  EXPECT_LT(std::chrono::nanoseconds{busy}, 22s + 3s);
  expect_line("cts-1", "ha: leadership suspended: consul unreachable for=");
  cable.join();
  expect_line("cts-1", "ha: lost leadership lock: id=cts-1");
  release("busy");
  expect_no_overlap();
}

// -- the disk -----------------------------------------------------------------

class FullDisk : public Cluster {
protected:
  void SetUp() override {
    Cluster::SetUp();
    constexpr auto probe = "unshare -rm mount -t tmpfs none /mnt 2>/dev/null";
    if (!IsSkipped() && std::system(probe) != 0)
      GTEST_SKIP() << "NO MOUNT NAMESPACES HERE: nothing is known of full "
                      "disks";
  }

  /// From now on `sync-tasks` of an instance is a disk without any room. Its
  /// mount is seen by that instance alone.
  void boot_without_room(const std::string& id, const std::string& tasks) {
    entry = {"unshare",
             "-rm",
             "/bin/sh",
             "-c",
             "mkdir sync-tasks && mount -t tmpfs -o size=64k none sync-tasks "
             "&& { head -c 1000000 /dev/zero > sync-tasks/filler; exec \"$@\"; "
             "}",
             "sh"};
    boot(id, tasks);
    entry.clear();
  }

  void make_room(const std::string& id) {
    auto root = "/proc/" + std::to_string(daemon(id).process()) + "/root";
    std::filesystem::remove(root + (folder.path() / id).string()
                            + "/sync-tasks/filler");
  }
};

TEST_F(FullDisk, HoldsUpTheTasksOnItOnlyAndOnlyUntilThereIsRoom) {
  start_consul();
  use_script();
  const auto tasks
    = task("tight") + task("roomy", 0, "  working_dir = \"elsewhere/roomy\"\n");
  boot("cts-1", tasks);
  await_leader();
  expect_line("cts-1", attempted);
  boot_without_room("cts-2", tasks);
  expect_line("cts-2", "ha: following leader");
  auto first = epoch();
  auto ended = now();
  daemon("cts-1").send_signal(SIGTERM);
  EXPECT_EQ(await_leader(first), "cts-2");
  await_start("cts-2", "roomy", ended);
  expect_line("cts-2", "no space left on device");
  for (const auto& x : work())
    EXPECT_FALSE(x.instance == "cts-2" && x.task == "tight");
  make_room("cts-2");
  await_start("cts-2", "tight", ended);
  expect_no_overlap();
}

// -- the wall clock -----------------------------------------------------------

/// The wall clock of an instance, which only it and its children see.
class stepped_clock {
public:
  explicit stepped_clock(const std::string& path) {
    auto file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    [[maybe_unused]] auto size = ::ftruncate(file, sizeof(std::int64_t));
    at_ = static_cast<std::int64_t*>(::mmap(nullptr, sizeof(std::int64_t),
                                            PROT_READ | PROT_WRITE, MAP_SHARED,
                                            file, 0));
    ::close(file);
  }

  void step(std::chrono::seconds x) { *at_ = x.count(); }

private:
  std::int64_t* at_ = nullptr;
};

class WallClock : public Cluster {
protected:
  void boot_with_clock(const std::string& id, const std::string& tasks) {
    auto path = (folder.path() / (id + ".clock")).string();
    clocks.emplace(id, path);
    environment = {{"LD_PRELOAD", CTS_STEPPED_CLOCK},
                   {"ASAN_OPTIONS", "verify_asan_link_order=0"},
                   {"CTS_CLOCK_STEP", path}};
    boot(id, tasks);
  }

  /// The date that an instance has to believe in.
  static std::string date_in(std::chrono::seconds step) {
    auto at = std::time(nullptr) + step.count();
    auto parts = std::tm{};
    ::gmtime_r(&at, &parts);
    auto text = std::array<char, 16>{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts);
    return text.data();
  }

  std::map<std::string, stepped_clock> clocks{};
};

TEST_F(WallClock, OfAnyInstanceMayBeADayAheadOrBehind) { // 21
  start_consul();
  use_script();
  for (const auto& id : ids)
    boot_with_clock(id, task("a") + task("b"));
  auto leader = await_leader();
  expect_line(leader, attempted);
  auto first = epoch();
  hold("a");
  auto since = now();
  consul->register_service("a", "a-1");
  await_start(leader, "a", since);
  auto round = 0;
  for (auto step : {24h, -24h})
    for (const auto& id : ids) {
      clocks.at(id).step(step);
      auto instance = "b-" + std::to_string(++round);
      consul->register_service("b", instance);
      await_applied(leader, "b", instance);
      const auto& said = daemon(leader).standard_error();
      EXPECT_TRUE(id != leader || said.find(date_in(step)) != said.npos)
        << "the clock was not stepped";
    }
  release("a");
  expect_line(leader, "tasksmanager: task completed: task_name=a");
  EXPECT_EQ(epoch(), first);
  EXPECT_EQ(daemon(leader).standard_error().find("lease over"),
            std::string::npos);
  // Who follows can still lead.
  leader = step_down(leader);
  expect_line(leader, attempted);
  expect_no_overlap();
}

} // namespace
} // namespace cts::test

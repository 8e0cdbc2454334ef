#include "tests/end_to_end/cluster.hpp"

#include "runtime/wall_clock.hpp"
#include "tests/failover/processes.hpp"
#include "tests/support/real_program.hpp"

#include <boost/json/parse.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace cts::test {

namespace {

/// Says when a run begins and ends. The lock belongs to the process that holds
/// it, whatever kills it, and shows a second run of the same task.
constexpr auto work_module = R"tf(
variable "services" {
  type = map(object({ id = string }))
}
variable "pause" {
  type    = string
  default = "0"
}
variable "name" {
  type = string
}
resource "terraform_data" "work" {
  triggers_replace = [keys(var.services), timestamp()]
  provisioner "local-exec" {
    interpreter = ["/bin/sh", "-c"]
    command     = <<-EOT
      say() {
        echo "${var.name} $CTS_INSTANCE $1 $(date +%s%N)" \
          >> "$CTS_WORK/work.log"
      }
      exec 9> "$CTS_WORK/${var.name}.lock"
      flock -n 9 || { say overlap; exit 1; }
      say start
      hold="$CTS_WORK/${var.name}.hold"
      [ ! -p "$hold" ] || read -r line < "$hold"
      sleep ${var.pause} 9>&-
      say end
    EOT
  }
}
)tf";

/// What the driver needs of Terraform.
constexpr auto script = R"sh(#!/bin/sh
unset LD_PRELOAD
task=${PWD##*/}
say() {
  echo "$task $CTS_INSTANCE $1 $(date +%s%N)" >> "$CTS_WORK/work.log"
}
case $1 in
  version) echo '{"terraform_version": "1.11.4"}' ;;
  init) mkdir -p .terraform ;;
  validate) echo '{"valid": true, "diagnostics": []}' ;;
  apply)
    exec 9> "$CTS_WORK/$task.lock"
    flock -n 9 || { say overlap; exit 1; }
    say start
    [ ! -p "$CTS_WORK/$task.hold" ] || read -r line < "$CTS_WORK/$task.hold"
    sleep 0.05
    say end ;;
esac
)sh";

constexpr auto broken_module = R"(
variable "services" {}
resource "terraform_data" "never" {
  provisioner "local-exec" {
    command = "echo the module is broken >&2; exit 3"
  }
}
)";

} // namespace

void Cluster::SetUp() {
  if (!find_consul())
    GTEST_SKIP() << why_no_consul;
  if (!find_terraform())
    GTEST_SKIP() << why_no_terraform;
  // OpenTofu, or whatever it is called: the program looks for this name.
  std::filesystem::create_directory(folder.path() / "bin");
  std::filesystem::create_symlink(*find_terraform(),
                                  folder.path() / "bin" / "terraform");
  folder.write("work/main.tf", work_module);
  folder.write("broken/main.tf", broken_module);
}

// The witness of a killed instance goes on for as long as a lease, and
// Terraform would still write into the folder.
void Cluster::TearDown() {
  const auto mark = "CTS_WORK=" + folder.path().string();
  daemons_.clear();
  for (auto left = failover::processes_with(mark); !left.empty();
       left = failover::processes_with(mark))
    for (auto pid : left)
      ::kill(pid, SIGKILL);
}

void Cluster::use_script() {
  auto path = folder.path() / "bin" / "terraform";
  std::filesystem::remove(path);
  folder.write("bin/terraform", script);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
}

void Cluster::hold(const std::string& task) {
  auto path = folder.path() / (task + ".hold");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
}

void Cluster::release(const std::string& task) {
  auto path = folder.path() / (task + ".hold");
  auto pipe = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  std::filesystem::remove(path);
  EXPECT_EQ(::write(pipe, "\n", 1), 1) << task << " is not at work";
  ::close(pipe);
}

void Cluster::start_consul(consul_servers_options options) {
  consul = std::make_unique<consul_servers>(*find_consul(), options);
}

void Cluster::configure(const std::string& id, const std::string& more,
                        const std::string& ha) {
  folder.write(
    id + "/cts.hcl",
    "id = \"" + id
      + "\"\nport = 0\nlog_level = \"DEBUG\"\nconsul {\n  address = \""
      + (asked.empty() ? consul->address(server) : asked)
      + "\"\n}\nhigh_availability {\n  cluster {\n    name = \"c\"\n" + ha
      + "  }\n  instance {\n    address = \"" + id + ".example.com\"\n  }\n}\n"
      + more);
}

std::string Cluster::task(const std::string& name, int pause,
                          const std::string& more) {
  folder.write(name + ".tfvars", "name = \"" + name + "\"\npause = \""
                                   + std::to_string(pause) + "\"\n");
  return "task {\n  name = \"" + name
         + "\"\n  module = \"../work\"\n  condition \"services\" {\n"
           "    names = [\""
         + name
         + "\"]\n  }\n  buffer_period {\n    enabled = false\n  }\n"
           "  variable_files = [\"../"
         + name + ".tfvars\"]\n" + more + "}\n";
}

child_daemon& Cluster::start(const std::string& id,
                             std::vector<std::string> more_words) {
  auto words = entry;
  words.insert(words.end(),
               {CTS_BINARY_DIR "/cts", "start", "-config-file=cts.hcl"});
  words.insert(words.end(), more_words.begin(), more_words.end());
  auto path = (folder.path() / "bin").string() + ":/usr/bin:/bin";
  auto settings = environment;
  settings.insert(settings.end(), {{"PATH", path},
                                   {"CTS_WORK", folder.path().string()},
                                   {"CTS_INSTANCE", id}});
  ports_.erase(id);
  daemons_[id].reset();
  daemons_[id] = std::make_unique<child_daemon>(
    daemon_options{.program = "/usr/bin/env",
                   .arguments = std::move(words),
                   .environment = std::move(settings),
                   .working_directory = folder.path() / id});
  return *daemons_[id];
}

child_daemon& Cluster::boot(const std::string& id, const std::string& more,
                            const std::string& ha) {
  configure(id, more, ha);
  return start(id);
}

std::string Cluster::boot_three(const std::string& tasks,
                                const std::string& ha) {
  const auto ids = {"cts-1", "cts-2", "cts-3"};
  for (const auto* id : ids)
    boot(id, tasks, ha);
  auto leader = await_leader();
  for (const auto* id : ids)
    if (id != leader)
      expect_line(id, "ha: following leader");
  return leader;
}

// The line may have been passed over already.
int Cluster::port_of(const std::string& id) {
  const auto text = std::string{"api: starting server: port="};
  auto& port = ports_[id];
  if (port != 0)
    return port;
  auto at = daemon(id).standard_error().find(text);
  auto line = at == std::string::npos ? expect_line(id, text)
                                      : daemon(id).standard_error().substr(at);
  port = std::stoi("0" + line.substr(line.find(text) + text.size(), 6));
  return port;
}

std::string Cluster::await_leader(std::uint64_t former) {
  const auto name = std::string{"consul-terraform-sync/c/leader"};
  auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  auto seen = consul_servers::entry{};
  while (std::chrono::steady_clock::now() < limit) {
    seen = consul->key(name, seen.index, "1s");
    if (!seen.value || !seen.locked)
      continue;
    const auto record = boost::json::parse(*seen.value);
    if (record.at("epoch").to_number<std::uint64_t>() > former)
      return std::string{record.at("id").as_string()};
  }
  ADD_FAILURE() << "no leader after epoch " << former;
  return {};
}

std::uint64_t Cluster::epoch() {
  auto seen = consul->key("consul-terraform-sync/c/leader");
  if (!seen.value)
    return 0;
  return boost::json::parse(*seen.value).at("epoch").to_number<std::uint64_t>();
}

std::string Cluster::expect_line(const std::string& id,
                                 const std::string& text) {
  auto line = daemon(id).wait_for_line(text, std::chrono::seconds{60});
  EXPECT_TRUE(line) << id << ": no line with: " << text << "\n"
                    << daemon(id).standard_error();
  return line.value_or("");
}

void Cluster::expect_exit(const std::string& id, int code) {
  auto ended = daemon(id).wait_for_exit();
  ASSERT_TRUE(ended) << "still running\n" << daemon(id).standard_error();
  EXPECT_EQ(*ended, code) << daemon(id).standard_error();
}

http_answer Cluster::api(const std::string& id, const std::string& method,
                         const std::string& target, const std::string& body) {
  auto url = "http://127.0.0.1:" + std::to_string(port_of(id)) + target;
  return exchange(method, url, body);
}

// Right after its election it may not be ready for it.
std::string Cluster::step_down(const std::string& leader) {
  auto former = epoch();
  auto said = http_answer{};
  for (auto i = 0; i < 1000 && said.status / 100 != 2; ++i)
    said = api(leader, "POST", "/v1/cluster/step-down");
  EXPECT_EQ(said.status / 100, 2) << said.body;
  return await_leader(former);
}

void Cluster::await_applied(const std::string& id, const std::string& task,
                            const std::string& text) {
  auto inputs = id + "/sync-tasks/" + task + "/terraform.tfvars";
  do
    expect_line(id, "tasksmanager: task completed: task_name=" + task);
  while (!HasFailure() && folder.read(inputs).find(text) == std::string::npos);
}

void Cluster::read_logs() {
  for (const auto& [id, daemon] : daemons_)
    daemon->wait_for_exit(std::chrono::milliseconds{0});
}

std::vector<work_line> Cluster::work() {
  auto out = std::vector<work_line>{};
  auto file = std::ifstream{folder.path() / "work.log"};
  auto x = work_line{};
  while (file >> x.task >> x.instance >> x.what >> x.at)
    out.push_back(x);
  return out;
}

void Cluster::await_work(const std::function<bool()>& fits,
                         const std::string& title, std::chrono::seconds limit) {
  constexpr auto look_at_logs = 200; // milliseconds
  auto end = std::chrono::steady_clock::now() + limit;
  auto watch = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  ::inotify_add_watch(watch, folder.path().c_str(), IN_MODIFY | IN_CREATE);
  auto seen = fits();
  while (!seen && std::chrono::steady_clock::now() < end) {
    auto waited = pollfd{.fd = watch, .events = POLLIN, .revents = 0};
    ::poll(&waited, 1, look_at_logs);
    auto events = std::array<char, 4096>{};
    while (::read(watch, events.data(), events.size()) > 0)
      continue;
    read_logs();
    seen = fits();
  }
  ::close(watch);
  EXPECT_TRUE(seen) << title;
  for (const auto& [id, daemon] : daemons_)
    EXPECT_TRUE(seen) << id << ":\n" << daemon->standard_error();
}

std::int64_t Cluster::await_start(const std::string& id,
                                  const std::string& task, std::int64_t since) {
  auto at = std::int64_t{0};
  auto began = [&] {
    for (const auto& x : work())
      if (at == 0 && x.instance == id && x.task == task && x.what == "start"
          && x.at > since)
        at = x.at;
    return at != 0;
  };
  await_work(began, "no run of " + task + " on " + id);
  return at;
}

std::vector<pid_t> Cluster::processes_of(const std::string& id,
                                         const std::string& name) {
  auto out = std::vector<pid_t>{};
  auto all = failover::processes_with("CTS_WORK=" + folder.path().string());
  auto own = failover::processes_with("CTS_INSTANCE=" + id);
  for (auto pid : all) {
    auto title = failover::name_of(pid);
    auto fits = name.empty() ? !title.starts_with("cts") : title == name;
    if (fits && std::ranges::find(own, pid) != own.end())
      out.push_back(pid);
  }
  return out;
}

std::int64_t Cluster::now() {
  return system_wall_clock()().time_since_epoch().count();
}

int Cluster::starts_of(const std::string& task) {
  auto lines = work();
  return static_cast<int>(std::ranges::count_if(
    lines, [&](const auto& x) { return x.task == task && x.what == "start"; }));
}

void Cluster::expect_no_overlap() {
  for (const auto& x : work())
    EXPECT_NE(x.what, "overlap") << x.task << " on " << x.instance;
}

} // namespace cts::test

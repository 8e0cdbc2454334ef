#include "tests/failover/fleet.hpp"

#include "tests/failover/processes.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace cts::failover {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

/// Says when the work of a run begins and ends. The lock belongs to the process
/// that holds it, whatever kills it, and shows a second run of the same task.
/// A provider dies with its Terraform: so does this one.
constexpr auto work_module = R"tf(
variable "services" {
  type = map(object({ id = string }))
}
variable "name" {
  type = string
}
resource "terraform_data" "work" {
  triggers_replace = [keys(var.services), timestamp()]
  provisioner "local-exec" {
    interpreter = ["/bin/bash", "-c"]
    command     = <<-EOT
      say() {
        echo "$1 $CTS_INSTANCE $${EPOCHREALTIME/./} $$ ${var.name}" \
          "${join(",", [for x in var.services : x.id])}" \
          >> "$CTS_WORK/logs/work"
      }
      exec 9> "$CTS_WORK/${var.name}.lock"
      flock -n 9 || { say overlap; exit 1; }
      say start
      while [ -e "$CTS_WORK/${var.name}.hold" ] && kill -0 $PPID; do
        sleep 0.02 9>&-
      done
      kill -0 $PPID || { say cut; exit 1; }
      say end
    EOT
  }
}
)tf";

/// Says which commands of Terraform begin.
std::string wrapper(const std::string& terraform) {
  return "#!/bin/bash\n"
         "echo \"program $CTS_INSTANCE ${EPOCHREALTIME/./} $$ "
         "${PWD##*/} $1\" >> \"$CTS_WORK/logs/work\"\n"
         "exec "
         + terraform + " \"$@\"\n";
}

std::string quoted(const std::string& text) {
  return "'" + text + "'";
}

/// Nobody reads its output while it runs, so it goes to a file.
std::unique_ptr<test::child_daemon> spawn(const std::vector<std::string>& words,
                                          const std::string& log,
                                          test::daemon_options options) {
  auto command = std::string{"exec"};
  for (const auto& x : words)
    command += ' ' + quoted(x);
  options.program = "/bin/sh";
  options.arguments = {"-c", command + " >>" + quoted(log) + " 2>&1"};
  return std::make_unique<test::child_daemon>(options);
}

std::string task_name(int task) {
  return "t" + std::to_string(task);
}

} // namespace

wall_time now() {
  auto out = timespec{};
  ::clock_gettime(CLOCK_REALTIME, &out);
  return std::chrono::seconds{out.tv_sec}
         + std::chrono::microseconds{out.tv_nsec / 1000};
}

fleet::fleet(fleet_options options)
  : options_(std::move(options)), hosts_(size),
    ports_(test::free_ports(3 * size)) {
  write_files();
  watch_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  auto logs = folder_.path() / "logs";
  if (watch_ < 0
      || ::inotify_add_watch(watch_, logs.c_str(), IN_MODIFY | IN_CREATE) < 0)
    throw std::runtime_error{"the logs cannot be watched"};
  consul_ = std::make_unique<test::consul_servers>(
    options_.consul,
    test::consul_servers_options{.servers = 3, .bind = hosts_.outside()});
  for (auto i = 0; i < size; ++i)
    start_agent(i);
  if (!until([&] { return count_agents() == size; }, 60s))
    throw std::runtime_error{"the agents of Consul do not join"};
  for (auto i = 0; i < options_.tasks; ++i)
    change(i, task_name(i) + "-first");
  for (auto i = 0; i < size; ++i)
    start(i);
  settle(60s + options_.tasks * 4s);
}

// A frozen process can be killed, but its children would go on.
fleet::~fleet() {
  for (auto& [number, process] : instances_)
    process.reset();
  for (auto one : processes_with(mark()))
    ::kill(one, SIGKILL);
  ::close(watch_);
}

std::string fleet::configuration(int instance) const {
  auto agent = std::to_string(ports_[static_cast<std::size_t>(3 * instance)]);
  auto out = "id = \"" + id(instance) + "\"\nport = 0\nlog_level = \"INFO\"\n"
             + "consul {\n  address = \"127.0.0.1:" + agent
             + "\"\n}\nhigh_availability {\n  cluster {\n"
               "    name = \"bench\"\n"
             + options_.cluster + "  }\n  instance {\n    address = \""
             + hosts_.address(instance) + "\"\n  }\n}\n";
  for (auto i = 0; i < options_.tasks; ++i)
    out += "task {\n  name = \"" + task_name(i)
           + "\"\n  module = \"../work\"\n  condition \"services\" {\n"
             "    names = [\"s"
           + std::to_string(i)
           + "\"]\n  }\n  buffer_period {\n    enabled = false\n  }\n"
             "  variable_files = [\"../"
           + task_name(i) + ".tfvars\"]\n}\n";
  return out;
}

void fleet::write_files() {
  folder_.write("work/main.tf", work_module);
  folder_.write("logs/work", "");
  fs::permissions(folder_.write("bin/terraform", wrapper(options_.terraform)),
                  fs::perms::owner_all);
  for (auto i = 0; i < options_.tasks; ++i)
    folder_.write(task_name(i) + ".tfvars", "name = \"" + task_name(i) + "\"");
  for (auto i = 0; i < size; ++i)
    folder_.write(id(i) + "/cts.hcl", configuration(i));
  files_["work"] = {};
}

void fleet::start_agent(int host) {
  auto first = static_cast<std::size_t>(3 * host);
  auto name = "agent-" + std::to_string(host + 1);
  auto config
    = "ports { dns = -1 grpc = -1 http = " + std::to_string(ports_[first])
      + " serf_lan = " + std::to_string(ports_[first + 1])
      + " }\nretry_interval = \"500ms\"\nretry_join = [";
  for (const auto& x : consul_->gossip_addresses())
    config += '"' + x + "\", ";
  config += "]\nlimits { http_max_conns_per_client = 1000 }\n";
  auto file = folder_.write(name + ".hcl", config).string();
  auto words = hosts_.entry(host);
  words.insert(words.end(),
               {options_.consul, "agent", "-node", name, "-bind",
                hosts_.address(host), "-client", "127.0.0.1", "-data-dir",
                (folder_.path() / name).string(), "-config-file", file});
  agents_[host] = spawn(words, (folder_.path() / (name + ".log")).string(),
                        {.program = {}});
}

int fleet::count_agents() {
  auto nodes = consul_->ask("GET", "/v1/catalog/nodes");
  auto count = 0;
  for (auto i = 0; i < size; ++i)
    count += nodes.find("\"agent-" + std::to_string(i + 1)) != nodes.npos;
  return count;
}

void fleet::start(int x) {
  instances_[x].reset();
  auto words = hosts_.entry(x);
  words.insert(words.end(), {options_.cts, "start", "-config-file=cts.hcl"});
  auto path = (folder_.path() / "bin").string() + ":/usr/bin:/bin";
  expect_return(x);
  files_[id(x)].instance = id(x);
  instances_[x] = spawn(words, (folder_.path() / "logs" / id(x)).string(),
                        {.program = {},
                         .environment = {{"PATH", path},
                                         {"TZ", "UTC"},
                                         {"CHECKPOINT_DISABLE", "1"},
                                         {"CTS_WORK", folder_.path().string()},
                                         {"CTS_INSTANCE", id(x)}},
                         .working_directory = folder_.path() / id(x)});
}

void fleet::read_events() {
  for (auto& [name, file] : files_) {
    auto in = std::ifstream{folder_.path() / "logs" / name};
    in.seekg(static_cast<std::streamoff>(file.read));
    for (auto line = std::string{}; std::getline(in, line);) {
      // The rest of a line that is being written comes later.
      if (in.eof())
        break;
      file.read += line.size() + 1;
      auto x = file.instance.empty() ? parse_work_line(line)
                                     : parse_log_line(file.instance, line);
      if (x)
        events_.push_back(std::move(*x));
    }
  }
}

bool fleet::until(const std::function<bool()>& seen, duration limit) {
  const auto deadline = clock::now() + limit;
  while (true) {
    read_events();
    if (seen())
      return true;
    auto left
      = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
    if (left <= 0ms)
      return false;
    auto wait = pollfd{.fd = watch_, .events = POLLIN, .revents = 0};
    ::poll(&wait, 1, static_cast<int>(std::min(left, duration{100}).count()));
    char buffer[4096];
    while (::read(watch_, buffer, sizeof buffer) > 0)
      continue;
  }
}

} // namespace cts::failover

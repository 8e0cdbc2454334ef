// How soon does the daemon answer its API, and what does it cost while nothing
// happens? The real program beside a real Consul and a real Terraform.

#include "tests/support/child_daemon.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/real_consul.hpp"
#include "tests/support/real_program.hpp"
#include "tests/support/temp_directory.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

namespace {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

constexpr auto module_text = R"(
variable "services" {}
resource "terraform_data" "names" {
  input = keys(var.services)
}
)";

int free_port() {
  auto socket = ::socket(AF_INET, SOCK_STREAM, 0);
  auto address = sockaddr_in{};
  address.sin_family = AF_INET;
  auto size = socklen_t{sizeof address};
  ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ntohs(address.sin_port);
}

std::string configuration(const std::string& consul, int port, int tasks) {
  auto out = std::ostringstream{};
  out << "port = " << port << "\nconsul {\n  address = \"" << consul
      << "\"\n}\ndriver \"terraform\" {\n  backend \"local\" {}\n}\n";
  for (auto i = 0; i < tasks; ++i)
    out << "task {\n  name = \"t" << i << "\"\n  module = \"./m\"\n"
        << "  condition \"services\" {\n    names = [\"s" << i % 25
        << "\"]\n  }\n}\n";
  return out.str();
}

cts::test::daemon_options options(const cts::test::temp_directory& folder) {
  return {.program = CTS_BINARY_DIR "/cts",
          .arguments = {"start", "-config-file=cts.hcl"},
          .working_directory = folder.path()};
}

bool answers(int port) {
  if (cts::tests::raw_client::is_refused(port))
    return false;
  auto client = cts::tests::raw_client{port};
  client.send("GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n");
  return client.reply().find("200 OK") != std::string::npos;
}

void measure_start(const std::string& consul) {
  auto times = std::vector<double>{};
  for (auto i = 0; i < 20; ++i) {
    auto folder = cts::test::temp_directory{};
    auto port = free_port();
    folder.write("cts.hcl", configuration(consul, port, 0));
    auto start = clock_type::now();
    auto daemon = cts::test::child_daemon{options(folder)};
    while (!answers(port))
      std::this_thread::sleep_until(clock_type::now() + 200us);
    auto took
      = std::chrono::duration<double, std::milli>(clock_type::now() - start);
    times.push_back(took.count());
    daemon.send_signal(SIGTERM);
    daemon.wait_for_exit();
  }
  std::ranges::sort(times);
  std::printf("start to first API answer: median %.0f ms, max %.0f ms "
              "(20 starts, no tasks; includes one `terraform version`)\n",
              times[10], times.back());
}

long memory_kib(pid_t process) {
  auto file = std::ifstream{"/proc/" + std::to_string(process) + "/status"};
  auto line = std::string{};
  while (std::getline(file, line))
    if (line.starts_with("VmRSS:"))
      return std::atol(line.c_str() + 6);
  return 0;
}

long cpu_ticks(pid_t process) {
  auto file = std::ifstream{"/proc/" + std::to_string(process) + "/stat"};
  auto text = std::string{std::istreambuf_iterator<char>{file}, {}};
  auto fields = std::istringstream{text.substr(text.rfind(')') + 2)};
  auto word = std::string{};
  auto sum = 0L;
  for (auto i = 3; fields >> word && i <= 15; ++i)
    if (i == 14 || i == 15)
      sum += std::stol(word);
  return sum;
}

void measure_idle(const std::string& consul) {
  auto folder = cts::test::temp_directory{};
  folder.write("m/main.tf", module_text);
  folder.write("cts.hcl", configuration(consul, free_port(), 100));
  auto start = clock_type::now();
  auto daemon = cts::test::child_daemon{options(folder)};
  if (!daemon.wait_for_line("start task monitoring", 10min)) {
    std::printf("no monitoring:\n%s\n", daemon.standard_error().c_str());
    return;
  }
  auto once = std::chrono::duration<double>(clock_type::now() - start);
  constexpr auto seconds = 30;
  auto before = cpu_ticks(daemon.process());
  std::this_thread::sleep_until(clock_type::now()
                                + std::chrono::seconds{seconds});
  auto used = cpu_ticks(daemon.process()) - before;
  auto percent = 100.0 * static_cast<double>(used)
                 / static_cast<double>(::sysconf(_SC_CLK_TCK)) / seconds;
  std::printf("100 tasks, idle: %.1f MiB resident, %.2f %% of a core over "
              "%d s; once-mode took %.1f s\n",
              static_cast<double>(memory_kib(daemon.process())) / 1024, percent,
              seconds, once.count());
  daemon.send_signal(SIGTERM);
  daemon.wait_for_exit();
}

} // namespace

int main() {
  auto program = cts::real_consul::find();
  if (!program || !cts::test::find_terraform()) {
    std::printf("needs Consul and Terraform, see scripts/deps\n");
    return 77;
  }
  auto consul = cts::real_consul{*program};
  measure_start(consul.address());
  measure_idle(consul.address());
}

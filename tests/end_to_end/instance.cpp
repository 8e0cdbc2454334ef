#include "tests/end_to_end/instance.hpp"

#include "tests/support/raw_client.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace cts::test {

namespace {

/// Lists the instances in a file; the pause makes an apply last.
constexpr auto list_module = R"(
variable "services" {
  type = map(object({ id = string, address = string, port = number }))
}
variable "pause" {
  type    = string
  default = "0"
}
locals {
  lines = [for x in values(var.services) : "${x.id} ${x.address}:${x.port}"]
}
resource "terraform_data" "list" {
  input            = local.lines
  triggers_replace = local.lines
  provisioner "local-exec" {
    command = "[ ! -p ../../started ] || echo > ../../started; sleep ${var.pause}; printf '%s\n' \"$LINES\" > list.txt"
    environment = {
      LINES = join("\n", local.lines)
    }
  }
}
)";

constexpr auto broken_module = R"(
variable "services" {}
resource "terraform_data" "never" {
  provisioner "local-exec" {
    command = "echo the module is broken >&2; exit 3"
  }
}
)";

} // namespace

void Instance::SetUp() {
  auto program = find_consul();
  if (!program)
    GTEST_SKIP() << why_no_consul;
  if (!find_terraform())
    GTEST_SKIP() << why_no_terraform;
  consul = std::make_unique<real_consul>(*program);
  consul_address = consul->address();
  // OpenTofu, or whatever it is called: the program looks for this name.
  std::filesystem::create_directory(folder.path() / "bin");
  std::filesystem::create_symlink(*find_terraform(),
                                  folder.path() / "bin" / "terraform");
  folder.write("list/main.tf", list_module);
  folder.write("broken/main.tf", broken_module);
}

void Instance::configure(const std::string& more) {
  folder.write("cts.hcl", "port = 0\nlog_level = \"DEBUG\"\nconsul {\n"
                          "  address = \""
                            + consul_address + "\"\n}\n" + more);
}

std::string Instance::task(const std::string& name, const std::string& more) {
  return "task {\n  name = \"" + name
         + "\"\n  module = \"./list\"\n  condition \"services\" {\n"
           "    names = [\""
         + name + "\"]\n  }\n  buffer_period {\n    enabled = false\n  }\n"
         + more + "}\n";
}

void Instance::start(std::vector<std::string> words) {
  auto path = (folder.path() / "bin").string() + ":/usr/bin:/bin";
  daemon = std::make_unique<child_daemon>(
    daemon_options{.program = CTS_BINARY_DIR "/cts",
                   .arguments = std::move(words),
                   .environment = {{"PATH", path}},
                   .working_directory = folder.path()});
}

void Instance::wait_for_api() {
  auto line = expect_line("api: starting server: port=");
  port = std::stoi("0" + line.substr(line.rfind('=') + 1));
}

void Instance::make_bell() {
  auto path = folder.path() / "started";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
}

void Instance::wait_for_bell() {
  auto path = folder.path() / "started";
  auto bell = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  auto ready = pollfd{.fd = bell, .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&ready, 1, 30'000), 1) << "no apply began\n" << log();
  ::close(bell);
}

std::string Instance::ask(const std::string& method, const std::string& target,
                          const std::string& body) {
  auto client = tests::raw_client{port};
  client.send(method + " " + target
              + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                "Content-Type: application/json\r\nContent-Length: "
              + std::to_string(body.size()) + "\r\n\r\n" + body);
  return client.until_end();
}

std::string Instance::get(const std::string& target) {
  auto reply = ask("GET", target);
  auto body = reply.find("\r\n\r\n");
  return body == std::string::npos ? reply : reply.substr(body + 4);
}

std::string Instance::expect_line(const std::string& text) {
  auto line = daemon->wait_for_line(text);
  EXPECT_TRUE(line) << "no line with: " << text << "\n" << log();
  return line.value_or("");
}

void Instance::expect_exit(int code) {
  auto ended = daemon->wait_for_exit();
  ASSERT_TRUE(ended) << "still running\n" << log();
  EXPECT_EQ(*ended, code) << log();
}

void Instance::register_service(const std::string& name,
                                const std::string& id) {
  consul->register_service({.id = id, .name = name, .address = "10.0.0.1"});
}

} // namespace cts::test

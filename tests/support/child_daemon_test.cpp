#include "tests/support/child_daemon.hpp"

#include "tests/support/real_program.hpp"
#include "tests/support/temp_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <system_error>

#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cts::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Optional;

daemon_options shell(const std::string& script) {
  return {.program = "/bin/sh", .arguments = {"-c", script}};
}

TEST(ChildDaemon, FindsALineAndThenTheNextOne) {
  auto daemon = child_daemon{
    shell("echo a 1 >&2; echo b >&2; echo a 2 >&2; exec sleep 60")};
  EXPECT_THAT(daemon.wait_for_line("a"), Optional(std::string{"a 1"}));
  EXPECT_THAT(daemon.wait_for_line("a"), Optional(std::string{"a 2"}));
}

TEST(ChildDaemon, SeesALineThatComesInTwoParts) {
  const auto folder = temp_directory{};
  const auto gate = (folder.path() / "gate").string();
  ASSERT_EQ(::mkfifo(gate.c_str(), 0600), 0);
  auto daemon
    = child_daemon{shell("printf on >&2; cat " + gate + "; echo e >&2")};
  EXPECT_EQ(daemon.wait_for_line("one", 50ms), std::nullopt);
  std::ofstream{gate} << "go on";
  EXPECT_THAT(daemon.wait_for_line("one"), Optional(std::string{"one"}));
}

TEST(ChildDaemon, GivesUpOnALineWhenTheProgramHasEnded) {
  auto daemon = child_daemon{shell("echo only >&2")};
  EXPECT_EQ(daemon.wait_for_line("other"), std::nullopt);
  EXPECT_THAT(daemon.wait_for_line("only"), Optional(std::string{"only"}));
}

TEST(ChildDaemon, TellsTheExitStatusOrTheSignal) {
  auto ended = child_daemon{shell("exit 13")};
  EXPECT_THAT(ended.wait_for_exit(), Optional(13));
  auto killed = child_daemon{shell("exec sleep 60")};
  EXPECT_EQ(killed.wait_for_exit(10ms), std::nullopt);
  killed.send_signal(SIGTERM);
  EXPECT_THAT(killed.wait_for_exit(), Optional(128 + SIGTERM));
}

TEST(ChildDaemon, KeepsTheTwoStreamsApartAndComplete) {
  auto daemon = child_daemon{
    shell("i=0; while [ $i -lt 9999 ]; do echo out; echo err >&2;"
          " i=$((i+1)); done")};
  EXPECT_THAT(daemon.wait_for_exit(), Optional(0));
  EXPECT_EQ(daemon.standard_output().size(), 9999u * 4);
  EXPECT_EQ(daemon.standard_error().size(), 9999u * 4);
}

TEST(ChildDaemon, SetsEnvironmentAndWorkingDirectory) {
  const auto folder = temp_directory{};
  auto options = shell("echo $CTS_PROBE; pwd -P");
  options.environment = {{"CTS_PROBE", "1"}, {"CTS_PROBE", "2"}};
  options.working_directory = folder.path();
  auto daemon = child_daemon{options};
  EXPECT_THAT(daemon.wait_for_exit(), Optional(0));
  EXPECT_EQ(daemon.standard_output(),
            "2\n" + std::filesystem::canonical(folder.path()).string() + "\n");
}

TEST(ChildDaemon, SaysWhyAProgramCannotBeExecuted) {
  EXPECT_THROW(child_daemon({.program = "/nonexistent/cts"}),
               std::system_error);
}

/// True if the process behind `descriptor` ends within a generous time.
bool ends(int descriptor) {
  auto wait = pollfd{descriptor, POLLIN, 0};
  return ::poll(&wait, 1, 30'000) == 1;
}

TEST(ChildDaemon, TakesItsProcessGroupWithIt) {
  auto descriptor = -1;
  {
    auto daemon = child_daemon{shell("sleep 60 & echo $! >&2; wait")};
    const auto process = std::stoi(daemon.wait_for_line("").value());
    descriptor = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
    ASSERT_GE(descriptor, 0);
  }
  EXPECT_TRUE(ends(descriptor));
  ::close(descriptor);
}

TEST(ChildDaemon, TakesAGroupWhoseLeaderHasEnded) {
  auto descriptor = -1;
  {
    auto daemon = child_daemon{shell("sleep 60 & echo $! >&2")};
    const auto process = std::stoi(daemon.wait_for_line("").value());
    EXPECT_THAT(daemon.wait_for_exit(), Optional(0));
    descriptor = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
    ASSERT_GE(descriptor, 0);
  }
  EXPECT_TRUE(ends(descriptor));
  ::close(descriptor);
}

TEST(TempDirectory, VanishesWithItsContents) {
  auto path = std::filesystem::path{};
  {
    const auto folder = temp_directory{};
    path = folder.path();
    folder.write("a/b", "text");
    EXPECT_EQ(folder.read("a/b"), "text");
    EXPECT_EQ(folder.read("c"), "");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(RealProgram, IsConsulThatRuns) {
  const auto consul = find_consul();
  if (!consul)
    GTEST_SKIP() << why_no_consul;
  auto version = child_daemon{{.program = *consul, .arguments = {"version"}}};
  EXPECT_THAT(version.wait_for_exit(), Optional(0));
  EXPECT_THAT(version.standard_output(), HasSubstr("Consul v"));
}

TEST(RealProgram, IsTerraformThatRuns) {
  const auto terraform = find_terraform();
  if (!terraform)
    GTEST_SKIP() << why_no_terraform;
  auto version
    = child_daemon{{.program = *terraform, .arguments = {"version"}}};
  EXPECT_THAT(version.wait_for_exit(), Optional(0));
  EXPECT_THAT(version.standard_output(), HasSubstr("v1."));
}

} // namespace
} // namespace cts::test

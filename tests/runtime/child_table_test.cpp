#include "runtime/child_table.hpp"

#include <gtest/gtest.h>

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace cts {
namespace {

constexpr auto no_namespaces = 77;
constexpr auto a_zombie_is_left = 1;

/// Runs `script` to its end.
void run(const std::shared_ptr<child_table>& children,
         boost::asio::io_context& io, const std::string& script) {
  children->post_start(
    1,
    {.argv = {"/bin/sh", "-c", script}, .environment = {"PATH=/usr/bin:/bin"}},
    {.begun = [](std::uint64_t) {},
     .ended = [](std::uint64_t, const auto&) {}});
  io.restart();
  io.run();
}

/// As process 1: the first child leaves one behind that we inherit.
int reap_as_first_process() {
  auto io = boost::asio::io_context{};
  auto children = std::make_shared<child_table>(io);
  run(children, io, "setsid true &");
  auto seen = siginfo_t{};
  ::waitid(P_ALL, 0, &seen, WEXITED | WNOWAIT);
  run(children, io, "true");
  auto left = ::waitpid(-1, nullptr, WNOHANG);
  return left == -1 && errno == ECHILD ? 0 : a_zombie_is_left;
}

int exit_code_of(pid_t child) {
  auto status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Only the children of one that has called unshare are in the new namespace.
[[noreturn]] void enter_namespace() {
  if (::unshare(CLONE_NEWPID) != 0
      && ::unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0)
    ::_exit(no_namespaces);
  auto first = ::fork();
  if (first == 0)
    ::_exit(reap_as_first_process());
  ::_exit(exit_code_of(first));
}

TEST(ChildTable, ReapsWhatItsChildrenLeaveBehindIfItIsProcessOne) {
  auto outer = ::fork();
  if (outer == 0)
    enter_namespace();
  auto code = exit_code_of(outer);
  if (code == no_namespaces)
    GTEST_SKIP() << "this machine allows no process namespaces";
  EXPECT_EQ(code, 0);
}

} // namespace
} // namespace cts

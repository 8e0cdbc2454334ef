#include "runtime/start_guard.hpp"

#include "runtime/guard_process.hpp"

#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace cts {

result<guard_start> start_guard(const std::string& program) {
  auto ends = std::array<int, 2>{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return system_error(errc::system, "socketpair", errno);
  auto ours = descriptor{ends[0]};
  auto theirs = descriptor{ends[1]};
  // Duplicated by the child, the number has no close-on-exec flag there.
  constexpr auto number = 3;
  auto text = std::to_string(number);
  auto word = std::string{guard_word};
  char* argv[] = {word.data(), text.data(), nullptr};
  auto actions = posix_spawn_file_actions_t{};
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), number);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, number + 1);
  auto pid = pid_t{-1};
  auto failed
    = ::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0)
    return system_error(errc::system, "start the witness", failed);
  return guard_start{.process = pid, .socket = std::move(ours)};
}

} // namespace cts

#include "runtime/descendants.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace cts {

std::vector<pid_t> children_of_this_process() {
  auto out = std::vector<pid_t>{};
  auto problem = std::error_code{};
  for (const auto& thread :
       std::filesystem::directory_iterator{"/proc/self/task", problem}) {
    auto in = std::ifstream{thread.path() / "children"};
    for (auto id = pid_t{0}; in >> id;)
      out.push_back(id);
  }
  return out;
}

void end_children(const std::vector<pid_t>& spared) {
  while (true) {
    auto left = children_of_this_process();
    std::erase_if(left, [&spared](pid_t x) {
      return std::ranges::find(spared, x) != spared.end();
    });
    if (left.empty())
      return;
    // All of them first: their own children come to us when they die.
    for (auto id : left)
      ::kill(id, SIGKILL);
    for (auto id : left)
      ::waitpid(id, nullptr, 0);
  }
}

void end_group(pid_t leader) {
  auto seen = siginfo_t{};
  auto id = static_cast<id_t>(leader);
  if (::waitid(P_PID, id, &seen, WEXITED | WNOHANG | WNOWAIT) != 0)
    return;
  ::kill(-leader, SIGKILL);
  ::waitpid(leader, nullptr, 0);
}

} // namespace cts

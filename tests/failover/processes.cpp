#include "tests/failover/processes.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace cts::failover {

namespace {

namespace fs = std::filesystem;

std::string text_of(pid_t process, const std::string& file) {
  auto text = std::ostringstream{};
  auto in = std::ifstream{"/proc/" + std::to_string(process) + "/" + file,
                          std::ios::binary};
  if (in)
    text << in.rdbuf();
  return text.str();
}

std::vector<pid_t> all_processes() {
  auto out = std::vector<pid_t>{};
  auto failure = std::error_code{};
  for (const auto& x : fs::directory_iterator{"/proc", failure})
    if (auto number = std::atoi(x.path().filename().c_str()); number > 0)
      out.push_back(number);
  return out;
}

/// What follows the name in `/proc/<process>/stat`: state, parent, ...
struct standing {
  char state = 'X';
  pid_t parent = 0;
};

standing standing_of(pid_t process) {
  auto out = standing{};
  auto text = text_of(process, "stat");
  auto name_end = text.rfind(')');
  if (name_end == text.npos)
    return out;
  auto fields = std::istringstream{text.substr(name_end + 1)};
  fields >> out.state >> out.parent;
  return out;
}

} // namespace

std::vector<pid_t> descendants(pid_t process) {
  auto children = std::multimap<pid_t, pid_t>{};
  for (auto one : all_processes())
    children.emplace(standing_of(one).parent, one);
  auto out = std::vector<pid_t>{process};
  for (auto i = std::size_t{0}; i < out.size(); ++i) {
    auto [first, last] = children.equal_range(out[i]);
    for (; first != last; ++first)
      out.push_back(first->second);
  }
  out.erase(out.begin());
  return out;
}

std::string name_of(pid_t process) {
  auto name = text_of(process, "comm");
  while (!name.empty() && name.back() == '\n')
    name.pop_back();
  return name;
}

std::vector<pid_t> processes_with(std::string_view setting) {
  auto wanted = std::string{setting} + '\0';
  auto out = std::vector<pid_t>{};
  for (auto one : all_processes()) {
    auto settings = '\0' + text_of(one, "environ");
    if (settings.find('\0' + wanted) == settings.npos)
      continue;
    auto state = standing_of(one).state;
    if (state != 'Z' && state != 'X')
      out.push_back(one);
  }
  return out;
}

long memory_kib(pid_t process) {
  auto lines = std::istringstream{text_of(process, "status")};
  for (auto line = std::string{}; std::getline(lines, line);)
    if (line.starts_with("VmRSS:"))
      return std::atol(line.c_str() + 6);
  return 0;
}

int descriptors(pid_t process) {
  auto failure = std::error_code{};
  auto count = 0;
  auto folder = "/proc/" + std::to_string(process) + "/fd";
  for (auto each = fs::directory_iterator{folder, failure};
       !failure && each != fs::directory_iterator{}; each.increment(failure))
    ++count;
  return count;
}

} // namespace cts::failover

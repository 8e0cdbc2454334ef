#include "tests/support/real_program.hpp"

#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <sstream>
#include <string_view>

#include <unistd.h>

namespace cts::test {
namespace {

std::string environment(const char* name) {
  const auto* value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string{value};
}

bool can_run(const std::filesystem::path& file) {
  return std::filesystem::is_regular_file(file)
         && ::access(file.c_str(), X_OK) == 0;
}

std::optional<std::string> on_path(std::string_view name) {
  auto folders = std::istringstream{environment("PATH")};
  for (auto folder = std::string{}; std::getline(folders, folder, ':');) {
    const auto file = std::filesystem::path{folder} / name;
    if (can_run(file))
      return std::filesystem::absolute(file).string();
  }
  return std::nullopt;
}

std::optional<std::string> find(const char* variable,
                                std::initializer_list<std::string_view> names) {
  if (const auto named = environment(variable); can_run(named))
    return std::filesystem::absolute(named).string();
  for (auto name : names) {
    if (auto file = on_path(name))
      return file;
  }
  return std::nullopt;
}

} // namespace

std::optional<std::string> find_consul() {
  return find("CTS_CONSUL", {"consul"});
}

std::optional<std::string> find_terraform() {
  return find("CTS_TERRAFORM", {"terraform", "tofu"});
}

} // namespace cts::test

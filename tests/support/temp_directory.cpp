#include "tests/support/temp_directory.hpp"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>

namespace cts::test {

temp_directory::temp_directory() {
  auto name
    = (std::filesystem::temp_directory_path() / "cts-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw std::system_error{errno, std::generic_category(), name};
  path_ = name;
}

temp_directory::~temp_directory() {
  auto ignored = std::error_code{};
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path temp_directory::write(std::string_view name,
                                            std::string_view text) const {
  auto file = path_ / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream{file, std::ios::binary} << text;
  return file;
}

std::string temp_directory::read(std::string_view name) const {
  auto text = std::ostringstream{};
  auto file = std::ifstream{path_ / name, std::ios::binary};
  if (file)
    text << file.rdbuf();
  return text.str();
}

} // namespace cts::test

#include "tests/core/config/config_fixture.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

// The configurations of the driver's golden cases, and the examples, load.

namespace cts::config {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  auto file = std::ifstream{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// What is wrong with the file, or nothing.
std::string problems_of(const fs::path& path) {
  auto x = configuration{};
  x.around.read_file = [&](const std::string& name) -> result<std::string> {
    return contents(path.parent_path() / name);
  };
  auto outcome = x.load({{path.string(), contents(path)}});
  const auto* refused = std::get_if<failure>(&outcome);
  return refused == nullptr ? "" : print(refused->errors.front());
}

TEST(GoldenConfig, LoadsWithoutErrors) {
  auto count = 0;
  const auto folder = fs::path{CTS_SOURCE_DIR} / "tests/drivers/golden";
  for (const auto& each : fs::directory_iterator{folder}) {
    auto problems = problems_of(each.path() / "config.hcl");
    EXPECT_EQ(problems, "") << each.path();
    ++count;
  }
  EXPECT_GT(count, 30);
}

TEST(ExampleConfig, LoadsWithoutErrors) {
  const auto folder = fs::path{CTS_SOURCE_DIR} / "examples";
  for (const auto& each : fs::directory_iterator{folder})
    if (each.path().extension() == ".hcl") {
      EXPECT_EQ(problems_of(each.path()), "") << each.path();
    }
}

} // namespace
} // namespace cts::config

#include "runtime/settings_source.hpp"

#include "tests/support/temp_directory.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace cts {
namespace {

namespace fs = std::filesystem;

TEST(SettingsSource, RefusesToStartInAFolderThatIsGone) {
  auto folder = test::temp_directory{};
  auto file = folder.write("cts.hcl", "port = 1").string();
  auto before = fs::current_path();
  fs::create_directory(folder.path() / "gone");
  fs::current_path(folder.path() / "gone");
  fs::remove(folder.path() / "gone");
  auto start = prepare_start({.paths = {file}});
  fs::current_path(before);
  ASSERT_FALSE(start);
  EXPECT_EQ(start.error(), 15);
}

} // namespace
} // namespace cts

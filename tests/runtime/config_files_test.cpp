#include "runtime/config_files.hpp"

#include "tests/support/temp_directory.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>

namespace cts {
namespace {

namespace fs = std::filesystem;

class ConfigFiles : public ::testing::Test {
protected:
  std::string path(const std::string& name) const {
    return (folder.path() / name).string();
  }

  std::vector<std::string> names(const std::vector<std::string>& paths) {
    auto out = std::vector<std::string>{};
    auto found = read_config_files(paths);
    EXPECT_TRUE(found) << (found ? "" : found.error().message);
    if (found)
      for (const auto& x : *found)
        out.push_back(fs::path{x.path}.filename());
    return out;
  }

  std::string error(const std::vector<std::string>& paths) {
    auto found = read_config_files(paths);
    return found ? "read" : found.error().message;
  }

  test::temp_directory folder{};
};

// Whoever opens one waits for somebody to write.
TEST_F(ConfigFiles, AreNoPipes) {
  ASSERT_EQ(::mkfifo(path("x.hcl").c_str(), 0600), 0);
  EXPECT_EQ(error({folder.path().string()}),
            "read " + path("x.hcl") + ": is no regular file");
}

TEST_F(ConfigFiles, AreReadInTheOrderGiven) {
  folder.write("b.hcl", "port = 1");
  folder.write("a.json", "{}");
  EXPECT_EQ(names({path("b.hcl"), path("a.json")}),
            (std::vector<std::string>{"b.hcl", "a.json"}));
}

TEST_F(ConfigFiles, OfAFolderAreReadByNameAndNotBelow) {
  folder.write("d/9.hcl", "x");
  folder.write("d/10.hcl", "x");
  folder.write("d/.hidden.hcl", "x");
  folder.write("d/a.json", "{}");
  folder.write("d/X.HCL", "x");
  folder.write("d/notes.txt", "x");
  folder.write("d/sub/z.hcl", "x");
  EXPECT_EQ(names({path("d")}), (std::vector<std::string>{
                                  ".hidden.hcl", "10.hcl", "9.hcl", "a.json"}));
}

TEST_F(ConfigFiles, OfOtherKindsAndEmptyOnesAreSkipped) {
  folder.write("c.txt", "x");
  folder.write("empty.hcl", "");
  EXPECT_EQ(error({path("c.txt"), path("empty.hcl")}),
            "no configuration files found");
  EXPECT_EQ(error({path("c.txt")}), "no configuration files found");
  EXPECT_EQ(error({path("empty.hcl")}), "no configuration files found");
  fs::create_directory(path("nothing"));
  EXPECT_EQ(error({path("nothing")}), "no configuration files found");
}

TEST_F(ConfigFiles, ThatAreMissingEndTheSearch) {
  EXPECT_EQ(error({path("nope.hcl")}),
            "stat " + path("nope.hcl") + ": no such file or directory");
}

TEST_F(ConfigFiles, ThatAreNoFilesAreNamedWithTheirMode) {
  ASSERT_EQ(::mkfifo(path("pipe.hcl").c_str(), 0644), 0);
  EXPECT_EQ(error({path("pipe.hcl")}),
            "unknown filetype \"prw-r--r--\": " + path("pipe.hcl"));
}

TEST_F(ConfigFiles, OfAFolderMayNotBeLinksToNothing) {
  folder.write("d/a.hcl", "x");
  fs::create_symlink("nowhere", path("d/b.hcl"));
  EXPECT_EQ(error({path("d")}),
            "open " + path("d/b.hcl") + ": no such file or directory");
}

TEST_F(ConfigFiles, OfAFolderMayNotBeLinksToFolders) {
  folder.write("d/a.hcl", "x");
  fs::create_directory_symlink(folder.path(), path("d/b.hcl"));
  EXPECT_EQ(error({path("d")}), "read " + path("d/b.hcl") + ": is a directory");
}

TEST_F(ConfigFiles, OfAFolderMayNotBeLinksToThemselves) {
  folder.write("d/a.hcl", "x");
  fs::create_symlink("b.hcl", path("d/b.hcl"));
  EXPECT_EQ(error({path("d")}),
            "open " + path("d/b.hcl") + ": too many levels of symbolic links");
}

} // namespace
} // namespace cts

#include "runtime/file_store.hpp"

#include "tests/runtime/service_fixture.hpp"

#include <caf/send.hpp>

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

namespace cts {
namespace {

class FileStore : public service_fixture {
protected:
  ~FileStore() override {
    caf::anon_send_exit(store, caf::exit_reason::user_shutdown);
  }

  result<files_written> write(std::vector<file_content> files) {
    return ask<files_written>(
      store, write_files{.directory = task, .files = std::move(files)});
  }

  struct stat status_of(const std::string& file) {
    struct stat out {};
    EXPECT_EQ(::stat((task / file).c_str(), &out), 0);
    return out;
  }

  files_actor store = make_file_store(self.ptr(), file_io.context());
  path task = directory / "sync-tasks" / "a";
};

/// Sets the umask for the length of a scope.
class umask_scope {
public:
  explicit umask_scope(mode_t mask) : before_(::umask(mask)) {}
  umask_scope(const umask_scope&) = delete;
  umask_scope& operator=(const umask_scope&) = delete;
  ~umask_scope() { ::umask(before_); }

private:
  mode_t before_;
};

/// Lets files of this process grow to `bytes` only: a full disk.
class full_disk {
public:
  explicit full_disk(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    auto limit = rlimit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  full_disk(const full_disk&) = delete;
  full_disk& operator=(const full_disk&) = delete;
  ~full_disk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

private:
  rlimit before_{};
  void (*handler_)(int) = SIG_DFL;
};

TEST_F(FileStore, WritesFilesInADirectoryThatItMakes) {
  auto mask = umask_scope{022};
  auto done = write({{.name = "main.tf", .bytes = "x"}}).value();
  EXPECT_EQ(done.changed, std::vector<std::string>{"main.tf"});
  EXPECT_TRUE(done.overwritten.empty());
  EXPECT_EQ(bytes_of(task / "main.tf"), "x");
  EXPECT_EQ(mode_of(task), 0750u);
  EXPECT_EQ(mode_of(task / "main.tf"), 0640u);
}

TEST_F(FileStore, MakesTheFoldersThatANameNames) {
  ASSERT_TRUE(write({{.name = ".terraform/environment", .bytes = "web"}}));
  EXPECT_EQ(bytes_of(task / ".terraform" / "environment"), "web");
}

TEST_F(FileStore, SetsTheModeOfFilesWhateverTheUmask) {
  auto mask = umask_scope{077};
  ASSERT_TRUE(write({{.name = "main.tf", .bytes = "x"}}));
  EXPECT_EQ(mode_of(task), 0700u);
  EXPECT_EQ(mode_of(task / "main.tf"), 0640u);
}

TEST_F(FileStore, LeavesEqualFilesAlone) {
  ASSERT_TRUE(write({{.name = "a", .bytes = "1"}, {.name = "b"}}));
  auto before = status_of("a");
  auto done
    = write({{.name = "a", .bytes = "1"}, {.name = "b", .bytes = "2"}}).value();
  auto after = status_of("a");
  EXPECT_EQ(done.changed, std::vector<std::string>{"b"});
  EXPECT_EQ(done.overwritten, std::vector<std::string>{"b"});
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_EQ(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

TEST_F(FileStore, CorrectsTheModeOfAnEqualFile) {
  ASSERT_TRUE(write({{.name = "a", .bytes = "secret", .mode = 0600}}));
  ASSERT_EQ(::chmod((task / "a").c_str(), 0644), 0);
  auto done = write({{.name = "a", .bytes = "secret", .mode = 0600}}).value();
  EXPECT_EQ(mode_of(task / "a"), 0600u);
  EXPECT_TRUE(done.changed.empty());
}

TEST_F(FileStore, SeesDifferencesOfFilesOfTheSameSize) {
  ASSERT_TRUE(write({{.name = "a", .bytes = "1"}}));
  ASSERT_TRUE(write({{.name = "a", .bytes = "2"}}));
  EXPECT_EQ(bytes_of(task / "a"), "2");
}

TEST_F(FileStore, KeepsTheOldFileWhenTheDiskIsFull) {
  ASSERT_TRUE(write({{.name = "a", .bytes = "old"}}));
  auto full = full_disk{100};
  auto done = write({{.name = "a", .bytes = std::string(1000, 'x')}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, errc::system);
  EXPECT_EQ(done.error().message,
            "write " + (task / "a").string() + ": file too large");
  EXPECT_EQ(bytes_of(task / "a"), "old");
  EXPECT_FALSE(std::filesystem::exists(task / ".a.cts"));
}

TEST_F(FileStore, RefusesFilesAboveTheLimit) {
  auto done
    = write({{.name = "a", .bytes = std::string(file_bytes_max + 1, 'x')}});
  ASSERT_FALSE(done);
  EXPECT_FALSE(std::filesystem::exists(task / "a"));
}

TEST_F(FileStore, ReadsFilesAndTellsWhichAreMissing) {
  put(task / "a", "text");
  auto found = ask<files_read>(
    store, read_files{{(task / "a").string(), (task / "b").string()}});
  auto expected = std::vector<std::optional<std::string>>{"text", {}};
  EXPECT_EQ(found.value().contents, expected);
}

TEST_F(FileStore, NamesAFileThatItCannotRead) {
  std::filesystem::create_directories(task);
  auto found = ask<files_read>(store, read_files{{task.string()}});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message,
            "read " + task.string() + ": is a directory");
}

TEST_F(FileStore, RemovesFilesAndDoesNotMissOthers) {
  put(task / "a", "text");
  ASSERT_TRUE(ask<void>(
    store, remove_files{{(task / "a").string(), (task / "b").string()}}));
  EXPECT_FALSE(std::filesystem::exists(task / "a"));
}

} // namespace
} // namespace cts

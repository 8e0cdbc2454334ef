#include "runtime/file_access.hpp"

#include "runtime/fork_child.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string_view>

namespace cts {

namespace {

namespace fs = std::filesystem;

error file_error(const char* call, const fs::path& path) {
  return system_error(errc::system, std::string{call} + ' ' + path.string(),
                      errno);
}

/// Makes `directory` and its parents. What exists is left as it is.
result<void> make_directory(const fs::path& directory) {
  auto made = fs::path{};
  for (const auto& part : directory) {
    made /= part;
    if (::mkdir(made.c_str(), 0750) != 0 && errno != EEXIST)
      return file_error("mkdir", made);
  }
  return {};
}

/// The bytes of a file; absent if there is none.
result<std::optional<std::string>> read_file(const fs::path& path) {
  auto file = descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.open() && errno == ENOENT)
    return std::nullopt;
  struct stat status {};
  if (!file.open() || ::fstat(file.get(), &status) != 0)
    return file_error("open", path);
  auto size = static_cast<std::size_t>(status.st_size);
  if (size > file_bytes_max)
    return fail(errc::system, "open ", path.string(), ": file too large (",
                size, " bytes, at most ", file_bytes_max, ')');
  auto text = std::string(size, '\0');
  auto done = std::size_t{0};
  while (done < size) {
    auto got = ::read(file.get(), text.data() + done, size - done);
    if (got < 0)
      return file_error("read", path);
    if (got == 0)
      break;
    done += static_cast<std::size_t>(got);
  }
  text.resize(done);
  return text;
}

enum class presence : unsigned char { absent, different, wrong_mode, equal };

/// How the file compares to what it shall be.
presence compare(const fs::path& path, const file_content& wanted) {
  const auto& bytes = wanted.bytes;
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0)
    return presence::absent;
  if (!S_ISREG(status.st_mode)
      || static_cast<std::size_t>(status.st_size) != bytes.size())
    return presence::different;
  auto content = read_file(path);
  if (!content || *content != bytes)
    return presence::different;
  return (status.st_mode & 07777) == wanted.mode ? presence::equal
                                                 : presence::wrong_mode;
}

/// A secret must not stay readable because it did not change.
result<void> set_mode(const fs::path& path, unsigned mode) {
  constexpr auto flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC;
  auto file = descriptor{::open(path.c_str(), flags)};
  if (!file.open() || ::fchmod(file.get(), mode) != 0)
    return file_error("chmod", path);
  return {};
}

result<void> write_bytes(int fd, const fs::path& path, std::string_view bytes) {
  while (!bytes.empty()) {
    auto put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      return file_error("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

/// Fills the temporary file; errors name the file that it is to become.
result<void> write_temporary(const fs::path& temporary, const fs::path& path,
                             const file_content& content) {
  // The name is fixed, so an interrupted attempt leaves no litter behind.
  constexpr auto flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
  auto file = descriptor{::open(temporary.c_str(), flags, 0600)};
  if (!file.open())
    return file_error("open", path);
  if (auto written = write_bytes(file.get(), path, content.bytes); !written)
    return written;
  if (::fchmod(file.get(), content.mode) != 0)
    return file_error("chmod", path);
  if (::fsync(file.get()) != 0)
    return file_error("fsync", path);
  return {};
}

result<void> replace(const fs::path& path, const file_content& content) {
  auto name = '.' + path.filename().string() + ".cts";
  auto temporary = path.parent_path() / name;
  auto written = write_temporary(temporary, path, content);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = file_error("rename", path);
  if (!written)
    ::unlink(temporary.c_str());
  return written;
}

/// Makes the renames in `directory` durable.
result<void> sync_directory(const fs::path& directory) {
  constexpr auto flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  auto file = descriptor{::open(directory.c_str(), flags)};
  if (!file.open() || ::fsync(file.get()) != 0)
    return file_error("fsync", directory);
  return {};
}

} // namespace

result<files_written> write_atomically(const write_files& request) {
  auto directory = fs::path{request.directory};
  if (auto made = make_directory(directory); !made)
    return made.error();
  auto done = files_written{};
  for (const auto& content : request.files) {
    auto path = directory / content.name;
    auto before = compare(path, content);
    if (before == presence::wrong_mode)
      if (auto set = set_mode(path, content.mode); !set)
        return set.error();
    if (before == presence::wrong_mode || before == presence::equal)
      continue;
    if (auto made = make_directory(path.parent_path()); !made)
      return made.error();
    if (content.bytes.size() > file_bytes_max)
      return fail(errc::system, "write ", path.string(), ": file too large (",
                  content.bytes.size(), " bytes, at most ", file_bytes_max,
                  ')');
    if (auto replaced = replace(path, content); !replaced)
      return replaced.error();
    done.changed.push_back(content.name);
    if (before == presence::different)
      done.overwritten.push_back(content.name);
  }
  if (!done.changed.empty())
    if (auto synced = sync_directory(directory); !synced)
      return synced.error();
  return done;
}

result<files_read> read_whole(const read_files& request) {
  auto done = files_read{};
  for (const auto& path : request.paths) {
    auto content = read_file(path);
    if (!content)
      return content.error();
    done.contents.push_back(*std::move(content));
  }
  return done;
}

result<void> remove_all(const remove_files& request) {
  for (const auto& path : request.paths)
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
      return file_error("remove", path);
  return {};
}

} // namespace cts

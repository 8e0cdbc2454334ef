#include "runtime/config_files.hpp"

#include "actors/log.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace cts {

namespace {

namespace fs = std::filesystem;

using sources = std::vector<config::source>;

std::string reason_text(int code) {
  auto text = std::string{std::strerror(code)};
  std::ranges::transform(text, text.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return text;
}

bool is_config_name(const std::string& name) {
  return name.ends_with(".hcl") || name.ends_with(".json");
}

/// The mode as Go prints it: `prw-r--r--`, `Dcrw-rw-rw-`.
std::string mode_text(mode_t mode) {
  auto out = std::string{};
  if (S_ISFIFO(mode))
    out = "p";
  else if (S_ISCHR(mode))
    out = "Dc";
  else if (S_ISBLK(mode))
    out = "D";
  else if (S_ISSOCK(mode))
    out = "S";
  constexpr char letters[] = "rwxrwxrwx";
  for (auto i = 0U; i < 9; ++i)
    out += (mode & (0400U >> i)) != 0 ? letters[i] : '-';
  return out;
}

result<void> add_file(sources& out, const std::string& path) {
  auto bytes = read_whole_file(path);
  auto total = std::size_t{0};
  for (const auto& each : out)
    total += each.bytes.size();
  if (bytes && total + bytes->size() > config_bytes_max)
    bytes = fail(errc::configuration, path, ": all files together are larger ",
                 "than ", config_bytes_max / (1024 * 1024), " MiB");
  if (!bytes) {
    log::error("config", "failed reading config file from disk",
               {{"file_path", path}});
    return bytes.error();
  }
  out.push_back({.path = path, .bytes = std::move(*bytes)});
  return {};
}

// Not recursive. A link whose name fits is opened, whatever it leads to.
result<void> add_folder(sources& out, const std::string& path) {
  auto names = std::vector<std::string>{};
  auto failure = std::error_code{};
  auto entry = fs::directory_iterator{path, failure};
  for (; !failure && entry != fs::directory_iterator{};
       entry.increment(failure)) {
    auto name = entry->path().filename().string();
    auto ignored = std::error_code{};
    if (is_config_name(name)
        && (entry->is_symlink(ignored) || !entry->is_directory(ignored)))
      names.push_back(std::move(name));
  }
  if (failure)
    return fail(errc::configuration, "open ", path, ": ",
                reason_text(failure.value()));
  std::ranges::sort(names);
  for (const auto& name : names)
    if (auto added = add_file(out, (fs::path{path} / name).string()); !added)
      return added.error();
  return {};
}

result<void> add_path(sources& out, const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    log::error("config", "missing file/folder", {{"file_path", path}});
    return fail(errc::configuration, "stat ", path, ": ", reason_text(errno));
  }
  if (S_ISDIR(found.st_mode))
    return add_folder(out, path);
  if (!S_ISREG(found.st_mode))
    return fail(errc::configuration, "unknown filetype \"",
                mode_text(found.st_mode), "\": ", path);
  if (found.st_size == 0 || !is_config_name(path))
    return {};
  return add_file(out, path);
}

} // namespace

result<std::vector<config::source>>
read_config_files(const std::vector<std::string>& paths) {
  auto out = sources{};
  for (const auto& path : paths)
    if (auto added = add_path(out, path); !added)
      return added.error();
  if (out.empty())
    return fail(errc::configuration, "no configuration files found");
  return out;
}

result<std::string> read_whole_file(const std::string& path) {
  // What cannot be looked at cannot be opened either, and that says why.
  auto ignored = std::error_code{};
  if (fs::is_directory(path, ignored))
    return fail(errc::configuration, "read ", path, ": is a directory");
  // A pipe or a device may keep us waiting for ever.
  if (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored))
    return fail(errc::configuration, "read ", path, ": is no regular file");
  auto file = std::ifstream{path, std::ios::binary};
  if (!file)
    return fail(errc::configuration, "open ", path, ": ", reason_text(errno));
  auto out = std::string{};
  char block[65536];
  while (file.read(block, sizeof block), file.gcount() > 0) {
    out.append(block, static_cast<std::size_t>(file.gcount()));
    if (out.size() > config_file_bytes_max)
      return fail(errc::configuration, path, ": larger than ",
                  config_file_bytes_max / (1024 * 1024), " MiB");
  }
  return out;
}

} // namespace cts

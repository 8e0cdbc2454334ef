#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace cts::test {

/// A directory of one test's own below the system's temporary folder. It is
/// removed with all its contents when the object ends.
class temp_directory {
public:
  /// Throws `std::system_error` if no directory can be made.
  temp_directory();
  ~temp_directory();
  temp_directory(const temp_directory&) = delete;
  temp_directory& operator=(const temp_directory&) = delete;

  /// The directory itself, absolute.
  const std::filesystem::path& path() const { return path_; }

  /// Writes `text` to the file `name` and makes the folders on the way there.
  /// Returns the file's path.
  std::filesystem::path write(std::string_view name,
                              std::string_view text) const;

  /// The contents of the file `name`; empty if there is none.
  std::string read(std::string_view name) const;

private:
  std::filesystem::path path_;
};

} // namespace cts::test

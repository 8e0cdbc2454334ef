#pragma once

#include "core/config/block.hpp"
#include "core/config/load.hpp"

#include <string>
#include <vector>

namespace cts::config {

/// Shows places in the files, with the secrets on the line masked.
class excerpts {
public:
  /// Longer lines are cut to this many characters around the place.
  static constexpr std::uint32_t columns_max = 160;

  explicit excerpts(const std::vector<source>& files);

  /// The line of the place and a line of carets; empty if it has no line.
  std::string at(const place& where);

  /// The place with the name of its file.
  source_range range_of(const place& where) const;

private:
  struct file {
    /// Offsets of the first byte of each line; empty until needed.
    std::vector<std::size_t> lines{};
    /// Values that must not be shown.
    std::vector<hcl::span> secrets{};
    /// A file with a syntax error: no telling what is secret.
    bool unreadable = false;
  };

  void prepare(std::uint32_t index);

  const std::vector<source>& sources_;
  std::vector<file> files_;
};

/// Are the values below something of this name kept out of excerpts?
bool hides_its_contents(std::string_view name);

/// Is the file JSON behind an `.hcl` name?
bool begins_as_json(std::string_view bytes);

} // namespace cts::config

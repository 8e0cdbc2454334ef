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
  struct mark {
    std::uint32_t line = 1;
    std::uint32_t column = 1;
    std::size_t offset = 0;
  };

  struct file {
    /// The beginning of each line and further places in long ones, in order;
    /// empty until needed.
    std::vector<mark> marks{};
    /// Values that must not be shown, in order.
    std::vector<hcl::span> secrets{};
    /// A file with a syntax error: no telling what is secret.
    bool unreadable = false;
  };

  void prepare(std::uint32_t index);
  /// The latest mark of the file that is not behind the place, or null.
  const mark* mark_before(const file& known, std::uint32_t line,
                          std::uint32_t column) const;

  const std::vector<source>& sources_;
  std::vector<file> files_;
};

/// Is the file JSON behind an `.hcl` name?
bool begins_as_json(std::string_view bytes);

} // namespace cts::config

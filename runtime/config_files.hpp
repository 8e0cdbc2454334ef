#pragma once

#include "core/config/load.hpp"
#include "core/error.hpp"

#include <string>
#include <vector>

namespace cts {

/// Reads the configuration files that `paths` name, in order: each path is a
/// file or a folder, whose `.hcl` and `.json` files are read in byte order of
/// their names. Files of other kinds and empty files are skipped. Source: spec
/// chapter configuration, 1.2 and 1.3.
///
/// Fails with the reference's texts, for example `stat x: no such file or
/// directory` or `no configuration files found`, and logs which file it was.
result<std::vector<config::source>>
read_config_files(const std::vector<std::string>& paths);

/// A larger configuration file is refused.
constexpr std::size_t config_file_bytes_max = std::size_t{64} * 1024 * 1024;

/// So are more bytes than this in all of them.
constexpr std::size_t config_bytes_max = std::size_t{256} * 1024 * 1024;

/// The bytes of the file at `path`. Fails in Go's words: `open x: no such file
/// or directory`, `read x: is a directory`. Pipes and devices are
/// refused.
result<std::string> read_whole_file(const std::string& path);

} // namespace cts

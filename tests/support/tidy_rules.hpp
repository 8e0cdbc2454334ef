#pragma once

#include "tests/support/source_text.hpp"

#include <string>
#include <vector>

/// The rules of the tree that no compiler checks. Each takes text and returns
/// what breaks it, so that each can be shown a text that does.
namespace cts::tidy {

/// One place that breaks a rule, as `path:line: sentence`.
using findings = std::vector<std::string>;

/// No file has more lines than 400.
constexpr std::size_t file_lines_max = 400;

/// No function body has more lines than 50, braces included.
constexpr std::size_t function_lines_max = 50;

/// No line of C++ has more characters than 80.
constexpr std::size_t line_columns_max = 80;

/// A folder includes only what lies below it.
findings include_directions(const source_file& file);

/// Headers name no JSON or HTTP library, and `core/` nothing that can do I/O,
/// wait, or start a thread.
findings library_includes(const source_file& file);

/// The limits on files, functions and lines; C++ only.
findings size_limits(const source_file& file);

/// Words that stand for a broken promise: waiting by time, reading the clock,
/// printing, infinite timeouts, detached actors; C++ only.
findings forbidden_words(const source_file& file);

/// Every header has `#pragma once` and opens no namespace to its includers.
findings header_rules(const source_file& file);

/// Leftover markers, places on somebody's machine, names of package mirrors;
/// every text file.
findings forbidden_text(const source_file& file);

/// Each file of `core/` has a test: `core/x` or `core/x_part` is tested by
/// `tests/core/x_test.cpp`.
findings missing_tests(const std::vector<source_file>& tree);

/// Each C++ source is named in the CMakeLists.txt of its folder or of one
/// above, relative to it, or it would not be built.
findings unlisted_sources(const std::vector<source_file>& tree);

} // namespace cts::tidy

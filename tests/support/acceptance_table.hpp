#pragma once

#include <set>
#include <string>
#include <vector>

namespace cts::test {

/// A line `| 1, 3 to 5 | `file` | `Suite.Test` |` of a table that says which
/// test makes which check.
struct acceptance_row {
  std::set<int> checks{};
  std::string file{};
  std::string suite{};
  std::string name{};
};

/// The lines of that form in a file, named from the top of the tree.
std::vector<acceptance_row> acceptance_rows(const std::string& file);

/// The checks from 1 to `last` that no line has.
std::set<int> missing_checks(const std::vector<acceptance_row>& rows, int last);

/// The lines whose file has no such test.
std::vector<std::string> missing_tests(const std::vector<acceptance_row>& rows);

} // namespace cts::test

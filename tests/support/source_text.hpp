#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// What the tidy rules need to know about C++ text, without a compiler.
namespace cts::tidy {

/// A file of the tree; `path` is relative to its root.
struct source_file {
  std::string path;
  std::string text;
};

/// An `#include` that is neither in a comment nor in a literal.
struct inclusion {
  std::size_t line;
  std::string target;
  bool quoted;
};

/// A function's body, from the line of `{` to the line of `}`.
struct function_body {
  std::size_t first_line;
  std::size_t last_line;
};

/// `text` with the same lines and columns, in which comments and the contents
/// of string and character literals are blanks.
std::string code_only(std::string_view text);

/// `text` with the same lines, in which nothing is left of raw strings.
std::string without_raw_strings(std::string_view text);

/// The lines of `text`, without their ends.
std::vector<std::string_view> lines_of(std::string_view text);

/// The inclusions of a file in their order.
std::vector<inclusion> inclusions_of(const source_file& file);

/// The bodies of the functions that `text` defines at namespace or class
/// scope, test cases among them. Lambdas belong to the function around them.
std::vector<function_body> functions_of(std::string_view text);

} // namespace cts::tidy

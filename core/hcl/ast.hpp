#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// HCL version 1, the language of configuration files: blocks, attributes,
/// literals, and no expressions. Source: spec chapter configuration, 1.4.
namespace cts::hcl {

/// From where to where in a file something is written. Lines and columns count
/// from 1, columns in code points; the end is one past the last character.
struct span {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t end_line = 0;
  std::uint32_t end_column = 0;
  bool operator==(const span&) const = default;
};

/// From the beginning of one to the end of the other.
inline span enclosing(const span& first, const span& last) {
  return {.line = first.line,
          .column = first.column,
          .end_line = last.end_line,
          .end_column = last.end_column};
}

/// The name or a label of an item.
struct key {
  std::string text{};
  span where{};
};

struct item;

/// The right side of an attribute, or the body of a block.
struct expression {
  enum class kind : std::uint8_t {
    /// Not HCL 1, but what people write for "unset".
    null,
    boolean,
    integer,
    floating,
    string,
    list,
    object,
  };

  kind what = kind::null;
  span where{};
  /// Strings: the decoded text. Numbers: as written. Booleans: `true`, `false`.
  std::string text{};
  /// Of a list.
  std::vector<expression> elements{};
  /// Of an object, in the order of the file.
  // Without initializer: it would need the complete `item` (clang 14).
  std::vector<item> items;
};

/// `key = value`, `key { ... }` or `key "label" { ... }`.
struct item {
  /// The name, then the labels; never empty.
  std::vector<key> keys{};
  /// Written with `=`.
  bool assigned = false;
  /// `key =` at the end of the file: the reference ignores it, so do we.
  bool dangling = false;
  expression value{};
  /// A comment for the end of the first line; one line. For `print`: nothing
  /// that is read has one.
  std::string remark{};
};

/// The items of a file.
using body = std::vector<item>;

} // namespace cts::hcl

#pragma once

#include "core/error.hpp"
#include "core/hcl/ast.hpp"

#include <string_view>

namespace cts::hcl {

struct member;

/// A configuration file as untyped values, whether it was HCL or JSON: what
/// the reference decodes before it looks for the meaning. Repeated scalars
/// have been replaced by the last one, repeated lists joined, repeated blocks
/// collected, labels turned into nesting. Source: spec configuration, 1.4.
struct node {
  enum class kind : std::uint8_t {
    null,
    boolean,
    integer,
    floating,
    string,
    list,
    object,
  };

  kind what = kind::null;
  /// A list of the bodies of one block: one element for each time it occurs.
  bool blocks = false;
  span where{};
  /// Strings: the text. Numbers: canonical decimal. Booleans: `true`, `false`.
  std::string text{};
  /// Of a list.
  std::vector<node> elements{};
  /// Of an object, names are unique, in the order of their first occurrence.
  // Without initializer: it would need the complete `member` (clang 14).
  std::vector<member> members;

  /// The member with exactly this name, or null.
  const member* find(std::string_view name) const;
};

struct member {
  std::string name{};
  /// Where the name is written; of a repeated one, the last place.
  span where{};
  node value{};
};

/// The same kind of a value, before and after it is merged.
node::kind kind_of(expression::kind what);

/// Values made by hand, without a place.
node text_node(std::string text);
node integer_node(std::size_t x);
node boolean_node(bool x);

/// Adds a member to `to`, which becomes an object. The name is new.
void add_member(node& to, std::string name, node x);

/// Objects of more members than this keep an index while they are built.
inline constexpr std::size_t members_without_index = 16;

/// The values of a parsed file, an object. Errors: a number that does not fit.
result<node> to_node(body items);

/// The value in Go's `%v` form: `[a b]`, `map[a:1]`.
std::string to_go_string(const node& value);

/// The name of the value's type in Go: `string`, `map[string]interface {}`.
const char* go_type(const node& value);

} // namespace cts::hcl

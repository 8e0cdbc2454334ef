#pragma once

#include "core/text_template/ast.hpp"
#include "core/value.hpp"

#include <compare>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace cts::text_template {

/// Something outside that a template asks for.
struct source {
  enum class kind : std::uint8_t {
    /// A key of Consul KV: `path` or `path@datacenter`.
    key,
    /// All keys below a path, likewise.
    tree,
    /// What Vault has at a path.
    secret,
    /// The names that Vault has below a path.
    secrets,
  };

  kind what = kind::key;
  std::string path{};
  auto operator<=>(const source&) const = default;
};

/// What is known of the outside.
struct facts {
  const std::map<std::string, std::string>& environment;
  /// Null: it does not exist. Keys are strings; trees are lists of objects with
  /// `Key`, `Path` and `Value`; a secret is an object with `Data`.
  const std::map<source, value>& answers;
};

struct outcome {
  std::string text{};
  /// What it waits for; then `text` means nothing.
  std::set<source> missing{};
};

/// A longer result is refused.
inline constexpr auto text_bytes_max = std::size_t{1024} * 1024;

/// `range` goes round as often, all loops of a template together.
inline constexpr auto rounds_max = 100'000;

/// Never names a value, which may be secret, in an error.
result<outcome> evaluate(const syntax& from, const facts& known);

} // namespace cts::text_template

#pragma once

#include "core/config/config.hpp"
#include "core/hcl/node.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cts::config {

/// Where something is written: the how-manieth file, and where in it.
struct place {
  std::uint32_t file = 0;
  hcl::span at{};
};

struct setting;

/// What the files set, and only that: a block whose values have their types.
/// Merging, defaults and checks start from here.
struct block {
  /// The type of a labelled block: `services` of `condition "services"`.
  std::string label{};
  /// Where it begins.
  place where{};
  std::map<std::string, setting, std::less<>> settings{};
  /// Something in it could not be understood: what is missing is no mistake of
  /// its own.
  bool broken = false;
  /// Instead of `settings`: the contents of a block without a schema.
  hcl::node content{};

  /// The setting, or null if no file sets it.
  const setting* find(std::string_view name) const;
  /// The nested block, or null.
  const block* child(std::string_view name) const;
  /// The nested blocks, in order.
  const std::vector<block>& children(std::string_view name) const;
  /// Where `name` is set, or else where the block begins.
  place place_of(std::string_view name) const;

  std::optional<std::string> text(std::string_view name) const;
  std::optional<std::int64_t> integer(std::string_view name) const;
  std::optional<bool> boolean(std::string_view name) const;
  std::optional<nanoseconds> time(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;
  std::map<std::string, std::string> text_map(std::string_view name) const;
  /// An object without a schema, or null.
  const hcl::node* any(std::string_view name) const;
};

struct setting {
  std::variant<std::string, std::int64_t, bool, nanoseconds,
               std::vector<std::string>, std::map<std::string, std::string>,
               hcl::node, std::vector<block>>
    data{};
  /// Where the name is written.
  place where{};
};

/// Where the setting of this path is written, or else the block around it:
/// `driver.terraform.log`, `task[2].version`. No place: in no file.
place place_at(const block& root, std::string_view path);

/// Lays `upper` over `lower`: scalars are replaced, blocks are merged setting
/// by setting, lists of blocks are appended. Source: spec configuration, 1.9.
void merge(block& lower, block upper);

/// All layers over each other, the last one on top. Neighbours are merged
/// first, so that each setting takes part in few merges, however many layers
/// there are.
block merged(std::vector<block> layers);

} // namespace cts::config

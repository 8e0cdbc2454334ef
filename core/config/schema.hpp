#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace cts::config {

/// How a value in a file is read. Source: spec configuration, 1.6.
enum class field_type : std::uint8_t {
  text,
  integer,
  boolean,
  time,
  /// A list of strings.
  texts,
  /// Strings by name.
  text_map,
  /// A block that occurs once.
  nested,
  /// A block that may be repeated.
  nested_list,
  /// A block whose label selects what it may hold; occurs once.
  typed,
  /// The same, repeated.
  typed_list,
  /// The storage of a cluster: one block with a label.
  typed_storage,
  /// An object whose values are of any type.
  any_map,
  /// Repeated blocks with a label and contents of any type.
  any_list,
};

struct field;

/// The fields of a block.
using schema = std::span<const field>;

struct field {
  std::string_view name{};
  field_type type = field_type::text;
  /// The fields of the block; those of a labelled one are its types.
  schema fields{};
};

/// The fields at the top of a configuration.
schema top_level();

/// The field of exactly this name, or null.
const field* find_field(schema fields, std::string_view name);

/// Do blocks of several files add up instead of being merged?
bool is_list_of_blocks(std::string_view name);

/// May a value of this name be a secret, wherever it is written?
bool is_secret_name(std::string_view name);

} // namespace cts::config

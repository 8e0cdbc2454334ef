#pragma once

#include "core/config/load.hpp"

#include <string>
#include <string_view>

/// One task as a JSON object: as the API takes it and as the state store keeps
/// it. Source: spec chapters rest-api 9.1 and high-availability 3.2.
namespace cts::config {

/// A task that was read, and what its author should know.
struct loaded_task {
  task value{};
  std::vector<diagnostic> warnings{};
};

/// Reads a task object: the fields of a `task` block of a configuration file,
/// where the types of conditions and module inputs may also be written as in
/// the API (`consul_kv`, `catalog_services`). Defaults and checks are those of
/// the configuration; files that the task names are not read. `known` has what
/// a task inherits. Errors: `configuration` with the first problem in the words
/// of the reference.
result<loaded_task> load_task(std::string_view json, const settings& known);

/// The same for who asks for the task alone.
result<task> decode_task(std::string_view json, const settings& known);

/// What `decode_task` reads as the same task under the same `known`. It has
/// the contents of the variable files; members are sorted by name.
std::string encode_task(const task& x, const settings& known);

} // namespace cts::config

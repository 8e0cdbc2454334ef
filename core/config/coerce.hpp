#pragma once

#include "core/config/config.hpp"
#include "core/hcl/node.hpp"

#include <string>

namespace cts::config {

/// Values of configuration files are read leniently: `"8502"` is a port, and
/// `5` a name. `path` names the field in the error, whose text is the
/// reference's. Source: spec configuration, 1.6 and 1.8.
result<std::string> to_text(const hcl::node& from, const std::string& path);

/// Floating point is cut toward zero; strings are read with any base.
result<std::int64_t> to_integer(const hcl::node& from, const std::string& path);

result<bool> to_boolean(const hcl::node& from, const std::string& path);

/// A number without unit is nanoseconds.
result<nanoseconds> to_time(const hcl::node& from, const std::string& path);

/// Go's spelling of a boolean, or nothing: `1 t T TRUE true True 0 f ...`.
std::optional<bool> boolean_of(std::string_view text);

} // namespace cts::config

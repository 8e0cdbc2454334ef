#pragma once

#include "core/config/config.hpp"

#include <algorithm>
#include <string>

namespace cts::config {

/// The block that a task means by `name` or `name.alias`; null if there is
/// none. A name means its first block, aliased or not. Source: spec
/// configuration, 2.10.
inline const terraform_provider* find_provider(const settings& known,
                                               const std::string& id) {
  auto by_name = id.find('.') == std::string::npos;
  auto found = std::find_if(
    known.providers.begin(), known.providers.end(),
    [&](const auto& x) { return by_name ? x.name == id : x.id() == id; });
  return found == known.providers.end() ? nullptr : &*found;
}

} // namespace cts::config

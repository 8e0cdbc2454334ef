#pragma once

#include "core/config/schema.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace cts::config {

/// The candidate that `word` was probably meant to be, or empty.
std::string nearest(std::string_view word,
                    const std::vector<std::string_view>& candidates);

/// `did you mean "x"?`, or empty if nothing is near.
std::string did_you_mean(std::string_view word,
                         const std::vector<std::string_view>& candidates);

/// What to do about the unknown key `path`, of which `name` is the last part
/// and `fields` are what may stand there.
std::string hint_for_key(std::string_view path, std::string_view name,
                         schema fields);

} // namespace cts::config

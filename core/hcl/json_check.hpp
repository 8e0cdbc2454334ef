#pragma once

#include "core/error.hpp"

#include <string_view>

namespace cts::hcl {

/// Is `text` one JSON value? If not, the error names the first wrong character
/// in the words of Go's decoder, which the reference passes on, and its place.
/// The library that reads the values knows neither.
result<void> check_json(std::string_view text);

} // namespace cts::hcl

#pragma once

#include "core/types.hpp"

#include <string>

namespace cts::http {

/// A time as the header field Date wants it (RFC 9110, 5.6.7):
/// `Sun, 06 Nov 1994 08:49:37 GMT`.
std::string date_text(wall_time time);

} // namespace cts::http

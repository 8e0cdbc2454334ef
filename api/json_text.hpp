#pragma once

#include <string>
#include <string_view>

namespace cts::api {

/// JSON text as Go writes it: `<`, `>`, `&`, U+2028 and U+2029 are escaped, and
/// what is not UTF-8 is replaced by U+FFFD. Takes any JSON text: outside of
/// strings these characters do not occur.
std::string go_json_text(std::string_view json);

} // namespace cts::api

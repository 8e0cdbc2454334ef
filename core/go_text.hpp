#pragma once

#include "core/error.hpp"

#include <string>
#include <string_view>

namespace cts {

/// The text between double quotes as Go's `%q` prints it: printable Unicode
/// stays, other characters are escaped.
std::string go_quote(std::string_view text);

/// The same with every byte beyond ASCII as `\xNN`, as Go quotes durations.
std::string go_quote_ascii(std::string_view text);

/// Is `pattern` a regular expression of the RE2 dialect? Errors:
/// `errc::configuration` with Go's text, ``error parsing regexp: missing
/// closing ): `(` ``.
result<void> check_regexp(const std::string& pattern);

} // namespace cts

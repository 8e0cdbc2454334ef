#pragma once

#include <string>
#include <string_view>

// What must not be shown, in excerpts of files, messages and dumps.

namespace cts::config {

/// What stands in place of a secret.
inline constexpr auto redacted = "(redacted)";

/// `text` without the logins of URLs in it, and without the secrets among their
/// parameters.
std::string without_logins(std::string_view text);

/// Are the values below something of this name kept out of excerpts? A name
/// that is spelled almost like that of a secret is probably meant to be one.
bool hides_its_contents(std::string_view name);

} // namespace cts::config

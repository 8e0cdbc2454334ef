#pragma once

#include <string_view>

namespace cts::config {

/// Whether a text is rendered where dynamic values are allowed: it holds
/// `{{ env "..." }}`, `{{ key "..." }}` or `{{ with secret "..." }}` with a
/// quoted argument right before the closing braces. Source: spec configuration,
/// 2.10.1.
bool is_template(std::string_view text);

/// Whether rendering it needs Vault.
bool asks_vault(std::string_view text);

} // namespace cts::config

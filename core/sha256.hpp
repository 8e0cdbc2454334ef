#pragma once

#include <string>
#include <string_view>

namespace cts {

/// The SHA-256 digest in lower-case hex, 64 digits. Proves that bytes are
/// whole; no secret is made of it. Source: FIPS 180-4.
std::string sha256_hex(std::string_view bytes);

} // namespace cts

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The API without a socket: what a request means and what is answered.
namespace cts::api {

/// Undoes percent-encoding once. Empty if a `%` is not followed by two
/// hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text);

/// The request target of HTTP/1.1, taken apart (RFC 9112, section 3.2).
struct target {
  /// Still percent-encoded, so that an encoded slash is no separator. Begins
  /// with a slash, or is `*`.
  std::string path{};
  /// Decoded, in the order received. Pairs that cannot be decoded, or contain
  /// a semicolon, are left out, as the reference does.
  std::vector<std::pair<std::string, std::string>> query{};
};

/// Empty if `text` is no target, or its path is wrongly percent-encoded.
std::optional<target> parse_target(std::string_view text);

/// All values of the query parameter `name`, in the order received.
std::vector<std::string> values_of(const target& where, std::string_view name);

} // namespace cts::api

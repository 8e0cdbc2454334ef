#include "core/consul/address.hpp"

namespace cts::consul {

result<address> parse_address(std::string_view text, bool tls) {
  constexpr auto separator = std::string_view{"://"};
  auto scheme = std::string_view{"http"};
  auto rest = text;
  if (auto at = text.find(separator); at != std::string_view::npos) {
    scheme = text.substr(0, at);
    rest = text.substr(at + separator.size());
  }
  if (scheme == "unix") {
    if (rest.empty())
      return fail(errc::configuration, "consul address \"", text,
                  "\" names no socket");
    // The authority is never resolved, but HTTP needs one.
    return address{.base_url = tls ? "https://localhost" : "http://localhost",
                   .tls = tls,
                   .socket = std::string{rest}};
  }
  if (scheme != "http" && scheme != "https")
    return fail(errc::configuration, "Unknown protocol scheme: ", scheme);
  while (rest.ends_with('/'))
    rest.remove_suffix(1);
  if (rest.empty() || rest.front() == '/')
    return fail(errc::configuration, "consul address \"", text,
                "\" names no host");
  auto secure = tls || scheme == "https";
  return address{.base_url = std::string{secure ? "https" : "http"}
                             + std::string{separator} + std::string{rest},
                 .tls = secure};
}

std::string without_password(std::string_view url) {
  auto scheme = url.find("://");
  auto begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  auto host = url.find('@', begin);
  auto colon = url.find(':', begin);
  if (host == std::string_view::npos || colon >= host
      || url.find('/', begin) < host)
    return std::string{url};
  return std::string{url.substr(0, colon + 1)} + "***"
         + std::string{url.substr(host)};
}

} // namespace cts::consul

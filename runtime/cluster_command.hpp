#pragma once

#include "core/error.hpp"
#include "runtime/command_line.hpp"
#include "runtime/http_options.hpp"

#include <string>

namespace cts {

/// Where a client command finds the API, and how.
struct api_endpoint {
  /// `http://host:port`, without a slash at the end.
  std::string url{};
  http_options http{};
  /// Of deprecated options; complete lines.
  std::string warning{};
};

/// What the options and the variables `CTS_ADDRESS`, `CTS_CACERT`,
/// `CTS_CAPATH`, `CTS_CLIENT_CERT`, `CTS_CLIENT_KEY` and `CTS_SSL_VERIFY` come
/// to. Fails with `configuration` in the words of the reference. Source: spec
/// chapter cli, 9.1 to 9.3.
result<api_endpoint> endpoint_of(const client_options& x,
                                 const environment& variables);

/// `address` of the text `redirect requests to leader '<id>' at <address>`;
/// empty: there is none.
std::string redirected_to(const std::string& message);

/// The members of the cluster for people, from the body of
/// `/v1/status/cluster?verbose`. Fails with `malformed`.
result<std::string> cluster_table(const std::string& body);

/// The text with line breaks at blanks, so that no line is longer than 78
/// columns where that is possible.
std::string wrapped(const std::string& text);

/// `cluster status` and `cluster step-down`: asks the API and says what it
/// answered. Exit code 0 or 11.
spoken_command run_cluster(const cluster_command& order);

} // namespace cts

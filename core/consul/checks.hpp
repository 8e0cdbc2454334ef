#pragma once

#include "core/consul/request.hpp"
#include "core/error.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The checks of a service, wherever it runs. Source:
/// https://developer.hashicorp.com/consul/api-docs/health
namespace cts::consul {

struct service_check {
  std::string service_id{};
  std::string check_id{};
  /// `passing`, `warning` or `critical`.
  std::string status{};
  bool operator==(const service_check&) const = default;
};

request checks_request(std::string_view service, std::string_view ns);

/// Absent fields are empty. Fails with `malformed` if the text is no list of
/// checks.
result<std::vector<service_check>> decode_checks(std::string_view body);

} // namespace cts::consul

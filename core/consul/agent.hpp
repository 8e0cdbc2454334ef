#pragma once

#include "core/consul/request.hpp"
#include "core/error.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Source: https://developer.hashicorp.com/consul/api-docs/agent/service
namespace cts::consul {

/// A check that the agent makes by HTTP. Its status is `critical` until the
/// first answer.
struct http_check {
  std::string id{};
  std::string name{};
  std::string notes{};
  std::string url{};
  std::string method = "GET";
  std::chrono::seconds interval{10};
  std::chrono::seconds timeout{2};
  bool tls_skip_verify = true;
  std::chrono::minutes deregister_critical_after{30};
};

/// A check that the agent makes by opening a connection. Its status is
/// `passing` until the first one is refused, since a session may be bound to it
/// at once.
struct tcp_check {
  std::string id{};
  std::string name{};
  /// `host:port`.
  std::string address{};
  std::chrono::seconds interval{1};
  std::chrono::seconds timeout{10};
};

/// A service of this agent.
struct service_definition {
  std::string id{};
  std::string name{};
  std::vector<std::string> tags{};
  /// Empty: the node's address.
  std::string address{};
  /// 1 to 65535.
  int port = 0;
  std::map<std::string, std::string> meta{};
  std::string ns{};
  std::optional<http_check> check{};
  std::optional<tcp_check> alive{};
};

/// Registers the service; repeating it keeps the status of its check.
request register_service(const service_definition& x);

/// Removes the service with this id.
request deregister_service(std::string_view id, std::string_view ns);

/// Asks whether the agent knows the service with this id: 200 or 404.
request service_request(std::string_view id, std::string_view ns);

} // namespace cts::consul

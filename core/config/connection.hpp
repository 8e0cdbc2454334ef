#pragma once

#include <chrono>
#include <string>

/// How the process reaches Consul and Vault. Source: spec chapter
/// configuration, 2.6 and 2.7.
namespace cts::config {

/// Go durations are whole nanoseconds.
using nanoseconds = std::chrono::nanoseconds;

struct auth {
  bool enabled = false;
  std::string username{};
  std::string password{};
  bool operator==(const auth&) const = default;
};

/// TLS of a connection that we open.
struct client_tls {
  bool enabled = false;
  std::string ca_cert{};
  std::string ca_path{};
  std::string cert{};
  std::string key{};
  std::string server_name{};
  bool verify = true;
  bool operator==(const client_tls&) const = default;
};

struct transport {
  nanoseconds dial_keep_alive = std::chrono::seconds{30};
  nanoseconds dial_timeout = std::chrono::seconds{30};
  bool disable_keep_alives = false;
  nanoseconds idle_conn_timeout = std::chrono::seconds{5};
  /// 0: no limit.
  int max_idle_conns = 0;
  int max_idle_conns_per_host = 100;
  nanoseconds tls_handshake_timeout = std::chrono::seconds{10};
  bool operator==(const transport&) const = default;
};

struct default_check {
  bool enabled = true;
  std::string address{};
  bool operator==(const default_check&) const = default;
};

struct service_registration {
  bool enabled = true;
  std::string service_name = "consul-terraform-sync";
  std::string address{};
  std::string ns{};
  config::default_check default_check{};
  bool operator==(const service_registration&) const = default;
};

struct consul {
  std::string address = "localhost:8500";
  std::string token{};
  std::string kv_path = "consul-terraform-sync/";
  std::string kv_namespace{};
  config::auth auth{};
  client_tls tls{};
  config::transport transport{};
  config::service_registration service_registration{};
  /// How long an unreachable agent is waited for at start.
  nanoseconds startup_wait{0};
  /// `wait` of a blocking query, 10 s to 10 min.
  nanoseconds block_wait = std::chrono::seconds{120};
  int max_blocking_conns = 100;
  /// Whether queries may be answered by the agent's cache.
  bool use_cache = false;
  /// `warn` or `hold`, when ACLs hide part of an answer.
  std::string on_acl_filtered = "warn";
  bool operator==(const consul&) const = default;
};

struct vault {
  bool enabled = false;
  /// Empty although enabled: the client's default.
  std::string address{};
  std::string ns{};
  std::string token{};
  std::string vault_agent_token_file{};
  bool renew_token = false;
  bool unwrap_token = false;
  client_tls tls{.enabled = true};
  config::transport transport{};
  bool operator==(const vault&) const = default;
};

} // namespace cts::config

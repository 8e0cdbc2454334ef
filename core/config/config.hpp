#pragma once

#include "core/error.hpp"
#include "core/value.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The effective configuration: what remains after files, environment and
/// defaults were merged and checked. Source: spec chapter configuration, 2.
namespace cts::config {

/// Go durations are whole nanoseconds.
using nanoseconds = std::chrono::nanoseconds;

/// Quiet time that groups changes. Disabled: both are zero.
struct buffer_period {
  bool enabled = true;
  nanoseconds min = std::chrono::seconds{5};
  nanoseconds max = std::chrono::seconds{20};
  bool operator==(const buffer_period&) const = default;
};

/// A `buffer_period` block of a task: what the user wrote, nothing filled in.
struct buffer_period_block {
  std::optional<bool> enabled{};
  std::optional<nanoseconds> min{};
  std::optional<nanoseconds> max{};
  bool operator==(const buffer_period_block&) const = default;
};

/// Which service instances: by name or by regular expression, never both.
struct services_query {
  /// Sorted and without duplicates; empty if `regexp` is used.
  std::vector<std::string> names{};
  std::optional<std::string> regexp{};
  std::string datacenter{};
  std::string ns{};
  std::string filter{};
  std::map<std::string, std::string> cts_user_defined_meta{};
  bool operator==(const services_query&) const = default;
};

/// A key of Consul KV, or with `recurse` all keys that begin with `path`.
struct consul_kv_query {
  std::string path{};
  bool recurse = false;
  std::string datacenter{};
  std::string ns{};
  bool operator==(const consul_kv_query&) const = default;
};

struct services_condition {
  services_query query{};
  bool use_as_module_input = true;
  bool operator==(const services_condition&) const = default;
};

struct catalog_services_condition {
  std::string regexp{};
  std::string datacenter{};
  std::string ns{};
  std::map<std::string, std::string> node_meta{};
  bool use_as_module_input = true;
  bool operator==(const catalog_services_condition&) const = default;
};

struct consul_kv_condition {
  consul_kv_query query{};
  bool use_as_module_input = true;
  bool operator==(const consul_kv_condition&) const = default;
};

struct schedule_condition {
  std::string cron{};
  bool operator==(const schedule_condition&) const = default;
};

/// The task runs once at start and then only on demand, unless a
/// `module_input "services"` triggers it.
struct no_condition {
  bool operator==(const no_condition&) const = default;
};

using condition
  = std::variant<no_condition, services_condition, catalog_services_condition,
                 consul_kv_condition, schedule_condition>;

/// Consul data that is passed to the module without triggering the task.
using module_input = std::variant<services_query, consul_kv_query>;

/// A deprecated `service` block.
struct service {
  std::string name{};
  /// Defaults to the name.
  std::string id{};
  std::string description{};
  std::string datacenter{};
  std::string ns{};
  std::string filter{};
  std::map<std::string, std::string> cts_user_defined_meta{};
  bool operator==(const service&) const = default;
};

/// A `terraform_provider` block.
struct terraform_provider {
  std::string name{};
  std::string alias{};
  /// Everything but `alias` and `task_env`; includes `auto_commit`.
  object arguments{};
  std::map<std::string, std::string> task_env{};
  /// `name` or `name.alias`.
  std::string id() const { return alias.empty() ? name : name + "." + alias; }
  bool operator==(const terraform_provider&) const = default;
};

/// Meaningful with the Terraform Cloud driver only.
struct terraform_cloud_workspace {
  std::string execution_mode{};
  std::string agent_pool_id{};
  std::string agent_pool_name{};
  std::string terraform_version{};
  bool operator==(const terraform_cloud_workspace&) const = default;
};

struct task {
  std::string name{};
  std::string description{};
  /// As configured; `./` and `../` are resolved by the driver.
  std::string module{};
  std::string version{};
  std::vector<std::string> providers{};
  bool enabled = true;
  config::condition condition{};
  std::vector<module_input> module_inputs{};
  std::vector<std::string> variable_files{};
  /// Parsed values of `variable_files` and `variables`.
  object variables{};
  /// As written in the task; absent: the global one is inherited.
  std::optional<buffer_period_block> buffer_block{};
  /// What the task really uses (chapter configuration 2.14).
  buffer_period buffer{};
  /// As configured, or `<working_dir>/<name>`.
  std::string working_dir{};
  terraform_cloud_workspace workspace{};
  std::string terraform_version{};
  /// The deprecated `services` list.
  std::vector<std::string> services{};
  bool operator==(const task&) const = default;
};

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
  bool operator==(const consul&) const = default;
};

/// The backend block of the generated root module: label and arguments, with
/// what we fill in for Consul (chapter configuration 2.8.1).
struct backend {
  std::string type = "consul";
  object arguments{};
  bool operator==(const backend&) const = default;
};

struct terraform_driver {
  /// Absolute folder that holds the program.
  std::string path{};
  /// Whether `path` was written by the user (then PATH is not searched).
  bool path_configured = false;
  std::string version{};
  bool log = false;
  bool persist_log = false;
  config::backend backend{};
  /// Provider name to a version string or an object.
  object required_providers{};
  /// Terraform's `-parallelism`.
  int parallelism = 10;
  bool classic_commands = false;
  nanoseconds init_timeout = std::chrono::minutes{10};
  nanoseconds validate_timeout = std::chrono::minutes{2};
  /// 0: none.
  nanoseconds apply_timeout{0};
  bool operator==(const terraform_driver&) const = default;
};

struct syslog {
  bool enabled = false;
  std::string facility = "LOCAL0";
  std::string name = "consul-terraform-sync";
  bool operator==(const syslog&) const = default;
};

/// TLS of the API that we serve.
struct server_tls {
  bool enabled = false;
  std::string cert{};
  std::string key{};
  bool verify_incoming = false;
  std::string ca_cert{};
  std::string ca_path{};
  bool operator==(const server_tls&) const = default;
};

/// The whole effective configuration.
struct settings {
  /// TRACE, DEBUG, INFO, WARN or ERR.
  std::string log_level = "INFO";
  /// 0 to 65535; 0 picks a free port.
  int port = 8558;
  std::string working_dir = "sync-tasks";
  std::string id{};
  cts::config::syslog syslog{};
  cts::config::buffer_period buffer_period{};
  server_tls tls{};
  cts::config::consul consul{};
  terraform_driver driver{};
  std::vector<terraform_provider> providers{};
  /// In configuration order: order of files as loaded, then in the file.
  std::vector<task> tasks{};
  std::vector<service> services{};
  /// 0: no limit.
  int max_parallel_runs = 4;
  /// How long running Terraform processes may take to end at shutdown.
  nanoseconds shutdown_grace = std::chrono::seconds{10};
  bool operator==(const settings&) const = default;
};

} // namespace cts::config

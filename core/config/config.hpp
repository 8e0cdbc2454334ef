#pragma once

#include "core/config/connection.hpp"
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

/// A command that runs after each apply of a task.
struct after_apply {
  std::vector<std::string> command{};
  /// 0: none.
  nanoseconds timeout{0};
  bool operator==(const after_apply&) const = default;
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
  /// Whether a failed run is tried again without a new trigger.
  bool retry_failed = false;
  /// How long a run may take; 0: no limit.
  nanoseconds run_timeout{0};
  /// Whether a run that would see no data at all is held back.
  bool hold_empty = false;
  /// Whether a run whose input is unchanged is applied; absent: no.
  std::optional<bool> always_apply{};
  /// Absent: the driver's.
  std::optional<int> terraform_parallelism{};
  bool terraform_refresh = true;
  std::optional<nanoseconds> apply_timeout{};
  std::optional<nanoseconds> plan_timeout{};
  /// Name of the task whose state this one takes over.
  std::string renamed_from{};
  std::optional<config::after_apply> after_apply{};
  bool operator==(const task&) const = default;
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
  nanoseconds plan_timeout{0};
  /// Accepted versions of Terraform.
  std::string version_constraint = ">= 0.13.0, < 2.0.0";
  /// Whether Terraform may be downloaded.
  bool install = true;
  /// Empty: the official site.
  std::string releases_url{};
  /// File name of the program below `path`.
  std::string binary = "terraform";
  std::string plugin_cache_dir{};
  std::string log_level{};
  /// How long a foreign state lock is waited for.
  nanoseconds lock_wait = std::chrono::seconds{60};
  /// 0: never.
  nanoseconds steal_locks_after{0};
  nanoseconds cancel_grace = std::chrono::seconds{60};
  bool detach = false;
  /// What happens to the state when the backend changes.
  std::string migrate = "copy";
  bool progress = false;
  bool operator==(const terraform_driver&) const = default;
};

/// The Terraform Cloud or Enterprise driver. Source: spec configuration, 2.9.
struct terraform_cloud_driver {
  /// Base URL.
  std::string hostname = "https://app.terraform.io";
  std::string organization{};
  std::string token{};
  /// Deprecated: joined to the task's name by a dash.
  std::string workspace_prefix{};
  /// Joined to the task's name as it is; wins over `workspace_prefix`.
  std::string prefix{};
  std::vector<std::string> tags{};
  std::vector<std::string> tags_allowlist{};
  std::vector<std::string> tags_denylist{};
  object required_providers{};
  client_tls tls{};
  /// Name of the workspace of a task.
  std::string workspace_name(const std::string& task) const {
    if (!prefix.empty() || workspace_prefix.empty())
      return prefix + task;
    return workspace_prefix + "-" + task;
  }
  bool operator==(const terraform_cloud_driver&) const = default;
};

/// How the leader of a cluster is replaced; all of it is ours. Source: spec
/// high-availability, 4.4.
struct failover {
  /// `task`: at most one instance runs a task. `instance`: at most one
  /// instance runs anything.
  std::string exclusive = "task";
  /// Whether the session ends with the process check of the registered service,
  /// and with the health of the node.
  bool process_check = true;
  bool node_check = true;
  /// Whether followers watch the leader over a connection of their own.
  bool peer_link = true;
  /// How long a leader may be stuck until its witness gives the lock back.
  nanoseconds stall_timeout = std::chrono::seconds{5};
  /// How long runs may go on after the lock was given back in order.
  nanoseconds drain_timeout = std::chrono::minutes{10};
  /// How long a run may go on without proof that it may: 20 s to 60 s. Default:
  /// twice the session's TTL, within these bounds.
  nanoseconds lease = std::chrono::seconds{30};
  bool operator==(const failover&) const = default;
};

/// Present: several instances share the work. Source: spec configuration,
/// 2.18.
struct high_availability {
  std::string cluster_name{};
  std::string parent_path = "consul-terraform-sync/";
  std::string ns{};
  nanoseconds session_ttl = std::chrono::seconds{15};
  /// What the other instances are told; may be empty.
  std::string address{};
  /// `<parent_path>/<cluster_name>`, slashes collapsed.
  std::string path{};
  config::failover failover{};
  bool operator==(const high_availability&) const = default;
};

struct syslog {
  bool enabled = false;
  std::string facility = "LOCAL0";
  std::string name = "consul-terraform-sync";
  /// `udp` or `tcp`; empty: the local daemon.
  std::string network{};
  std::string address{};
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
  cts::config::vault vault{};
  /// Meaningless if `cloud` is present.
  terraform_driver driver{};
  /// Present: this driver runs the tasks.
  std::optional<terraform_cloud_driver> cloud{};
  std::optional<cts::config::high_availability> high_availability{};
  std::vector<terraform_provider> providers{};
  /// In configuration order: order of files as loaded, then in the file.
  std::vector<task> tasks{};
  std::vector<service> services{};
  /// 0: no limit.
  int max_parallel_runs = 4;
  /// How long running Terraform processes may take to end at shutdown.
  nanoseconds shutdown_grace = std::chrono::seconds{10};
  int once_parallelism = 1;
  /// Whether the health endpoint judges the tasks, too.
  bool health_strict = false;
  /// Whether templates are rendered outside `terraform_provider`, too.
  bool dynamic_values = false;
  /// A license is configured: accepted and without effect, to be logged once.
  bool license_configured = false;
  bool operator==(const settings&) const = default;
};

} // namespace cts::config

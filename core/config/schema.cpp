#include "core/config/schema.hpp"

#include <algorithm>
#include <string>

namespace cts::config {

namespace {

using enum field_type;

constexpr field syslog_fields[] = {
  {"enabled", boolean}, {"facility", text}, {"name", text},
  {"network", text},    {"address", text},
};

constexpr field buffer_period_fields[] = {
  {"enabled", boolean},
  {"min", time},
  {"max", time},
};

constexpr field server_tls_fields[] = {
  {"enabled", boolean}, {"cert", text},    {"key", text},
  {"ca_cert", text},    {"ca_path", text}, {"verify_incoming", boolean},
};

constexpr field client_tls_fields[] = {
  {"enabled", boolean}, {"ca_cert", text}, {"ca_path", text},
  {"cert", text},       {"key", text},     {"server_name", text},
  {"verify", boolean},
};

constexpr field transport_fields[] = {
  {"dial_keep_alive", time},        {"dial_timeout", time},
  {"disable_keep_alives", boolean}, {"idle_conn_timeout", time},
  {"max_idle_conns", integer},      {"max_idle_conns_per_host", integer},
  {"tls_handshake_timeout", time},
};

constexpr field auto_retrieval_fields[] = {{"enabled", boolean}};

constexpr field license_fields[] = {
  {"path", text},
  {"auto_retrieval", nested, auto_retrieval_fields},
};

constexpr field auth_fields[] = {
  {"enabled", boolean},
  {"username", text},
  {"password", text},
};

constexpr field default_check_fields[] = {
  {"enabled", boolean},
  {"address", text},
};

constexpr field service_registration_fields[] = {
  {"enabled", boolean},
  {"service_name", text},
  {"address", text},
  {"namespace", text},
  {"default_check", nested, default_check_fields},
};

constexpr field consul_fields[] = {
  {"address", text},
  {"token", text},
  {"kv_path", text},
  {"kv_namespace", text},
  {"auth", nested, auth_fields},
  {"tls", nested, client_tls_fields},
  {"transport", nested, transport_fields},
  {"service_registration", nested, service_registration_fields},
  {"startup_wait", time},
  {"block_wait", time},
  {"max_blocking_conns", integer},
  {"use_cache", boolean},
  {"on_acl_filtered", text},
};

constexpr field vault_fields[] = {
  {"enabled", boolean},
  {"address", text},
  {"namespace", text},
  {"token", text},
  {"vault_agent_token_file", text},
  {"renew_token", boolean},
  {"unwrap_token", boolean},
  {"tls", nested, client_tls_fields},
  {"transport", nested, transport_fields},
};

constexpr field terraform_fields[] = {
  {"path", text},
  {"version", text},
  {"log", boolean},
  {"persist_log", boolean},
  {"backend", any_map},
  {"required_providers", any_map},
  {"version_constraint", text},
  {"install", boolean},
  {"releases_url", text},
  {"binary", text},
  {"classic_commands", boolean},
  {"plugin_cache_dir", text},
  {"parallelism", integer},
  {"log_level", text},
  {"lock_wait", time},
  {"steal_locks_after", time},
  {"init_timeout", time},
  {"validate_timeout", time},
  {"plan_timeout", time},
  {"apply_timeout", time},
  {"cancel_grace", time},
  {"detach", boolean},
  {"migrate", text},
  {"progress", boolean},
};

constexpr field workspaces_fields[] = {
  {"prefix", text},
  {"tags", texts},
  {"tags_allowlist", texts},
  {"tags_denylist", texts},
};

constexpr field terraform_cloud_fields[] = {
  {"hostname", text},
  {"organization", text},
  {"token", text},
  {"workspace_prefix", text},
  {"workspaces", nested, workspaces_fields},
  {"required_providers", any_map},
  {"tls", nested, client_tls_fields},
};

constexpr field driver_fields[] = {
  {"terraform", nested, terraform_fields},
  {"terraform-cloud", nested, terraform_cloud_fields},
};

constexpr field services_fields[] = {
  {"names", texts},    {"regexp", text}, {"datacenter", text},
  {"namespace", text}, {"filter", text}, {"cts_user_defined_meta", text_map},
};

constexpr field services_condition_fields[] = {
  {"names", texts},
  {"regexp", text},
  {"datacenter", text},
  {"namespace", text},
  {"filter", text},
  {"cts_user_defined_meta", text_map},
  {"use_as_module_input", boolean},
  {"source_includes_var", boolean},
};

constexpr field catalog_services_fields[] = {
  {"regexp", text},
  {"datacenter", text},
  {"namespace", text},
  {"node_meta", text_map},
  {"use_as_module_input", boolean},
  {"source_includes_var", boolean},
};

constexpr field consul_kv_fields[] = {
  {"path", text},
  {"recurse", boolean},
  {"datacenter", text},
  {"namespace", text},
};

constexpr field consul_kv_condition_fields[] = {
  {"path", text},
  {"recurse", boolean},
  {"datacenter", text},
  {"namespace", text},
  {"use_as_module_input", boolean},
  {"source_includes_var", boolean},
};

constexpr field schedule_fields[] = {{"cron", text}};

// The order in which the reference looks for the type.
constexpr field condition_types[] = {
  {"no-condition", nested, {}},
  {"catalog-services", nested, catalog_services_fields},
  {"services", nested, services_condition_fields},
  {"consul-kv", nested, consul_kv_condition_fields},
  {"schedule", nested, schedule_fields},
};

constexpr field module_input_types[] = {
  {"services", nested, services_fields},
  {"consul-kv", nested, consul_kv_fields},
};

constexpr field terraform_cloud_workspace_fields[] = {
  {"execution_mode", text},
  {"agent_pool_id", text},
  {"agent_pool_name", text},
  {"terraform_version", text},
};

constexpr field after_apply_fields[] = {{"command", texts}, {"timeout", time}};

constexpr field task_fields[] = {
  {"name", text},
  {"description", text},
  {"module", text},
  {"version", text},
  {"providers", texts},
  {"enabled", boolean},
  {"condition", typed, condition_types},
  {"module_input", typed_list, module_input_types},
  {"variable_files", texts},
  {"variables", text_map},
  {"buffer_period", nested, buffer_period_fields},
  {"working_dir", text},
  {"terraform_cloud_workspace", nested, terraform_cloud_workspace_fields},
  {"terraform_version", text},
  {"services", texts},
  {"source", text},
  {"source_input", typed_list, module_input_types},
  {"retry_failed", boolean},
  {"run_timeout", time},
  {"hold_empty", boolean},
  {"always_apply", boolean},
  {"terraform_parallelism", integer},
  {"terraform_refresh", boolean},
  {"apply_timeout", time},
  {"plan_timeout", time},
  {"renamed_from", text},
  {"after_apply", nested, after_apply_fields},
};

constexpr field service_fields[] = {
  {"name", text},
  {"id", text},
  {"description", text},
  {"datacenter", text},
  {"namespace", text},
  {"filter", text},
  {"cts_user_defined_meta", text_map},
};

constexpr field consul_storage_fields[] = {
  {"parent_path", text},
  {"namespace", text},
  {"session_ttl", time},
};

constexpr field storage_types[] = {
  {"consul", nested, consul_storage_fields},
};

constexpr field failover_fields[] = {
  {"exclusive", text},    {"process_check", boolean}, {"node_check", boolean},
  {"peer_link", boolean}, {"stall_timeout", time},    {"drain_timeout", time},
  {"lease", time},
};

constexpr field cluster_fields[] = {
  {"name", text},
  {"storage", typed_storage, storage_types},
  {"failover", nested, failover_fields},
};

constexpr field instance_fields[] = {{"address", text}};

constexpr field high_availability_fields[] = {
  {"cluster", nested, cluster_fields},
  {"instance", nested, instance_fields},
};

constexpr field health_fields[] = {{"strict", boolean}};

constexpr field top_level_fields[] = {
  {"log_level", text},
  {"port", integer},
  {"working_dir", text},
  {"id", text},
  {"client_type", text},
  {"syslog", nested, syslog_fields},
  {"buffer_period", nested, buffer_period_fields},
  {"tls", nested, server_tls_fields},
  {"license", nested, license_fields},
  {"license_path", text},
  {"consul", nested, consul_fields},
  {"vault", nested, vault_fields},
  {"driver", nested, driver_fields},
  {"terraform_provider", any_list},
  {"task", nested_list, task_fields},
  {"service", nested_list, service_fields},
  {"high_availability", nested, high_availability_fields},
  {"dynamic_values", boolean},
  {"max_parallel_runs", integer},
  {"once_parallelism", integer},
  {"shutdown_grace", time},
  {"health", nested, health_fields},
};

} // namespace

schema top_level() {
  return top_level_fields;
}

const field* find_field(schema fields, std::string_view name) {
  auto found = std::find_if(fields.begin(), fields.end(),
                            [&](const auto& x) { return x.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

bool is_list_of_blocks(std::string_view name) {
  return name == "task" || name == "service" || name == "terraform_provider"
         || name == "module_input" || name == "source_input";
}

bool is_secret_name(std::string_view name) {
  auto lower = std::string{name};
  for (auto& c : lower)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c | 0x20);
  constexpr std::string_view words[]
    = {"token",      "password", "secret",      "passphrase",
       "credential", "api_key",  "private_key", "access_key"};
  return lower != "token_file" && lower != "vault_agent_token_file"
         && lower != "renew_token" && lower != "unwrap_token"
         && std::any_of(std::begin(words), std::end(words), [&](auto word) {
              return lower.find(word) != std::string::npos;
            });
}

} // namespace cts::config

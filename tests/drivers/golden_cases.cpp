#include "tests/drivers/golden_cases.hpp"

namespace cts::golden {

namespace {

value text(std::string x) {
  return value{std::move(x)};
}

value num(std::string x) {
  return value{number{std::move(x)}};
}

value flag(bool x) {
  return value{x};
}

value items(list xs) {
  return value{std::move(xs)};
}

value members(object x) {
  return value{std::move(x)};
}

config::services_condition names(std::vector<std::string> xs) {
  return {.query = {.names = std::move(xs)}};
}

config::task module_task(std::string name, std::string module) {
  return {.name = std::move(name),
          .module = std::move(module),
          .condition = names({"web"})};
}

config::task edge_task() {
  return {.name = "edge-lb",
          .description = "keep the edge pool in sync",
          .module = "acme/edge-pool/lb",
          .version = "2.4.1",
          .condition = names({"web"})};
}

config::task kv_task(config::consul_kv_condition condition) {
  return {.name = "kv_task",
          .description = "flags",
          .module = "/srv/cts/modules/kv",
          .condition = std::move(condition)};
}

config::settings with(config::task task) {
  auto out = config::settings{};
  out.driver.backend.arguments
    = {{"address", text("localhost:8500")},
       {"gzip", flag(true)},
       {"path", text("consul-terraform-sync/terraform")}};
  out.tasks.push_back(std::move(task));
  return out;
}

settings_maker edge_with(config::condition condition) {
  return [condition] {
    auto task = edge_task();
    task.condition = condition;
    return with(task);
  };
}

settings_maker kv_with(config::consul_kv_condition condition) {
  return [condition] { return with(kv_task(condition)); };
}

settings_maker backend(std::string type, object arguments) {
  return [type, arguments] {
    auto out = with(edge_task());
    out.driver.backend = {.type = type, .arguments = arguments};
    return out;
  };
}

config::settings services_names() {
  auto task = edge_task();
  task.condition = config::services_condition{
    .query = {.names = {"api", "web"},
              .datacenter = "dc1",
              .filter = "Service.Meta.tier == \"gold\"",
              .cts_user_defined_meta = {{"owner", "netops"}}}};
  return with(task);
}

config::settings deprecated_list() {
  auto task = edge_task();
  task.condition = config::no_condition{};
  task.services = {"web", "api-v2"};
  auto out = with(task);
  out.services
    = {{.name = "web", .id = "web", .cts_user_defined_meta = {{"pool", "p1"}}},
       {.name = "api",
        .id = "api-v2",
        .datacenter = "dc1",
        .filter = "\"v2\" in Service.Tags"}};
  return out;
}

config::settings catalog_input() {
  auto task = module_task("cat_task", "/srv/cts/modules/dns");
  task.condition = config::catalog_services_condition{
    .regexp = "^web.*", .datacenter = "dc1", .node_meta = {{"zone", "z1"}}};
  task.module_inputs = {config::services_query{.names = {"web"}}};
  return with(task);
}

config::settings catalog_no_input() {
  auto task = module_task("cat_task", "/srv/cts/modules/dns");
  task.condition = config::catalog_services_condition{
    .regexp = "^web.*", .use_as_module_input = false};
  return with(task);
}

config::settings multi_inputs() {
  auto task = module_task("multi", "/srv/cts/modules/all");
  task.description = "three inputs";
  task.condition = config::catalog_services_condition{.regexp = ".*"};
  task.module_inputs = {config::consul_kv_query{.path = "app/flag"},
                        config::services_query{.regexp = "api"}};
  return with(task);
}

config::settings schedule_inputs() {
  auto task = module_task(
    "nightly", "git::https://example.com/net/mod.git//report?ref=v1.2.0");
  task.description = "nightly report";
  task.condition = config::schedule_condition{.cron = "0 30 2 * * * *"};
  task.module_inputs
    = {config::services_query{.names = {"api"}},
       config::consul_kv_query{.path = "report/", .recurse = true}};
  return with(task);
}

object panos_arguments() {
  return {
    {"hostname", text("fw1.example.com")},
    {"username", text("cts")},
    {"password", text("p\"w${d}")},
    {"port", num("8443")},
    {"timeout", num("2.5")},
    {"verify_certificate", flag(false)},
    {"auto_commit", flag(true)},
    {"targets", items({text("a"), text("b")})},
    {"empty_list", items({})},
    {"empty_obj", members({})},
    {"additional_headers", members({{"x-team", text("net")},
                                    {"retry", members({{"max", num("3")}})}})},
  };
}

config::settings providers() {
  auto task = module_task("fw", "acme/fw/panos");
  task.description = "firewall objects";
  task.version = "~> 1.0";
  task.providers = {"panos.east", "dns", "null"};
  auto out = with(task);
  out.driver.backend
    = {.type = "local",
       .arguments = {{"workspace_dir", text("/var/lib/cts/state")}}};
  out.driver.required_providers = {
    {"panos", members({{"source", text("PaloAltoNetworks/panos")},
                       {"version", text("1.11.1")}})},
    {"dns", members({{"source", text("hashicorp/dns")}})},
    {"null", text("~> 3.0")},
    {"unused", members({{"source", text("acme/unused")}})},
  };
  auto update = members(
    {{"server", text("10.0.0.53")}, {"key_secret", text("s3cr3t==")}});
  out.providers = {{.name = "panos",
                    .alias = "east",
                    .arguments = panos_arguments(),
                    .task_env = {{"PANOS_LOGGING", "quiet"}}},
                   {.name = "dns", .arguments = {{"update", update}}}};
  return out;
}

config::settings providers_013() {
  auto task = module_task("fw", "acme/fw/dns");
  task.providers = {"dns"};
  auto out = with(task);
  auto update = members({{"server", text("10.0.0.53")}});
  out.providers = {{.name = "dns", .arguments = {{"update", update}}}};
  return out;
}

config::settings repeated_block_case() {
  auto task = module_task("fw2", "acme/fw/dns");
  task.providers = {"dns"};
  auto out = with(task);
  auto blocks
    = repeated_block{{{{"server", text("10.0.0.53")}, {"port", num("53")}},
                      {{"server", text("10.0.0.54")}}}};
  out.providers = {{.name = "dns",
                    .arguments = {{"update", value{blocks}},
                                  {"single", items({text("only")})}}}};
  return out;
}

config::settings variable_files() {
  auto task = module_task("vars", "acme/vars/any");
  task.description = "typed inputs";
  task.version = "0.1.0";
  auto b = items({num("1"), items({text("c")})});
  task.variables = {
    {"size", num("3")},
    {"ratio", num("0.25")},
    {"big", num("12345678901234567890")},
    {"neg", num("-1")},
    {"enabled", flag(true)},
    {"name", text("blue green")},
    {"zones", items({text("a"), text("b")})},
    {"mixed", items({text("a"), num("1"), flag(true)})},
    {"none", items({})},
    {"nested", members({{"a", members({{"b", b}})}, {"e", members({})}})},
    {"multi", text("line one\nline two\n")},
  };
  return with(task);
}

config::settings variable_types() {
  auto task = module_task("vars", "acme/vars/any");
  task.description = "types the reference cannot express";
  task.version = "0.1.0";
  auto first = members({{"port", num("80")}, {"name", text("a")}});
  auto second = members({{"port", num("443")}});
  task.variables = {
    {"labels", members({{"app", text("web")}, {"k8s.io/x", text("y")}})},
    {"nothing", value{}},
    {"rules", items({first, second})},
    {"wrap",
     members({{"in", members({{"a/b", num("1")}})},
              {"list", items({members({{"c d", num("2")}}), value{}})}})},
  };
  return with(task);
}

config::settings multiline_description() {
  auto task = module_task("ml", "/srv/cts/modules/m");
  task.description = "first line\nsecond line";
  task.condition
    = config::services_condition{.query = {.regexp = "^web\\.(a|b)$"}};
  return with(task);
}

settings_maker consul_tls() {
  return backend("consul", {{"address", text("consul.example.com:8501")},
                            {"ca_file", text("/etc/consul/ca.pem")},
                            {"cert_file", text("/etc/consul/cli.pem")},
                            {"gzip", flag(true)},
                            {"key_file", text("/etc/consul/cli-key.pem")},
                            {"path", text("cts/prod/terraform")},
                            {"scheme", text("https")}});
}

std::map<std::string, settings_maker> backend_cases() {
  return {
    {"backend-consul-default", [] { return with(edge_task()); }},
    {"backend-consul-tls", consul_tls()},
    {"backend-consul-override",
     backend("consul", {{"address", text("localhost:8500")},
                        {"gzip", flag(false)},
                        {"lock", flag(true)},
                        {"path", text("other/terraform")}})},
    {"backend-local", backend("local", {{"workspace_dir", text("states")}})},
    {"backend-azurerm",
     backend("azurerm", {{"storage_account_name", text("acct")},
                         {"container_name", text("tfstate")},
                         {"key", text("cts.tfstate")},
                         {"use_msi", flag(true)}})},
    {"backend-cos", backend("cos", {{"region", text("ap-guangzhou")},
                                    {"bucket", text("b-1258")},
                                    {"prefix", text("cts")}})},
    {"backend-gcs",
     backend("gcs", {{"bucket", text("tf")}, {"prefix", text("cts")}})},
    {"backend-kubernetes",
     backend("kubernetes", {{"secret_suffix", text("cts")},
                            {"config_paths", items({text("/a"), text("/b")})},
                            {"labels", members({{"team", text("net")}})}})},
    {"backend-manta",
     backend("manta", {{"path", text("cts")},
                       {"object_name", text("terraform.tfstate")}})},
    {"backend-pg",
     backend("pg", {{"conn_str", text("postgres://u:p@db/tf?sslmode=disable")},
                    {"schema_name", text("cts")}})},
    {"backend-s3",
     backend("s3",
             {{"bucket", text("b")},
              {"key", text("cts/terraform.tfstate")},
              {"region", text("eu-west-1")},
              {"assume_role",
               members({{"role_arn", text("arn:aws:iam::1:role/cts")}})}})},
  };
}

std::map<std::string, settings_maker> services_cases() {
  auto detecting = names({"api", "web"});
  detecting.use_as_module_input = false;
  auto all = config::services_condition{
    .query = {.regexp = "", .ns = "n1", .filter = "Service.Port > 80\n"},
    .use_as_module_input = false};
  auto some = config::services_condition{
    .query = {.regexp = "^(web|api)$", .datacenter = "dc1"}};
  auto team = config::services_condition{
    .query = {.names = {"web"}, .datacenter = "dc2", .ns = "team-a"}};
  return {
    {"minimal", [] { return with(module_task("t1", "/srv/cts/modules/m")); }},
    {"services-names", services_names},
    {"services-deprecated-list", deprecated_list},
    {"services-none-healthy", edge_with(names({"api", "web"}))},
    {"services-no-input", edge_with(detecting)},
    {"services-regex", edge_with(some)},
    {"services-regex-no-input", edge_with(all)},
    {"services-escaping", edge_with(team)},
    {"decided-multiline-description", multiline_description},
  };
}

std::map<std::string, settings_maker> kv_cases() {
  auto single = config::consul_kv_query{.path = "app/flag"};
  auto local = config::consul_kv_query{.path = "app/flag", .datacenter = "dc1"};
  auto prefix = config::consul_kv_query{.path = "app", .recurse = true};
  auto team = config::consul_kv_query{
    .path = "app", .recurse = true, .datacenter = "dc1", .ns = "team-a"};
  return {
    {"consul-kv-single-input", kv_with({.query = local})},
    {"consul-kv-single-missing", kv_with({.query = single})},
    {"consul-kv-single-no-input",
     kv_with({.query = single, .use_as_module_input = false})},
    {"consul-kv-recurse-input", kv_with({.query = team})},
    {"consul-kv-recurse-no-input",
     kv_with({.query = prefix, .use_as_module_input = false})},
    {"decided-kv-escaping", kv_with({.query = prefix})},
  };
}

} // namespace

const std::map<std::string, settings_maker>& cases() {
  static const auto all = [] {
    auto out = std::map<std::string, settings_maker>{
      {"catalog-services-input", catalog_input},
      {"catalog-services-no-input", catalog_no_input},
      {"multi-inputs", multi_inputs},
      {"schedule-inputs", schedule_inputs},
      {"providers", providers},
      {"providers-terraform-0.13", providers_013},
      {"decided-repeated-provider-block", repeated_block_case},
      {"variable-files", variable_files},
      {"decided-variable-types", variable_types},
    };
    out.merge(backend_cases());
    out.merge(services_cases());
    out.merge(kv_cases());
    return out;
  }();
  return all;
}

} // namespace cts::golden

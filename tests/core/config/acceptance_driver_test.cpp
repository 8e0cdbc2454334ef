#include "tests/core/config/config_fixture.hpp"

// Acceptance checks 44 to 61 and 85 to 91 of the configuration chapter: Consul,
// Vault, drivers, providers, high availability.

namespace cts::config {
namespace {

using namespace std::chrono_literals;

cts::value text(std::string x) {
  return {std::move(x)};
}

std::string terraform(const std::string& inside) {
  return "driver \"terraform\" { " + inside + " }\n";
}

std::string cloud(const std::string& inside) {
  return "driver \"terraform-cloud\" { " + inside + " }\n";
}

std::string failover_t(const std::string& inside) {
  return "high_availability { cluster { name = \"c\"\nfailover { " + inside
         + " } } }";
}

const auto cloud_login = std::string{"organization = \"o\" token = \"t\" "};

struct refused_case {
  int number;
  std::string text;
  std::string message;
};

const refused_case refused_cases[] = {
  {45,
   "consul { service_registration { default_check { address = "
   "\"localhost:8558\" } } }",
   "default check address must include scheme (http or https)"},
  {48, terraform("version = \"1.2\""),
   "provide the exact Terraform version to install: 1.2"},
  {48, terraform("version = \"x.y.z\""), "Malformed version: x.y.z"},
  {49, terraform("version = \"2.0.0\""),
   "Terraform version is not supported by Consul-Terraform-Sync, try "
   "updating "
   "to a different version (>= 0.13.0, < 2.0.0): 2.0.0"},
  {49, terraform("version = \"1.1.0-rc1\""),
   "Terraform version is not supported by Consul-Terraform-Sync, try "
   "updating "
   "to a different version (>= 0.13.0, < 2.0.0): 1.1.0-rc1"},
  {50, terraform("backend \"remote\" {}"),
   "unsupported Terraform backend by Sync \"remote\""},
  {52, terraform("backend \"consul\" {} backend \"local\" {}"),
   "only one Terraform backend can be configured: \"consul\", \"local\""},
  {54, "terraform_provider \"aws\" {}\nterraform_provider \"aws\" {}",
   "duplicate provider configuration: aws"},
  {56, "terraform_provider \"aws\" { task_env { A = 1 } }",
   "unexpected task_env block format: value for \"A\" should be a string"},
  {56, "terraform_provider \"aws\" { task_env = \"x\" }",
   "unexpected task_env block format: task_env should be a map of strings"},
  {57, "terraform_provider { x = 1 }",
   "unexpected terraform_provider block format"},
  {57, "terraform_provider { } terraform_provider \"a\" { }",
   "missing provider name for the terraform_provider block"},
  {57, "terraform_provider \"aws\" { alias = 1 }",
   "terraform_provider \"aws\": alias must be a string"},
  {58,
   "terraform_provider \"a\" { t = \"{{ with secret \\\"a\\\" }}x{{ end "
   "}}\" }",
   "detected dynamic configuration using Vault: missing Vault configuration"},
  {59, "working_dir = \"{{ env \\\"X\\\" }}\"",
   "dynamic configuration using template syntax is only supported for "
   "terraform_provider blocks"},
  {59, terraform("backend \"s3\" { key = \"{{ env \\\"X\\\" }}\" }"),
   "dynamic configuration using template syntax is only supported for "
   "terraform_provider blocks"},
  {61,
   "terraform_provider \"panos\" { auto_commit = true }\n"
   "task { name = \"a\" module = \"m\" providers = [\"panos\"] }\n"
   "task { name = \"b\" module = \"m\" providers = [\"panos\"] }",
   "provider with autocommit (panos) cannot be used by more than one task"},
  {85, task_t("terraform_cloud_workspace { execution_mode = \"remote\" }"),
   "unsupported configuration 'terraform_cloud_workspace' for task \"a\". "
   "This "
   "option is available for Consul-Terraform-Sync Enterprise when using the "
   "Terraform Cloud driver"},
  {85, task_t("terraform_version = \"1.0.0\""),
   "unsupported configuration 'terraform_version' for task \"a\". This "
   "option "
   "is available for Consul-Terraform-Sync Enterprise when using the "
   "Terraform "
   "Cloud driver, or configure the Terraform client version within the "
   "Terraform driver block"},
  {86,
   cloud(cloud_login)
     + task_t("terraform_cloud_workspace { execution_mode = \"local\" }"),
   "execution mode 'local' not supported for CTS, use 'remote' or 'agent' "
   "instead"},
  {86,
   cloud(cloud_login)
     + task_t("terraform_cloud_workspace { execution_mode = \"agent\" }"),
   "agent_pool_id or agent_pool_name is required if execution mode is "
   "'agent'"},
  {86,
   cloud(cloud_login)
     + task_t("terraform_cloud_workspace { agent_pool_id = \"p\" }"),
   "agent pool configured when execution mode is not 'agent'"},
  {88, cloud("organization = \"o\""),
   "driver \"terraform-cloud\": token is required: set 'token' or the "
   "TFC_TOKEN environment variable"},
  {88, cloud(""),
   "driver \"terraform-cloud\": organization is required: set 'organization' "
   "or the TFC_ORGANIZATION environment variable"},
  {88, cloud(cloud_login + "hostname = \"http://tfe.example.com\""),
   "driver \"terraform-cloud\": hostname must be https unless it is this "
   "machine or tls.enabled is false: \"http://tfe.example.com\""},
  {58,
   "dynamic_values = true driver \"terraform\" { backend \"s3\" { key = \"{{ "
   "with secret \\\"a\\\" }}{{ .Data.a }}{{ end }}\" } }",
   "detected dynamic configuration using Vault: missing Vault configuration"},
  {88, cloud(cloud_login + "hostname = \"ftp://x\""),
   "driver \"terraform-cloud\": invalid hostname \"ftp://x\""},
  {88, cloud(cloud_login + "workspaces { prefix = \"a b\" }") + task_t(),
   "driver \"terraform-cloud\": invalid workspace name \"a ba\" for task "
   "\"a\""},
  {90, "high_availability { cluster {} }",
   "high_availability: cluster name is required"},
  {90, "high_availability { }", "high_availability: cluster block is required"},
  {90, "high_availability { cluster { name = \"c\" storage \"etcd\" {} } }",
   "high_availability: unsupported storage type \"etcd\", supported types: "
   "consul"},
  {90,
   "high_availability { cluster { name = \"c\" storage \"consul\" { "
   "session_ttl = \"0s\" } } }",
   "high_availability: session_ttl must be positive: 0s"},
  {90, failover_t("exclusive = \"host\""),
   "high_availability: failover: exclusive must be \"task\" or \"instance\": "
   "\"host\""},
  {90, failover_t("lease = \"10s\""),
   "high_availability: failover: lease must be between 20s and 1m0s: 10s"},
  {90, failover_t("stall_timeout = \"1999ms\""),
   "high_availability: failover: stall_timeout must be at least 2s: 1.999s"},
  {90, failover_t("drain_timeout = \"-1s\""),
   "high_availability: failover: drain_timeout must not be negative: -1s"},
  {91,
   "high_availability { cluster { name = \"c\" } }\n"
     + terraform("backend \"local\" {}"),
   "high_availability: the \"local\" Terraform backend is not supported with "
   "high availability"},
  {91,
   "high_availability { cluster { name = \"c\" } }\n"
     + terraform("detach = true"),
   "high_availability: driver.terraform.detach is not supported with high "
   "availability"},
};

TEST(ConfigAcceptance, RefusesConnectionsAndDriversInTheReferencesWords) {
  for (const auto& each : refused_cases) {
    auto refused = configuration{}.refuse(each.text);
    EXPECT_EQ(refused.errors.front().message, each.message) << each.number;
    EXPECT_EQ(refused.errors.front().where_found, stage::validate)
      << each.number;
    EXPECT_TRUE(refused.errors.front().range) << each.number;
  }
}

TEST(ConfigAcceptance, RefusesUnknownFieldsOfADriver) { // 53
  EXPECT_EQ(configuration{}.first_error(terraform("working_dir = \"x\"")),
            "'x.hcl' has invalid keys: driver.terraform.working_dir");
  EXPECT_EQ(configuration{}.first_error("driver \"nomad\" {}"),
            "'x.hcl' has invalid keys: driver.nomad");
  EXPECT_EQ(configuration{}.first_error(cloud("log = true")),
            "'x.hcl' has invalid keys: driver.terraform-cloud.log");
}

TEST(ConfigAcceptance, RefusesBackendsOfDifferentFiles) { // 52
  EXPECT_EQ(
    configuration{}.first_error({{"a.hcl", terraform("backend \"consul\" {}")},
                                 {"b.hcl", terraform("backend \"local\" {}")}}),
    "only one Terraform backend can be configured: \"consul\", "
    "\"local\"");
}

TEST(ConfigAcceptance, RefusesTwoLabelsOfAJsonProvider) { // 57
  EXPECT_EQ(configuration{}.first_error(
              {{"x.json", R"({"terraform_provider":{"aws":{},"dns":{}}})"}}),
            "unexpected terraform_provider block labels: aws,dns");
}

TEST(ConfigAcceptance, DerivesThePathOfTheState) { // 44, 2.8.1
  using pair = std::pair<const char*, const char*>;
  for (auto [kv_path, path] :
       {pair{"consul-terraform-sync/", "consul-terraform-sync/terraform"},
        pair{"", "consul-terraform-sync/terraform"},
        pair{"foo", "foo/terraform"}, pair{"foo/", "foo/terraform"},
        pair{"foo/terraform", "foo/terraform"},
        pair{"foo/terraform/", "foo/terraform/terraform"},
        pair{"terraform", "terraform/terraform"},
        pair{"foo//bar", "foo/bar/terraform"},
        pair{"/foo", "/foo/terraform"}}) {
    auto value
      = configuration{}
          .accept("consul { kv_path = \"" + std::string{kv_path} + "\" }")
          .value;
    EXPECT_EQ(value.driver.backend.arguments.at("path"), text(path)) << kv_path;
  }
}

TEST(ConfigAcceptance, LetsUserArgumentsOverrideTheDerivedBackend) { // 51
  auto backend
    = configuration{}
        .accept(terraform("backend \"consul\" { scheme=\"https\" path=\"z\" }"))
        .value.driver.backend;
  EXPECT_EQ(backend.type, "consul");
  EXPECT_EQ(backend.arguments, (object{{"address", text("localhost:8500")},
                                       {"gzip", {true}},
                                       {"path", text("z")},
                                       {"scheme", text("https")}}));
}

TEST(ConfigAcceptance, EnablesVaultByItsAddress) { // 46, 47
  auto x = configuration{};
  x.around.environment["VAULT_ADDR"] = "http://v:8200";
  EXPECT_TRUE(x.accept("").value.vault.enabled);
  auto outcome = x.accept("vault { address=\"a\" token=\"t\" "
                          "vault_agent_token_file=\"/nope\" }");
  EXPECT_EQ(outcome.value.vault.token, "");
  EXPECT_FALSE(outcome.value.vault.renew_token);
  EXPECT_EQ(outcome.warnings.size(), 1u);
}

TEST(ConfigAcceptance, FindsTheVaultTokenAtHome) { // 2.7
  auto x = configuration{};
  x.around.environment["HOME"] = "/srv/home";
  x.files["/srv/home/.vault-token"] = "abc\n";
  auto vault = x.accept("vault { address = \"a\" token = \"\" }").value.vault;
  EXPECT_EQ(vault.token, "abc");
  EXPECT_TRUE(vault.renew_token);
  EXPECT_TRUE(vault.tls.enabled);
}

TEST(ConfigAcceptance, TellsProvidersOfOneNameApartByAlias) { // 55
  auto providers = configuration{}
                     .accept("terraform_provider \"aws\" { alias = \"a\" }\n"
                             "terraform_provider \"aws\" { r = [\"x\"] }")
                     .value.providers;
  ASSERT_EQ(providers.size(), 2u);
  EXPECT_EQ(providers[0].id(), "aws.a");
  EXPECT_TRUE(providers[0].arguments.empty());
  EXPECT_EQ(providers[1].arguments.at("r"), (cts::value{list{text("x")}}));
}

TEST(ConfigAcceptance, TakesATemplateInTheTokenLiterally) { // 60
  auto outcome
    = configuration{}.accept("consul { token = \"{{ env \\\"X\\\" }}\" }");
  EXPECT_EQ(outcome.value.consul.token, "{{ env \"X\" }}");
  ASSERT_EQ(outcome.warnings.size(), 1u);
  EXPECT_EQ(outcome.warnings[0].excerpt.find("env"), std::string::npos);
}

TEST(ConfigAcceptance, NamesCloudWorkspaces) { // 87
  auto name = [](const std::string& inside) {
    auto value = configuration{}.accept(cloud(cloud_login + inside)).value;
    return value.cloud->workspace_name("fw");
  };
  EXPECT_EQ(name("workspaces { prefix = \"cts_\" }"), "cts_fw");
  EXPECT_EQ(name("workspace_prefix = \"cts\""), "cts-fw");
  EXPECT_EQ(name(""), "fw");
}

TEST(ConfigAcceptance, FillsInTheStorageOfACluster) { // 89
  auto ha = configuration{}
              .accept("high_availability { cluster { name = \"c\" } }")
              .value.high_availability;
  ASSERT_TRUE(ha);
  EXPECT_EQ(ha->path, "consul-terraform-sync/c");
  EXPECT_EQ(ha->session_ttl, 15s);
}

TEST(ConfigAcceptance, FillsInHowAClusterFailsOver) {
  auto failover_of = [](const std::string& text) {
    return configuration{}.accept(text).value.high_availability->failover;
  };
  EXPECT_EQ(failover_of(failover_t("")), failover{});
  auto lease_of = [&](const char* ttl) {
    return failover_of("high_availability { cluster { name = \"c\" storage "
                       "\"consul\" { session_ttl = \""
                       + std::string{ttl} + "\" } } }")
      .lease;
  };
  EXPECT_EQ(lease_of("10s"), 20s);
  EXPECT_EQ(lease_of("25s"), 50s);
  EXPECT_EQ(lease_of("5m"), 60s);
  auto expected = failover{.exclusive = "instance",
                           .process_check = false,
                           .node_check = false,
                           .peer_link = false,
                           .stall_timeout = 7s,
                           .drain_timeout = 0s,
                           .lease = 40s};
  EXPECT_EQ(
    failover_of(failover_t("exclusive = \"instance\"\nprocess_check = false\n"
                           "node_check = false\npeer_link = false\n"
                           "stall_timeout = \"7s\"\ndrain_timeout = \"0s\"\n"
                           "lease = \"40s\"")),
    expected);
}

TEST(ConfigAcceptance, LooksForTerraformInTheWorkingDirectory) { // 102
  auto driver = configuration{}.accept(terraform("path = \"\"")).value.driver;
  EXPECT_EQ(driver.path, "/srv/cts");
  EXPECT_FALSE(driver.path_configured);
}

} // namespace
} // namespace cts::config

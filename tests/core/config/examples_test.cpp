#include "tests/core/config/config_fixture.hpp"

// The examples of sections 4.2 and 4.4 of the configuration chapter.

namespace cts::config {
namespace {

using namespace std::chrono_literals;

TEST(ConfigExample, FillsInAMinimalFile) {
  auto x = configuration{}
             .accept("task {\n name = \"web\"\n module = \"./m\"\n condition "
                     "\"services\" {\n names = [\"web\"]\n }\n}")
             .value;
  auto expected = settings{};
  expected.id = "cts-h1";
  expected.driver.path = "/srv/cts";
  expected.driver.backend.arguments
    = {{"address", {std::string{"localhost:8500"}}},
       {"path", {std::string{"consul-terraform-sync/terraform"}}},
       {"gzip", {true}}};
  auto web = task{.name = "web", .module = "./m"};
  web.condition = services_condition{.query = {.names = {"web"}}};
  web.working_dir = "sync-tasks/web";
  expected.tasks = {web};
  EXPECT_EQ(x, expected);
}

// The file of section 4.4.
constexpr auto cluster_text = R"(
id        = "cts-01"
log_level = "WARN"
tls {
  cert            = "/etc/cts/api.pem"
  key             = "/etc/cts/api.key"
  verify_incoming = true
  ca_cert         = "/etc/cts/ca.pem"
}
consul {
  address = "https://consul.internal:8501"
  service_registration {
    service_name = "edge"
    address      = "10.0.0.11"
    default_check {
      address = "https://10.0.0.11:8558"
    }
  }
}
high_availability {
  cluster {
    name = "edge"
    storage "consul" {
      session_ttl = "30s"
    }
  }
  instance {
    address = "cts-01.example.com"
  }
}
driver "terraform-cloud" {
  organization = "acme"
  workspaces {
    prefix        = "cts_"
    tags          = ["env:prod"]
    tags_denylist = ["manual"]
  }
  required_providers {
    panos = {
      source  = "PaloAltoNetworks/panos"
      version = "1.11.1"
    }
  }
}
terraform_provider "panos" {
  hostname = "fw.internal"
  task_env {
    "K" = "{{ with secret \"secret/panos\" }}{{ .Data.key }}{{ end }}"
  }
}
task {
  name      = "fw"
  module    = "acme/fw/panos"
  providers = ["panos"]
  condition "catalog-services" {
    regexp = "^web"
  }
  module_input "services" {
    regexp = "^web"
  }
  terraform_cloud_workspace {
    execution_mode  = "agent"
    agent_pool_name = "dc1"
  }
  buffer_period {
    min = "10s"
  }
})";

TEST(ConfigExample, CombinesHighAvailabilityAndTerraformCloud) {
  auto surrounded = configuration{};
  surrounded.around.environment = {{"TFC_TOKEN", "tok"},
                                   {"VAULT_ADDR", "https://vault:8200"},
                                   {"VAULT_TOKEN", "vt"}};
  surrounded.files = {{"/etc/cts/api.pem", ""}, {"/etc/cts/api.key", ""}};
  auto outcome = surrounded.accept(cluster_text);
  EXPECT_TRUE(outcome.warnings.empty());
  const auto& x = outcome.value;
  EXPECT_TRUE(x.tls.enabled);
  EXPECT_FALSE(x.consul.tls.enabled);
  EXPECT_EQ(x.consul.service_registration.service_name, "edge");
  ASSERT_TRUE(x.high_availability);
  EXPECT_EQ(x.high_availability->path, "consul-terraform-sync/edge");
  EXPECT_EQ(x.high_availability->session_ttl, 30s);
  EXPECT_EQ(x.high_availability->address, "cts-01.example.com");
  ASSERT_TRUE(x.cloud);
  EXPECT_EQ(x.cloud->hostname, "https://app.terraform.io");
  EXPECT_EQ(x.cloud->token, "tok");
  EXPECT_EQ(x.cloud->workspace_name("fw"), "cts_fw");
  EXPECT_EQ(x.cloud->tags_denylist, std::vector<std::string>{"manual"});
  EXPECT_TRUE(x.vault.enabled);
  EXPECT_TRUE(x.vault.renew_token);
  ASSERT_EQ(x.tasks.size(), 1u);
  EXPECT_EQ(x.tasks[0].workspace.agent_pool_name, "dc1");
  EXPECT_EQ(x.tasks[0].buffer.max, 40s);
  EXPECT_EQ(x.providers.at(0).task_env.count("K"), 1u);
}

} // namespace
} // namespace cts::config

#include "tests/end_to_end/instance.hpp"

#include "tests/support/scripted_server.hpp"

#include <cstdlib>

// Dynamic values with the real program, Consul and Terraform. Vault is a server
// of ours that speaks as its documentation says.

namespace cts::test {
namespace {

/// Writes what it sees into a file.
constexpr auto seeing_module = R"(
variable "services" {}
variable "word" {
  type    = string
  default = "none"
}
resource "terraform_data" "seen" {
  triggers_replace = timestamp()
  provisioner "local-exec" {
    command = "printf '%s\n' \"$FROM_ENV\" \"$FROM_KEY\" \"$FROM_VAULT\" '${var.word}' > seen.txt"
  }
}
)";

constexpr auto provider = R"(
driver "terraform" {
  required_providers {
    terraform = { source = "terraform.io/builtin/terraform" }
  }
}
terraform_provider "terraform" {
  task_env {
    FROM_ENV   = "{{ env \"CTS_TEST_WORD\" }}"
    FROM_KEY   = "{{ key \"words/key\" }}"
    FROM_VAULT = "{{ with secret \"kv/words\" }}{{ .Data.data.word }}{{ end }}"
  }
}
)";

class DynamicInstance : public Instance {
protected:
  void SetUp() override {
    Instance::SetUp();
    if (IsSkipped())
      return;
    folder.write("seeing/main.tf", seeing_module);
    ::setenv("CTS_TEST_WORD", "word-of-env", 1);
  }

  static std::string seeing_task(const std::string& more = {}) {
    return "task {\n  name = \"t\"\n  module = \"./seeing\"\n"
           "  providers = [\"terraform\"]\n"
           "  condition \"services\" {\n    names = [\"web\"]\n"
           "    use_as_module_input = false\n  }\n"
           "  buffer_period {\n    enabled = false\n  }\n"
           + more + "}\n";
  }

  std::string vault_block() {
    return "vault {\n  address = \"" + vault.url("")
           + "\"\n  token = \"vault-token\"\n}\n";
  }

  static scripted_server::action answer(const std::string& request) {
    if (request.find("X-Vault-Token: vault-token") == std::string::npos)
      return {http_response(403, R"({"errors":["permission denied"]})")};
    if (request.find("/v1/sys/internal/ui/mounts/kv/") != std::string::npos)
      return {http_response(200, R"({"data":{"path":"kv/","type":"kv",)"
                                 R"("options":{"version":"2"}}})")};
    if (request.starts_with("GET /v1/kv/data/words "))
      return {http_response(
        200, R"({"lease_id":"","data":{"data":{"word":"word-of-vault"}}})")};
    return {http_response(404, R"({"errors":[]})")};
  }

  bool log_holds(const std::string& text) const {
    return log().find(text) != std::string::npos;
  }

  scripted_server vault{answer};
};

TEST_F(DynamicInstance, ReachTerraformAndNobodyElse) {
  consul->put_key("words/key", "word-of-key");
  configure("log_level = \"TRACE\"\n" + vault_block() + provider
            + seeing_task());
  start({"start", "-once", "-config-file=cts.hcl"});
  expect_exit(0);
  EXPECT_EQ(task_file("t", "seen.txt"),
            "word-of-env\nword-of-key\nword-of-vault\nnone\n");
  for (const auto* secret :
       {"word-of-env", "word-of-key", "word-of-vault", "vault-token"})
    EXPECT_FALSE(log_holds(secret)) << secret;
}

TEST_F(DynamicInstance, EndTheStartWithElevenIfAKeyDoesNotCome) {
  configure(vault_block() + provider + seeing_task());
  start();
  expect_line("ctrl: error loading dynamic configuration for provider: "
              "provider=terraform");
  expect_line("[ERROR] cli: error initializing controller");
  expect_exit(11);
  EXPECT_TRUE(log_holds("context deadline exceeded"));
}

TEST_F(DynamicInstance, EndTheStartWithElevenIfVaultRefuses) {
  consul->put_key("words/key", "word-of-key");
  auto wrong = vault_block();
  wrong.replace(wrong.find("vault-token"), 11, "other");
  configure(wrong + provider + seeing_task());
  start();
  expect_line("provider=terraform");
  expect_exit(11);
  EXPECT_TRUE(
    log_holds("vault: reading kv/words: code 403: permission denied"));
}

TEST_F(DynamicInstance, RunATaskAgainWhenAValueChanges) {
  consul->put_key("words/key", "first-key");
  consul->put_key("words/variable", "first-word");
  configure("dynamic_values = true\n" + vault_block() + provider
            + seeing_task("  variables = {\n"
                          "    word = \"\\\"{{ key \\\\\\\"words/variable"
                          "\\\\\\\" }}\\\"\"\n  }\n"));
  start();
  wait_for_api();
  expect_line("ctrl: start task monitoring");
  EXPECT_EQ(task_file("t", "seen.txt"),
            "word-of-env\nfirst-key\nword-of-vault\nfirst-word\n");
  consul->put_key("words/key", "second-key");
  expect_line("ctrl: dynamic values have changed");
  expect_line("tasksmanager: task completed: task_name=t");
  EXPECT_EQ(task_file("t", "seen.txt"),
            "word-of-env\nsecond-key\nword-of-vault\nfirst-word\n");
  consul->put_key("words/variable", "second-word");
  expect_line("tasksmanager: task completed: task_name=t");
  EXPECT_EQ(task_file("t", "seen.txt"),
            "word-of-env\nsecond-key\nword-of-vault\nsecond-word\n");
  auto shown = get("/v1/tasks/t") + get("/v1/status/tasks/t?include=events");
  EXPECT_EQ(shown.find("-word"), std::string::npos) << shown;
  daemon->send_signal(SIGTERM);
  expect_exit(0);
  for (const auto* secret : {"first-key", "second-key", "second-word"})
    EXPECT_FALSE(log_holds(secret)) << secret;
}

TEST_F(DynamicInstance, SayWithWhichTokenConsulIsReached) {
  consul.reset();
  consul = std::make_unique<real_consul>(
    *find_consul(), real_consul_options{.root_token = "word-of-vault"});
  consul_address = consul->address();
  folder.write("cts.hcl",
               "port = 0\ndynamic_values = true\nconsul {\n  address = \""
                 + consul_address
                 + "\"\n  token = \"{{ with secret \\\"kv/words\\\" }}"
                   "{{ .Data.data.word }}{{ end }}\"\n}\n"
                 + vault_block() + task("web"));
  start({"start", "-once", "-config-file=cts.hcl"});
  expect_line("ctrl: all tasks completed once");
  expect_exit(0);
  EXPECT_FALSE(log_holds("word-of-vault"));
}

} // namespace
} // namespace cts::test

#include "drivers/terraform/command.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace cts::terraform {
namespace {

using words = std::vector<std::string>;

std::string line(command x, const command_options& how) {
  auto out = std::string{};
  for (const auto& argument : arguments_of(x, how))
    out += ' ' + argument;
  return out.substr(1);
}

TEST(Command, HasTheArgumentsOfTheReference) {
  auto how = command_options{.version = {1, 11, 4, ""}, .workspace = "web"};
  EXPECT_EQ(line(command::init, how),
            "init -no-color -force-copy -input=false -backend=true -get=true "
            "-upgrade=false");
  EXPECT_EQ(line(command::workspace_new, how), "workspace new -no-color web");
  EXPECT_EQ(line(command::workspace_select, how),
            "workspace select -no-color web");
  EXPECT_EQ(line(command::validate, how), "validate -no-color -json");
  EXPECT_EQ(line(command::plan, how),
            "plan -no-color -input=false -detailed-exitcode -lock-timeout=0s "
            "-lock=true -parallelism=10 -refresh=true");
  EXPECT_EQ(line(command::apply, how),
            "apply -no-color -auto-approve -input=false -lock=true "
            "-parallelism=10 -refresh=true");
}

TEST(Command, InitialisesOldProgramsWithMoreArguments) {
  EXPECT_EQ(line(command::init, {.version = {0, 14, 11, ""}}),
            "init -no-color -force-copy -input=false -lock-timeout=0s "
            "-backend=true -get=true -upgrade=false -lock=true "
            "-get-plugins=true -verify-plugins=true");
}

TEST(Command, TakesNoStateAlongInACluster) {
  auto how = command_options{.version = {1, 11, 4, ""}, .migrates = false};
  EXPECT_EQ(line(command::init, how),
            "init -no-color -input=false -backend=true -get=true "
            "-upgrade=false");
}

TEST(Command, WaitsForLocksOnlyWhereTheBackendCan) {
  EXPECT_EQ(lock_timeout_of({.backend = {.type = "consul"}}), 0);
  EXPECT_EQ(lock_timeout_of({.backend = {.type = "local"}}), 60);
  EXPECT_EQ(
    lock_timeout_of({.backend = {.type = "local"}, .classic_commands = true}),
    0);
}

TEST(Selection, IsWrittenOnlyWhereItCanBeReliedOn) {
  auto local = config::terraform_driver{.backend = {.type = "local"}};
  EXPECT_TRUE(can_write_selection(local, "web", {}));
  EXPECT_FALSE(can_write_selection(local, "w\u00E9b", {}));
  EXPECT_FALSE(can_write_selection(local, "web", {"TF_DATA_DIR=x"}));
  EXPECT_FALSE(can_write_selection({.backend = {.type = "s3"}}, "web", {}));
  local.classic_commands = true;
  EXPECT_FALSE(can_write_selection(local, "web", {}));
}

class Environment : public ::testing::Test {
protected:
  words made() {
    return environment_of({.inherited = inherited,
                           .settings = settings,
                           .task = task,
                           .directory = directory,
                           .plugin_cache = plugin_cache})
      .value();
  }

  words inherited;
  config::settings settings;
  config::task task;
  std::string directory = "/d";
  std::string plugin_cache{};
};

constexpr auto agent
  = "TF_APPEND_USER_AGENT=consul-terraform-sync/" CTS_VERSION;

TEST_F(Environment, IsOursWithWhatTerraformNeeds) {
  settings.driver.backend.type = "local";
  inherited
    = {"PATH=/bin", "TF_VAR_x=1", "TF_LOG=TRACE", "TF_CLI_ARGS_plan=-x"};
  auto expected = words{"CHECKPOINT_DISABLE=", "PATH=/bin",    agent,
                        "TF_IN_AUTOMATION=1",  "TF_LOG=",      "TF_LOG_PATH=",
                        "TF_VAR_x=1",          "TF_WORKSPACE="};
  EXPECT_EQ(made(), expected);
  EXPECT_EQ(suppressed_variables(inherited),
            (words{"TF_CLI_ARGS_plan", "TF_LOG"}));
}

TEST_F(Environment, ContinuesTheInheritedUserAgent) {
  inherited = {"TF_APPEND_USER_AGENT=mine/1"};
  EXPECT_EQ(variable_in(made(), "TF_APPEND_USER_AGENT"),
            "mine/1 consul-terraform-sync/" CTS_VERSION);
}

TEST_F(Environment, SendsTheLogToAFileIfAsked) {
  settings.driver.persist_log = true;
  EXPECT_EQ(variable_in(made(), "TF_LOG"), "TRACE");
  EXPECT_EQ(variable_in(made(), "TF_LOG_PATH"), "/d/terraform.log");
}

TEST_F(Environment, NamesThePluginCacheThatIsConfigured) {
  inherited = {"TF_PLUGIN_CACHE_DIR=/mine"};
  EXPECT_EQ(variable_in(made(), "TF_PLUGIN_CACHE_DIR"), "/mine");
  plugin_cache = "/cache";
  EXPECT_EQ(variable_in(made(), "TF_PLUGIN_CACHE_DIR"), "/cache");
}

TEST_F(Environment, HasTheAccessToConsulWithTheConsulBackend) {
  settings.consul.token = "secret";
  settings.consul.kv_namespace = "ns";
  settings.consul.auth = {.enabled = true, .username = "u", .password = "p"};
  settings.consul.tls = {.enabled = true, .ca_cert = "/ca", .verify = false};
  auto all = made();
  EXPECT_EQ(variable_in(all, "CONSUL_HTTP_ADDR"), "localhost:8500");
  EXPECT_EQ(variable_in(all, "CONSUL_HTTP_TOKEN"), "secret");
  EXPECT_EQ(variable_in(all, "CONSUL_HTTP_AUTH"), "u:p");
  EXPECT_EQ(variable_in(all, "CONSUL_HTTP_SSL_VERIFY"), "false");
  EXPECT_EQ(variable_in(all, "CONSUL_CACERT"), "/ca");
  EXPECT_EQ(variable_in(all, "CONSUL_NAMESPACE"), "ns");
  EXPECT_EQ(std::ranges::count_if(
              all, [](const auto& x) { return x.starts_with("CONSUL_"); }),
            6);
}

TEST_F(Environment, HasNoAccessToConsulWithOtherBackends) {
  settings.driver.backend.type = "local";
  settings.consul.token = "secret";
  EXPECT_EQ(variable_in(made(), "CONSUL_HTTP_TOKEN"), "");
}

TEST_F(Environment, TakesTheVariablesOfTheTasksProviders) {
  settings.providers = {{.name = "a", .task_env = {{"X", "1"}, {"Y", "1"}}},
                        {.name = "b", .task_env = {{"X", "2"}}},
                        {.name = "c", .task_env = {{"X", "3"}}}};
  task.providers = {"a", "b"};
  EXPECT_EQ(variable_in(made(), "X"), "2");
  EXPECT_EQ(variable_in(made(), "Y"), "1");
}

TEST_F(Environment, TakesANameForTheFirstBlockAliasedOrNot) {
  settings.providers
    = {{.name = "a", .alias = "east", .task_env = {{"X", "east"}}},
       {.name = "a", .task_env = {{"X", "plain"}}}};
  task.providers = {"a"};
  EXPECT_EQ(variable_in(made(), "X"), "east");
}

TEST_F(Environment, RefusesProvidersThatSetWhatIsOurs) {
  for (auto name : {"TF_LOG", "TF_VAR_x", "TF_CLI_ARGS_apply"}) {
    settings.providers = {{.name = "a", .task_env = {{name, "1"}}}};
    task.providers = {"a"};
    auto all = environment_of({.inherited = inherited,
                               .settings = settings,
                               .task = task,
                               .directory = directory});
    ASSERT_FALSE(all);
    EXPECT_EQ(all.error().message, std::string{"manual setting of env var \""}
                                     + name + "\" detected");
  }
}

} // namespace
} // namespace cts::terraform

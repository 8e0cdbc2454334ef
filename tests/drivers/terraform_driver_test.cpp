#include "tests/drivers/terraform_driver_fixture.hpp"

namespace cts {
namespace {

using namespace std::chrono_literals;

TEST_F(TerraformDriver, PreparesTheDirectoryOfItsTask) {
  start();
  EXPECT_EQ(say<void>(prepare_workspace{}), "done");
  EXPECT_EQ(world->commands, (words{"init", "validate"}));
  EXPECT_EQ(file(".terraform/environment"), "web");
  EXPECT_NE(file("main.tf").find("source   = \"/srv/m\""), std::string::npos);
}

TEST_F(TerraformDriver, StartsCommandsInTheDirectoryWithFilesForTheirOutput) {
  configuration.driver.apply_timeout = 90s;
  start();
  EXPECT_EQ(say<run_applied>(apply_workspace{}), "done");
  const auto& request = world->requests.at(0);
  EXPECT_EQ(request.key, "/srv/sync-tasks/web");
  EXPECT_EQ(request.directory, "/srv/sync-tasks/web");
  EXPECT_EQ(request.output_file, "/srv/sync-tasks/web/.cts/run.out");
  EXPECT_EQ(request.error_file, "/srv/sync-tasks/web/.cts/run.err");
  EXPECT_EQ(request.timeout, 90s);
  EXPECT_EQ(request.argv.at(0), "/bin/terraform");
  EXPECT_EQ(request.environment.at(1), "PATH=/bin");
}

TEST_F(TerraformDriver, TellsWhetherTheInputsDiffer) {
  start();
  auto render
    = [this] { return ask<inputs_rendered>(driver, render_inputs{})->changed; };
  EXPECT_TRUE(render());
  EXPECT_FALSE(render());
  EXPECT_TRUE(world->commands.empty());
}

TEST_F(TerraformDriver, RefusesInputsThatCannotBeWritten) {
  task.condition
    = cts::config::consul_kv_condition{.query = {.path = "k", .recurse = true}};
  start();
  auto pairs = kv_pairs{{"k/a", "\xFF"}};
  auto inputs
    = task_inputs{{{.what = dependency::kind::kv_prefix, .name = "k"},
                   std::make_shared<const snapshot>(snapshot{pairs})}};
  EXPECT_EQ(say<inputs_rendered>(render_inputs{inputs}),
            "consul_kv key \"k/a\" is not valid UTF-8");
  EXPECT_TRUE(world->disk.empty());
}

TEST_F(TerraformDriver, SaysWhyAnApplyFailed) {
  start();
  world->ends.push_back({.exit_code = 1, .error_output = "boom"});
  EXPECT_EQ(say<run_applied>(apply_workspace{}),
            "error tf-apply for 'web': exit status 1\nboom");
}

TEST_F(TerraformDriver, SaysWhyTerraformCouldNotBeStarted) {
  start();
  world->start_failure = error{errc::system, "fork/exec /bin/terraform: no"};
  EXPECT_EQ(say<run_applied>(apply_workspace{}),
            "error tf-apply for 'web': fork/exec /bin/terraform: no");
}

TEST_F(TerraformDriver, SaysWhyAFileCouldNotBeWritten) {
  start();
  world->write_failure = error{errc::system, "write /x: no space left"};
  EXPECT_EQ(say<void>(prepare_workspace{}), "write /x: no space left");
  EXPECT_TRUE(world->commands.empty());
}

TEST_F(TerraformDriver, RefusesTaskVariablesThatAreOurs) {
  configuration.providers = {{.name = "p", .task_env = {{"TF_LOG", "x"}}}};
  task.providers = {"p"};
  start();
  EXPECT_EQ(say<void>(prepare_workspace{}),
            "manual setting of env var \"TF_LOG\" detected");
}

TEST_F(TerraformDriver, DoesOneThingAtATime) {
  start();
  world->hangs = true;
  tell(driver, apply_workspace{});
  run();
  auto busy = std::string{"the driver of task 'web' is still working"};
  EXPECT_EQ(say<run_applied>(apply_workspace{}), busy);
  EXPECT_EQ(say<void>(prepare_workspace{}), busy);
  EXPECT_EQ(say<inputs_rendered>(render_inputs{}), busy);
}

TEST_F(TerraformDriver, StopsWhatGoesOn) {
  start();
  world->hangs = true;
  auto pending = self->request(driver, caf::infinite, apply_workspace{});
  run();
  EXPECT_EQ(say<void>(stop_driver{30s}), "done");
  EXPECT_EQ(world->stops, std::vector<milliseconds>{30s});
  auto failed = false;
  pending.receive([](const run_applied&) {},
                  [&failed](caf::error& reason) {
                    failed = to_core(reason).code == errc::cancelled;
                  });
  EXPECT_TRUE(failed);
}

TEST_F(TerraformDriver, StopsTheProcessWhenItDies) {
  start();
  world->hangs = true;
  tell(driver, apply_workspace{});
  run();
  caf::anon_send_exit(driver, caf::exit_reason::kill);
  run();
  EXPECT_EQ(world->stops, std::vector<milliseconds>{1min});
}

TEST_F(TerraformDriver, WaitsNoLongerForALockThanItIsTold) {
  configuration.driver.lock_wait = std::chrono::seconds{1};
  start();
  world->ends = {
    {.exit_code = 1, .error_output = "Error: Error acquiring the state lock"}};
  EXPECT_NE(say<run_applied>(apply_workspace{}).find("the state lock"),
            std::string::npos);
  EXPECT_EQ(world->commands.size(), 1u);
}

TEST_F(TerraformDriver, NamesThePluginCacheOfTheProcessDirectory) {
  configuration.driver.plugin_cache_dir = "cache";
  start();
  say<void>(prepare_workspace{});
  const auto& all = world->requests.at(0).environment;
  EXPECT_EQ(std::ranges::count(all, "TF_PLUGIN_CACHE_DIR=/srv/cache"), 1);
}

TEST_F(TerraformDriver, WaitsForTheLockOfSomebodyElse) {
  start();
  auto locked = process_finished{
    .exit_code = 1, .error_output = "Error acquiring the state lock"};
  world->ends = {locked, locked};
  auto applied = ask_for<run_applied>(4900ms, driver, apply_workspace{});
  EXPECT_EQ(world->commands.size(), 2u);
  advance(200ms);
  EXPECT_EQ(world->commands.size(), 3u);
}

TEST_F(TerraformDriver, KeepsAStateThatWasStoredLateUnderTheTime) {
  start();
  auto errored = std::string{R"({"serial": 2, "lineage": "a"})"};
  world->disk["/srv/sync-tasks/web/errored.tfstate"] = errored;
  world->ends.push_back({.output = errored});
  EXPECT_EQ(say<run_applied>(apply_workspace{}), "done");
  EXPECT_EQ(world->commands, (words{"state", "apply"}));
  EXPECT_EQ(file("errored.tfstate.20260102T030405Z.pushed"), errored);
  EXPECT_EQ(world->disk.count("/srv/sync-tasks/web/errored.tfstate"), 0u);
}

TEST_F(TerraformDriver, InspectsAndShowsNoSecrets) {
  configuration.driver.plan_timeout = 90s;
  configuration.driver.log = true;
  configuration.consul.token = "token-1";
  auto shown = std::string{};
  log::set_sink([&shown](const log::line& x) { shown += x.sentence; });
  start();
  world->ends.push_back(
    {.exit_code = 2, .output = "+ token-1\n", .wall_time = 7ms});
  auto found = ask<run_inspected>(driver, inspect_workspace{}).value();
  log::set_sink({});
  EXPECT_TRUE(found.changes);
  EXPECT_EQ(found.plan, "+ ***\n");
  EXPECT_EQ(found.wall_time, 7ms);
  EXPECT_EQ(world->commands, words{"plan"});
  EXPECT_EQ(world->requests.at(0).timeout, 90s);
  EXPECT_EQ(shown.find("+ "), std::string::npos) << shown;
}

TEST_F(TerraformDriver, TellsTheLogWhatItIsAboutToRun) {
  configuration.driver.log = true;
  auto lines = words{};
  log::set_sink(
    [&lines](const log::line& x) { lines.emplace_back(x.sentence); });
  start();
  world->ends.push_back({.output = "a\nb\n"});
  EXPECT_EQ(say<run_applied>(apply_workspace{}), "done");
  log::set_sink({});
  EXPECT_EQ(lines,
            (words{"Terraform logging is set, Terraform logs will output with "
                   "Consul-Terraform-Sync logs",
                   "running Terraform command: /bin/terraform apply -no-color "
                   "-auto-approve -input=false -lock-timeout=60s -lock=true "
                   "-parallelism=10 -refresh=true",
                   "a", "b"}));
}

TEST_F(TerraformDriver, TellsOnceWhereTheOutputOfTerraformGoes) {
  configuration.driver.persist_log = true;
  auto lines = words{};
  log::set_sink([&lines](const log::line& x) {
    if (x.component != "client.terraformcli")
      return;
    lines.emplace_back(x.sentence);
    for (const auto& field : x.fields)
      lines.back() += ": " + std::string{field.key} + '=' + field.value;
  });
  start();
  EXPECT_EQ(say<void>(prepare_workspace{}), "done");
  EXPECT_EQ(say<run_applied>(apply_workspace{}), "done");
  log::set_sink({});
  EXPECT_EQ(lines, (words{"Terraform output is muted",
                          "persisting Terraform logs on disk: "
                          "logPath=/srv/sync-tasks/web/terraform.log"}));
}

TEST_F(TerraformDriver, ShowsSecretsToNobody) {
  configuration.driver.log = true;
  configuration.consul.token = "token-1";
  configuration.providers = {{.name = "p", .task_env = {{"KEY", "key-1"}}}};
  task.providers = {"p"};
  auto shown = std::string{};
  log::set_sink([&shown](const log::line& x) {
    shown += x.sentence;
    for (const auto& field : x.fields)
      shown += field.value;
  });
  start();
  world->ends = {
    {}, {.output = R"({"valid": true, "diagnostics": [{"detail": "key-1"}]})"}};
  EXPECT_EQ(say<void>(prepare_workspace{}), "done");
  world->ends = {{.exit_code = 1,
                  .output = "using token-1",
                  .error_output = "Error: token-1 and key-1"}};
  EXPECT_EQ(say<run_applied>(apply_workspace{}),
            "error tf-apply for 'web': exit status 1\nError: *** and ***");
  log::set_sink({});
  EXPECT_NE(shown.find("using ***"), std::string::npos);
  EXPECT_EQ(shown.find("token-1"), std::string::npos);
  EXPECT_EQ(shown.find("key-1"), std::string::npos);
}

TEST_F(TerraformDriver, NeverTellsTheLogAState) {
  configuration.driver.log = true;
  auto lines = words{};
  log::set_sink(
    [&lines](const log::line& x) { lines.emplace_back(x.sentence); });
  start();
  world->disk["/srv/sync-tasks/web/errored.tfstate"] = R"({"serial": 2})";
  world->ends.push_back({.output = R"({"serial": 1, "password": "x"})",
                         .error_output = "a warning"});
  EXPECT_EQ(say<run_applied>(apply_workspace{}), "done");
  log::set_sink({});
  EXPECT_EQ(world->commands, (words{"state", "state", "apply"}));
  EXPECT_EQ(std::ranges::count(lines, "a warning"), 1);
  for (const auto& line : lines)
    EXPECT_EQ(line.find("password"), std::string::npos) << line;
}

} // namespace
} // namespace cts

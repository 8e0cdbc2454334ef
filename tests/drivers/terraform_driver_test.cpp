#include "drivers/terraform/terraform_driver.hpp"

#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/log.hpp"
#include "tests/support/sim_fixture.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <deque>

namespace cts {
namespace {

using namespace std::chrono_literals;

using words = std::vector<std::string>;

/// What the fake world does and has seen.
struct script {
  /// Answers to commands in their order; afterwards all succeed.
  std::deque<process_finished> ends{};
  /// The next command does not end by itself.
  bool hangs = false;
  std::optional<error> start_failure{};
  std::optional<error> write_failure{};
  std::map<std::string, std::string> disk{};

  words commands{};
  std::vector<start_process> requests{};
  std::vector<milliseconds> stops{};
};

using script_ptr = std::shared_ptr<script>;

/// Answers commands as the script says; what hangs ends when it is stopped.
class fake_processes {
public:
  using actor_type = process_actor;
  static inline constexpr const char* name = "fake_processes";

  fake_processes(process_actor::pointer self, script_ptr script)
    : self_(self), script_(std::move(script)) {}

  process_actor::behavior_type make_behavior() {
    return {
      [this](const start_process& x) -> caf::result<process_finished> {
        script_->requests.push_back(x);
        script_->commands.push_back(x.argv.at(1));
        if (script_->start_failure)
          return to_caf(*script_->start_failure);
        if (script_->hangs) {
          hanging_ = self_->make_response_promise<process_finished>();
          return hanging_;
        }
        return next();
      },
      [this](const stop_process& x) {
        script_->stops.push_back(x.grace);
        if (hanging_.pending())
          hanging_.deliver(process_finished{.exit_code = 1, .stopped = true});
      },
    };
  }

private:
  process_finished next() {
    if (script_->ends.empty())
      return {.output = R"({"valid": true})", .wall_time = 7ms};
    auto end = script_->ends.front();
    script_->ends.pop_front();
    return end;
  }

  process_actor::pointer self_;
  script_ptr script_;
  caf::typed_response_promise<process_finished> hanging_{};
};

/// A disk in memory.
class fake_files {
public:
  using actor_type = files_actor;
  static inline constexpr const char* name = "fake_files";

  fake_files(files_actor::pointer, script_ptr script)
    : script_(std::move(script)) {}

  files_actor::behavior_type make_behavior() {
    return {
      [this](const write_files& x) -> caf::result<files_written> {
        if (script_->write_failure)
          return to_caf(*script_->write_failure);
        auto done = files_written{};
        for (const auto& file : x.files) {
          auto& bytes = script_->disk[x.directory + '/' + file.name];
          if (bytes != file.bytes)
            done.changed.push_back(file.name);
          bytes = file.bytes;
        }
        return done;
      },
      [this](const read_files& x) -> caf::result<files_read> {
        auto done = files_read{};
        for (const auto& path : x.paths) {
          auto found = script_->disk.find(path);
          done.contents.emplace_back();
          if (found != script_->disk.end())
            done.contents.back() = found->second;
        }
        return done;
      },
      [this](const remove_files& x) {
        for (const auto& path : x.paths)
          script_->disk.erase(path);
      },
    };
  }

private:
  script_ptr script_;
};

class TerraformDriver : public cafx::sim_fixture {
protected:
  TerraformDriver() {
    configuration.driver.backend.type = "local";
    task.name = "web";
    task.module = "./m";
    task.working_dir = "sync-tasks/web";
    task.condition
      = cts::config::services_condition{.query = {.names = {"api"}}};
  }

  void start() {
    processes = cafx::spawn_state<fake_processes>(self.ptr(), world);
    files = cafx::spawn_state<fake_files>(self.ptr(), world);
    driver = make_terraform_driver(
      self.ptr(),
      {.task = std::make_shared<const cts::config::task>(task),
       .settings = std::make_shared<const cts::config::settings>(configuration),
       .program = {.path = "/bin/terraform", .version = {1, 11, 4, ""}},
       .process_directory = "/srv",
       .environment = {"PATH=/bin"},
       .files = files,
       .processes = processes,
       .clock = [] { return wall_time{1767323045s}; }});
    run();
  }

  void TearDown() override {
    stop(driver);
    stop(processes);
    stop(files);
    sim_fixture::TearDown();
  }

  /// The answer in words.
  template <class Answer, class Message>
  std::string say(const Message& what) {
    auto answer = ask<Answer>(driver, what);
    return answer ? "done" : to_core(answer.error()).message;
  }

  std::string file(const std::string& name) {
    return world->disk.at("/srv/sync-tasks/web/" + name);
  }

  script_ptr world = std::make_shared<script>();
  cts::config::settings configuration;
  cts::config::task task;
  process_actor processes;
  files_actor files;
  driver_actor driver;
};

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

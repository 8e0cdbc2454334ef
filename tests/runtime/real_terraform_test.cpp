#include "drivers/terraform/terraform_driver.hpp"
#include "runtime/file_store.hpp"
#include "runtime/process_runner.hpp"
#include "tests/runtime/service_fixture.hpp"
#include "tests/support/fifo.hpp"

#include <caf/send.hpp>

#include <cstdlib>
#include <unistd.h>

namespace cts {
namespace {

using namespace std::chrono_literals;

std::string program_in_path(const std::string& name) {
  auto path = std::string{std::getenv("PATH")} + ':';
  for (auto at = path.find(':'); at != std::string::npos;
       path.erase(0, at + 1), at = path.find(':')) {
    auto candidate = path.substr(0, at) + '/' + name;
    if (::access(candidate.c_str(), X_OK) == 0)
      return candidate;
  }
  return {};
}

std::vector<std::string> own_environment() {
  auto out = std::vector<std::string>{};
  for (auto entry = ::environ; *entry != nullptr; ++entry)
    out.emplace_back(*entry);
  return out;
}

/// One task whose module writes its services to a file, run with the real
/// program and the local backend.
class RealTerraform : public service_fixture {
protected:
  RealTerraform() {
    configuration.driver.backend = {.type = "local"};
    task.name = "web";
    task.module = "./module";
    task.working_dir = "sync-tasks/web";
    task.condition = config::services_condition{.query = {.names = {"api"}}};
  }

  ~RealTerraform() override {
    for (const auto& driver : drivers)
      caf::anon_send_exit(driver, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(files, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(runner, caf::exit_reason::user_shutdown);
  }

  void SetUp() override {
    if (terraform.empty())
      GTEST_SKIP() << "no terraform in PATH";
  }

  void module(const std::string& text) {
    put(directory / "module" / "main.tf", text);
  }

  /// A module that runs `script` when its services change.
  void module_with_script(const std::string& script) {
    module("variable \"services\" { type = any }\n"
           "resource \"terraform_data\" \"x\" {\n"
           "  triggers_replace = [keys(var.services)]\n"
           "  provisioner \"local-exec\" { command = \""
           + script + "\" }\n}\n");
  }

  driver_actor driver() {
    drivers.push_back(make_terraform_driver(
        self.ptr(),
        {.task = std::make_shared<const config::task>(task),
         .settings = std::make_shared<const config::settings>(configuration),
         .program = {.path = terraform, .version = {1, 11, 4}},
         .process_directory = directory,
         .environment = own_environment(),
         .files = files,
         .processes = runner}));
    return drivers.back();
  }

  static task_inputs services(const std::vector<std::string>& ids) {
    auto instances = service_instances{};
    for (const auto& id : ids)
      instances.push_back(
          {.id = id, .name = "api", .node = "n", .node_datacenter = "dc1"});
    auto all = std::make_shared<const snapshot>(snapshot{instances});
    return {{{.what = dependency::kind::service, .name = "api"}, all}};
  }

  result<void> prepare(const driver_actor& x) {
    return ask<void>(x, prepare_workspace{});
  }

  result<inputs_rendered> render(const driver_actor& x,
                                 const std::vector<std::string>& ids) {
    return ask<inputs_rendered>(x, render_inputs{services(ids)});
  }

  result<run_applied> apply(const driver_actor& x) {
    return ask<run_applied>(x, apply_workspace{});
  }

  path state_file() const {
    return directory / task.working_dir / "terraform.tfstate.d/web"
           / "terraform.tfstate";
  }

  std::string terraform = program_in_path("terraform");
  config::settings configuration;
  config::task task;
  process_runner_actor runner = make_process_runner(self.ptr(), io.context());
  files_actor files = make_file_store(self.ptr(), file_io.context());
  std::vector<driver_actor> drivers;
};

TEST_F(RealTerraform, InitialisesRendersAndApplies) {
  module_with_script("echo ran >> ${path.root}/log");
  auto x = driver();
  auto prepared = prepare(x);
  ASSERT_TRUE(prepared) << prepared.error().message;
  EXPECT_TRUE(render(x, {"api-1"}).value().changed);
  auto applied = apply(x);
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_GT(applied->wall_time, 0ms);
  EXPECT_FALSE(render(x, {"api-1"}).value().changed);
  EXPECT_TRUE(render(x, {"api-1", "api-2"}).value().changed);
  ASSERT_TRUE(apply(x));
  EXPECT_EQ(bytes_of(directory / task.working_dir / "log"), "ran\nran\n");
  EXPECT_TRUE(std::filesystem::exists(state_file()));
}

TEST_F(RealTerraform, StartsAgainInADirectoryThatIsInUse) {
  module_with_script("true");
  for (auto i = 0; i < 2; ++i) {
    auto x = driver();
    ASSERT_TRUE(prepare(x));
    ASSERT_TRUE(render(x, {"api-1"}));
    ASSERT_TRUE(apply(x));
  }
}

TEST_F(RealTerraform, AlsoWorksWithTheCommandsOfTheReference) {
  configuration.driver.classic_commands = true;
  module_with_script("true");
  for (auto i = 0; i < 2; ++i) {
    auto x = driver();
    auto prepared = prepare(x);
    ASSERT_TRUE(prepared) << prepared.error().message;
    ASSERT_TRUE(render(x, {"api-1"}));
    ASSERT_TRUE(apply(x));
  }
  EXPECT_TRUE(std::filesystem::exists(state_file()));
}

TEST_F(RealTerraform, RepairsAWorkspaceWhoseStateIsGone) {
  module_with_script("true");
  auto x = driver();
  ASSERT_TRUE(prepare(x));
  ASSERT_TRUE(render(x, {"api-1"}));
  ASSERT_TRUE(apply(x));
  std::filesystem::remove_all(directory / task.working_dir
                              / "terraform.tfstate.d/web");
  std::filesystem::create_directories(directory / task.working_dir
                                      / "terraform.tfstate.d/other");
  auto again = prepare(x);
  ASSERT_TRUE(again) << again.error().message;
  ASSERT_TRUE(apply(x));
  EXPECT_TRUE(std::filesystem::exists(state_file()));
}

TEST_F(RealTerraform, NamesTheVariableThatAModuleMisses) {
  module("");
  auto prepared = prepare(driver());
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, errc::driver);
  EXPECT_EQ(prepared.error().message,
            "\nmodule for task \"web\" is missing the \"services\" variable "
            "(on main.tf line 16)\n");
}

TEST_F(RealTerraform, ShowsWhereAModuleIsWrong) {
  module("variable \"services\" {}\noutput \"x\" {\n  value = nope.nope\n}\n");
  auto prepared = prepare(driver());
  ASSERT_FALSE(prepared);
  auto expected =
      "\nerror: Reference to undeclared resource\n"
      "\non .terraform/modules/web/main.tf line 3, in output \"x\"\n"
      "3:  value = nope.nope\n\n";
  EXPECT_TRUE(prepared.error().message.starts_with(expected))
      << prepared.error().message;
}

TEST_F(RealTerraform, SaysWhyItCannotInitialise) {
  module("this is no module");
  auto prepared = prepare(driver());
  ASSERT_FALSE(prepared);
  EXPECT_TRUE(prepared.error().message.starts_with(
      "error tf-init for 'web': exit status 1\n"))
      << prepared.error().message;
}

TEST_F(RealTerraform, SaysWhyAnApplyFailed) {
  module_with_script("echo boom >&2; exit 1");
  auto x = driver();
  ASSERT_TRUE(prepare(x));
  ASSERT_TRUE(render(x, {"api-1"}));
  auto applied = apply(x);
  ASSERT_FALSE(applied);
  EXPECT_TRUE(applied.error().message.starts_with(
      "error tf-apply for 'web': exit status 1\n\nError: local-exec"))
      << applied.error().message;
}

TEST_F(RealTerraform, InitialisesAgainIfItsDirectoryWasCleaned) {
  module_with_script("true");
  auto x = driver();
  ASSERT_TRUE(prepare(x));
  ASSERT_TRUE(render(x, {"api-1"}));
  std::filesystem::remove_all(directory / task.working_dir / ".terraform");
  auto applied = apply(x);
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_TRUE(std::filesystem::exists(state_file()));
}

// Absolute sources are packages of their own, out of which nothing may refer.
TEST_F(RealTerraform, LetsLocalModulesReferToTheirSiblings) {
  module("variable \"services\" { type = any }\n"
         "module \"shared\" { source = \"../shared\" }\n");
  put(directory / "shared" / "main.tf", "output \"x\" { value = 1 }\n");
  auto prepared = prepare(driver());
  ASSERT_TRUE(prepared) << prepared.error().message;
}

TEST_F(RealTerraform, KeepsItsStateIfStoppedDuringAnApply) {
  auto ready = fifo{directory / "ready"};
  module_with_script("echo > " + ready.path() + "; exec sleep 1000");
  auto x = driver();
  ASSERT_TRUE(prepare(x));
  ASSERT_TRUE(render(x, {"api-1"}));
  auto pending = self->request(x, patience, apply_workspace{});
  ready.next_line();
  ASSERT_TRUE(ask<void>(x, stop_driver{60s}));
  auto applied = receive<run_applied>(std::move(pending));
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, errc::cancelled);
  EXPECT_NE(bytes_of(state_file()).find("\"status\": \"tainted\""),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(state_file().parent_path()
                                       / ".terraform.tfstate.lock.info"));
}

TEST_F(RealTerraform, StopsTheProcessOfADriverThatDies) {
  auto ready = fifo{directory / "ready"};
  module_with_script("echo > " + ready.path() + "; exec sleep 1000 > "
                     + ready.path());
  auto x = driver();
  ASSERT_TRUE(prepare(x));
  ASSERT_TRUE(render(x, {"api-1"}));
  caf::anon_send(x, apply_workspace{});
  ready.next_line();
  caf::anon_send_exit(x, caf::exit_reason::kill);
  ready.wait_for_end();
}

TEST_F(RealTerraform, EndsAnApplyThatIsOutOfTime) {
  configuration.driver.apply_timeout = 2s;
  module_with_script("exec sleep 1000");
  auto x = driver();
  ASSERT_TRUE(prepare(x));
  ASSERT_TRUE(render(x, {"api-1"}));
  auto applied = apply(x);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().message,
            "terraform apply for task 'web' timed out after 2s");
}

TEST_F(RealTerraform, RemovesTheFilesOfVariablesThatAreGone) {
  module("variable \"services\" { type = any }\n"
         "variable \"size\" { default = 1 }\n");
  task.variables = {{"size", value{number{"3"}}}};
  ASSERT_TRUE(prepare(driver()));
  auto file = directory / task.working_dir / "variables.module.tf";
  ASSERT_TRUE(std::filesystem::exists(file));
  task.variables.clear();
  ASSERT_TRUE(prepare(driver()));
  EXPECT_FALSE(std::filesystem::exists(file));
}

} // namespace
} // namespace cts

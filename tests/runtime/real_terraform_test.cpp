#include "runtime/boot_clock.hpp"
#include "tests/runtime/terraform_fixture.hpp"
#include "tests/support/fifo.hpp"

namespace cts {
namespace {

using namespace std::chrono_literals;

/// The real program with the local backend.
class RealTerraform : public terraform_fixture {
protected:
  void SetUp() override {
    program.path = program_in_path("terraform", "CTS_TERRAFORM");
    if (program.path.empty())
      GTEST_SKIP() << "no terraform in PATH";
  }
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
  auto expected
    = "\nerror: Reference to undeclared resource\n"
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

// What Terraform leaves when it cannot reach its backend at the end.
TEST_F(RealTerraform, StoresTheStateThatAnEarlierApplyCouldNotStore) {
  module_with_script("true");
  auto x = driver();
  ASSERT_TRUE(prepare(x));
  ASSERT_TRUE(render(x, {"api-1"}));
  ASSERT_TRUE(apply(x));
  auto state = bytes_of(state_file());
  auto serial = std::string{"\"serial\": 1,"};
  ASSERT_NE(state.find(serial), std::string::npos) << state;
  state.replace(state.find(serial), serial.size(), "\"serial\": 5,");
  auto errored = directory / task.working_dir / "errored.tfstate";
  put(errored, state);
  auto applied = apply(x);
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_FALSE(std::filesystem::exists(errored));
  EXPECT_EQ(bytes_of(errored.string() + ".20260102T030405Z.pushed"), state);
  EXPECT_NE(bytes_of(state_file()).find("\"serial\": 5"), std::string::npos);
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

TEST_F(RealTerraform, TellsWhatARunWouldChange) {
  module_with_script("true");
  auto x = driver();
  ASSERT_TRUE(prepare(x));
  ASSERT_TRUE(render(x, {"api-1"}));
  auto before = inspect(x);
  ASSERT_TRUE(before) << before.error().message;
  EXPECT_TRUE(before->changes);
  EXPECT_NE(before->plan.find("Plan: 1 to add, 0 to change, 0 to destroy."),
            std::string::npos)
    << before->plan;
  EXPECT_FALSE(std::filesystem::exists(state_file()));
  ASSERT_TRUE(apply(x));
  auto after = inspect(x);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_FALSE(after->changes);
  EXPECT_NE(after->plan.find("No changes."), std::string::npos) << after->plan;
}

TEST_F(RealTerraform, SaysWhyAnInspectionFailed) {
  module("variable \"services\" { type = any }\n"
         "resource \"terraform_data\" \"x\" {\n"
         "  lifecycle {\n    precondition {\n"
         "      condition     = length(var.services) > 1\n"
         "      error_message = \"too few\"\n    }\n  }\n}\n");
  auto x = driver();
  ASSERT_TRUE(prepare(x));
  ASSERT_TRUE(render(x, {"api-1"}));
  auto found = inspect(x);
  ASSERT_FALSE(found);
  EXPECT_TRUE(found.error().message.starts_with(
    "error tf-plan for 'web': exit status 1\n"))
    << found.error().message;
}

TEST_F(RealTerraform, SelectsTheWorkspaceOnlyForRunsInACluster) {
  configuration.high_availability.emplace();
  module_with_script("true");
  auto selection = directory / task.working_dir / ".terraform/environment";
  ASSERT_TRUE(ask<void>(runner, extend_lease{boot_now() + 1h}));
  auto x = driver();
  ASSERT_TRUE(prepare(x));
  EXPECT_FALSE(std::filesystem::exists(selection));
  ASSERT_TRUE(render(x, {"api-1"}));
  auto applied = apply(x);
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(bytes_of(selection), "web");
  EXPECT_TRUE(std::filesystem::exists(state_file()));
  EXPECT_FALSE(inspect(x).value().changes);
  ASSERT_TRUE(prepare(x));
  EXPECT_FALSE(std::filesystem::exists(selection));
}

TEST_F(RealTerraform, InitialisesAgainDuringARunInACluster) {
  configuration.high_availability.emplace();
  module_with_script("true");
  ASSERT_TRUE(ask<void>(runner, extend_lease{boot_now() + 1h}));
  for (auto classic : {false, true}) {
    configuration.driver.classic_commands = classic;
    task.working_dir = classic ? "classic/web" : "short/web";
    auto x = driver();
    ASSERT_TRUE(prepare(x));
    ASSERT_TRUE(render(x, {"api-1"}));
    std::filesystem::remove_all(directory / task.working_dir / ".terraform");
    auto applied = apply(x);
    ASSERT_TRUE(applied) << applied.error().message;
    EXPECT_TRUE(std::filesystem::exists(state_file()));
  }
}

TEST_F(RealTerraform, DoesNotRunWithoutALeaseInACluster) {
  configuration.high_availability.emplace();
  module_with_script("true");
  auto x = driver();
  ASSERT_TRUE(prepare(x));
  ASSERT_TRUE(render(x, {"api-1"}));
  EXPECT_EQ(apply(x).error().code, errc::conflict);
  EXPECT_TRUE(inspect(x).value().changes);
}

} // namespace
} // namespace cts

#include "tests/drivers/run_steps_fixture.hpp"

namespace cts::terraform::run_steps {
namespace {

using namespace std::chrono_literals;

TEST(RunSteps, PreparesWithTwoCommandsWhereTheSelectionCanBeWritten) {
  auto x = run{};
  EXPECT_EQ(x.on(prepare_requested{}).done(), words{"check"});
  EXPECT_EQ(x.on(leftovers_found{}).done(), words{"write module"});
  EXPECT_EQ(x.on(files_written{}).done(), words{"init"});
  EXPECT_EQ(x.ends(success()).done(), words{"select"});
  EXPECT_EQ(x.on(files_written{}).done(), words{"validate"});
  EXPECT_EQ(x.ends(success(valid)).done(), words{"prepared"});
}

TEST(RunSteps, PreparesWithTheCommandsOfTheReferenceElsewhere) {
  auto x = run{{.writes_selection = false}};
  x.prepared_until(step_name::initialising);
  EXPECT_EQ(x.ends(success()).done(), words{"workspace new"});
  EXPECT_EQ(x.ends(failure_with("Workspace \"web\" already exists")).done(),
            (words{"report", "workspace select"}));
  EXPECT_EQ(x.ends(success()).done(), words{"validate"});
}

TEST(RunSteps, RemovesFilesOfVariablesThatAreGone) {
  auto x = run{};
  x.on(prepare_requested{});
  EXPECT_EQ(x.on(leftovers_found{{"a"}}).done(), words{"remove a"});
  EXPECT_EQ(x.on(files_removed{}).done(), words{"write module"});
}

TEST(RunSteps, LooksForNoLeftoversIfTheTaskHasVariables) {
  EXPECT_EQ(run{{.has_variables = true}}.on(prepare_requested{}).done(),
            words{"write module"});
}

TEST(RunSteps, CreatesAWorkspaceWhoseStateIsGoneOnce) {
  auto gone = failure_with("Error: Currently selected workspace \"web\" does "
                           "not exist");
  auto x = run{{.writes_selection = false}};
  x.prepared_until(step_name::initialising);
  EXPECT_EQ(x.ends(gone).done(), (words{"report", "workspace new"}));
  EXPECT_EQ(x.ends(success()).done(), words{"init"});
  EXPECT_EQ(run{x}.ends(success()).done(), words{"workspace select"});
  EXPECT_EQ(x.ends(gone).done().back(),
            "failed (driver): error tf-init for 'web': exit status 1\nError: "
            "Currently selected workspace \"web\" does not exist");
}

TEST(RunSteps, NamesTheModuleByARelativePathOnce) {
  auto escapes = failure_with("Local module path escapes module package");
  auto x = run{};
  x.prepared_until(step_name::initialising);
  EXPECT_EQ(x.ends(escapes).done(), (words{"report", "write relative module"}));
  EXPECT_EQ(x.on(files_written{}).done(), words{"init"});
  EXPECT_EQ(run{x}.ends(success()).done(), words{"select"});
  EXPECT_TRUE(x.ends(escapes).done().back().starts_with("failed (driver): "));
}

TEST(RunSteps, FailsAPreparationThatIsNotValidWithoutPrefix) {
  auto x = run{};
  x.prepared_until(step_name::validating);
  auto end = success(R"({"valid": false, "diagnostics": [{"severity": "error",
    "summary": "Bad", "detail": "Very bad."}]})");
  end.exit_code = 1;
  EXPECT_EQ(x.ends(end).done(),
            words{"failed (driver): \nerror: Bad\nVery bad.\n"});
}

TEST(RunSteps, ReportsWarningsOfAValidModule) {
  auto x = run{};
  x.prepared_until(step_name::validating);
  auto end = success(R"({"valid": true, "diagnostics": [{
    "severity": "warning", "summary": "Old", "detail": "Deprecated."}]})");
  EXPECT_EQ(x.ends(end).done(),
            (words{"\nwarning: Old\nDeprecated.\n", "prepared"}));
}

TEST(RunSteps, AppliesWithOneCommand) {
  auto x = run{};
  EXPECT_EQ(x.on(apply_requested{}).done(), words{"check state"});
  EXPECT_EQ(x.on(errored_state_read{}).done(), words{"apply"});
  EXPECT_EQ(x.ends(success()).done(), words{"applied in 10ms"});
}

TEST(RunSteps, InitialisesAgainOnceIfAnApplyAsksForIt) {
  auto wanted = failure_with("Error: Backend initialization required, please "
                             "run \"terraform init\"");
  auto x = run{};
  x.applying();
  EXPECT_EQ(x.ends(wanted).done(), (words{"report", "init"}));
  EXPECT_EQ(x.ends(success()).done(), words{"select"});
  EXPECT_EQ(x.on(files_written{}).done(), words{"apply"});
  EXPECT_TRUE(x.ends(wanted).done().back().starts_with(
    "failed (driver): error tf-apply for 'web': "));
}

constexpr auto errored = R"({"serial": 2, "lineage": "a", "resources": [{}]})";

TEST(RunSteps, StoresWhatAnEarlierApplyCouldNotStore) {
  auto x = run{};
  x.on(apply_requested{});
  EXPECT_EQ(x.on(errored_state_read{errored}).done(), words{"state pull"});
  auto stored = success(R"({"serial": 1, "lineage": "a", "resources": [{}]})");
  EXPECT_EQ(x.ends(stored).done(), (words{"report", "state push"}));
  EXPECT_EQ(x.ends(success()).done(), words{std::string{"archive "} + errored});
  EXPECT_EQ(x.on(files_removed{}).done(), words{"apply"});
}

TEST(RunSteps, DoesNotApplyIfWhatCouldNotBeStoredDoesNotFit) {
  for (auto stored :
       {R"({"serial": 2, "lineage": "a", "resources": [{"b":1}]})",
        R"({"serial": 3, "lineage": "a", "resources": [{}]})",
        R"({"serial": 1, "lineage": "b", "resources": [{}]})"}) {
    auto x = run{{.errored_state_path = "/d/errored.tfstate"}};
    x.on(apply_requested{}).on(errored_state_read{errored});
    EXPECT_EQ(x.ends(success(stored)).done(),
              words{"failed (driver): task \"web\": errored.tfstate does not "
                    "match the stored state, resolve it manually: "
                    "/d/errored.tfstate"});
  }
}

TEST(RunSteps, DoesNotStoreAgainWhatAnInterruptedRunHasStored) {
  auto x = run{};
  x.on(apply_requested{}).on(errored_state_read{errored});
  auto stored = R"({"serial":2,"lineage":"a","resources":[ {} ]})";
  EXPECT_EQ(x.ends(success(stored)).done(),
            words{std::string{"archive "} + errored});
  EXPECT_EQ(x.on(files_removed{}).done(), words{"apply"});
}

TEST(RunSteps, StoresAnyStateWhereThereIsNone) {
  auto x = run{};
  x.on(apply_requested{}).on(errored_state_read{errored});
  EXPECT_EQ(x.ends(success("")).done().back(), "state push");
}

TEST(RunSteps, StoresNothingThatIsNoState) {
  auto x = run{{.errored_state_path = "/d/errored.tfstate"}};
  x.on(apply_requested{}).on(errored_state_read{"{\"serial\": 2"});
  EXPECT_EQ(x.ends(success("")).done(),
            words{"failed (driver): task \"web\": errored.tfstate is not a "
                  "state, resolve it manually: /d/errored.tfstate"});
}

TEST(RunSteps, WaitsForALockAsLongAsAllowed) {
  auto locked = failure_with("Error: error loading state: failed to lock "
                             "state in Consul: Lock Info:");
  auto x = run{{.lock_wait = 6s}};
  x.applying();
  EXPECT_EQ(x.ends(locked, t0).done(), (words{"report", "wait 2s"}));
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 1s).done(), words{});
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 2s).done(), words{"apply"});
  EXPECT_EQ(x.ends(locked, t0 + 3s).done(), words{"wait 6s"});
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 6s).done(), words{"apply"});
  EXPECT_TRUE(x.ends(locked, t0 + 7s)
                .done()
                .back()
                .starts_with("failed (driver): error tf-apply for 'web': "));
}

TEST(RunSteps, RepeatsACommandAtOnceIfItsLockWasLeftBehindByUs) {
  auto locked = failure_with("Error acquiring the state lock");
  auto x = run{{.inspects_locks = true}};
  x.applying();
  EXPECT_EQ(x.ends(locked).done(), words{"inspect lock"});
  EXPECT_EQ(run{x}.on(lock_inspected{true}).done(), words{"apply"});
  EXPECT_EQ(x.on(lock_inspected{false}).done(), (words{"report", "wait 2s"}));
  x.on(timer_elapsed{}, t0 + 2s);
  EXPECT_EQ(x.ends(locked, t0 + 3s).done(), words{"wait 6s"});
}

TEST(RunSteps, ForgetsALockWhenTheNextRequestBegins) {
  auto locked = failure_with("Error acquiring the state lock");
  auto x = run{{.lock_wait = 3s}};
  x.applying().ends(locked, t0).on(timer_elapsed{}, t0 + 2s);
  x.ends(success(), t0 + 2s).applying();
  EXPECT_EQ(x.ends(locked, t0 + 9s).done().back(), "wait 11s");
}

process_finished plan_of(int exit_code, std::string text) {
  return {.exit_code = exit_code, .output = std::move(text)};
}

TEST(RunSteps, InspectsWithOneCommand) {
  auto x = run{};
  EXPECT_EQ(x.on(inspect_requested{}).done(), words{"check state"});
  EXPECT_EQ(x.on(errored_state_read{}).done(), words{"plan"});
  EXPECT_EQ(run{x}.ends(plan_of(0, "none")).done(), words{"no changes: none"});
  EXPECT_EQ(x.ends(plan_of(2, "+ x")).done(), words{"changes: + x"});
}

TEST(RunSteps, SaysWhyAnInspectionFailed) {
  auto x = run{{.plan_timeout = 30s}};
  x.on(inspect_requested{}).on(errored_state_read{});
  EXPECT_EQ(run{x}.ends(failure_with("boom")).done(),
            words{"failed (driver): error tf-plan for 'web': exit status 1\n"
                  "boom"});
  EXPECT_EQ(x.ends({.exit_code = 1, .timed_out = true}).done(),
            words{"failed (driver): terraform plan for task 'web' timed out "
                  "after 30s"});
}

TEST(RunSteps, InitialisesAgainOnceIfAnInspectionAsksForIt) {
  auto x = run{};
  x.on(inspect_requested{}).on(errored_state_read{});
  EXPECT_EQ(x.ends(failure_with("run: terraform init")).done(),
            (words{"report", "init"}));
  EXPECT_EQ(x.ends(success()).on(files_written{}).done(), words{"plan"});
}

TEST(RunSteps, StopsTheCommandThatRuns) {
  auto x = run{};
  x.applying();
  EXPECT_EQ(x.on(stop_requested{}).done(), words{"stop"});
  auto end = failure_with("interrupted");
  end.stopped = true;
  EXPECT_EQ(x.ends(end).done(),
            (words{"failed (cancelled): terraform for task 'web' was stopped",
                   "stopped"}));
}

TEST(RunSteps, ReportsAnApplyThatSucceededAlthoughItWasStopped) {
  auto x = run{};
  x.applying().on(stop_requested{});
  auto end = success();
  end.stopped = true;
  EXPECT_EQ(x.ends(end).done(), (words{"applied in 10ms", "stopped"}));
}

TEST(RunSteps, StartsNothingAfterAStop) {
  auto x = run{};
  x.on(prepare_requested{}).on(leftovers_found{}).on(stop_requested{});
  EXPECT_EQ(x.on(files_written{}).done(),
            (words{"failed (cancelled): terraform for task 'web' was stopped",
                   "stopped"}));
}

TEST(RunSteps, StopsAtOnceWhenNothingGoesOn) {
  EXPECT_EQ(run{}.on(stop_requested{}).done(), words{"stopped"});
}

TEST(RunSteps, NamesTheCommandThatWasOutOfTime) {
  auto x = run{{.apply_timeout = 90s}};
  x.applying();
  auto end = failure_with("");
  end.timed_out = end.stopped = true;
  EXPECT_EQ(x.ends(end).done(),
            words{"failed (driver): terraform apply for task 'web' timed out "
                  "after 1m30s"});
}

TEST(RunSteps, TellsWhyACommandCouldNotBeStarted) {
  auto x = run{};
  x.applying();
  EXPECT_EQ(
    x.on(command_failed{fail(errc::not_found, "fork/exec /t: no such file")})
      .done(),
    words{"failed (driver): error tf-apply for 'web': fork/exec /t: no such "
          "file"});
}

} // namespace
} // namespace cts::terraform::run_steps

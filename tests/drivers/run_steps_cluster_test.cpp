#include "tests/drivers/run_steps_fixture.hpp"

namespace cts::terraform::run_steps {
namespace {

using namespace std::chrono_literals;

/// A machine of an instance among several.
run clustered(options how = {}) {
  how.clustered = true;
  how.selection_path = "/d/.terraform/environment";
  return run{std::move(how)};
}

TEST(RunStepsInCluster, PreparesWithTheDefaultWorkspace) {
  auto x = clustered();
  EXPECT_EQ(x.on(prepare_requested{}).done(), words{"check"});
  EXPECT_EQ(x.on(leftovers_found{}).done(),
            words{"remove /d/.terraform/environment"});
  EXPECT_EQ(x.on(files_removed{}).done(), words{"write module"});
  EXPECT_EQ(x.on(files_written{}).done(), words{"init"});
  EXPECT_EQ(x.ends(success()).done(), words{"validate"});
  EXPECT_EQ(x.ends(success(valid)).done(), words{"prepared"});
}

TEST(RunStepsInCluster, PreparesATaskWithVariablesTheSameWay) {
  EXPECT_EQ(clustered({.has_variables = true}).on(prepare_requested{}).done(),
            words{"remove /d/.terraform/environment"});
}

TEST(RunStepsInCluster, SelectsTheWorkspaceWhenItRuns) {
  auto x = clustered();
  EXPECT_EQ(x.on(apply_requested{}).done(), words{"select"});
  EXPECT_EQ(x.on(files_written{}).done(), words{"check state"});
  EXPECT_EQ(x.on(errored_state_read{}).done(), words{"fenced apply"});
  EXPECT_EQ(x.ends(success()).done(), words{"applied in 10ms"});
}

TEST(RunStepsInCluster, SelectsWithTheCommandsOfTheReferenceElsewhere) {
  auto x = clustered({.writes_selection = false});
  EXPECT_EQ(x.on(apply_requested{}).done(), words{"fenced workspace new"});
  EXPECT_EQ(x.ends(success()).done(), words{"fenced workspace select"});
  EXPECT_EQ(x.ends(success()).done(), words{"check state"});
}

TEST(RunStepsInCluster, InspectsWithoutALease) {
  auto x = clustered();
  EXPECT_EQ(x.on(inspect_requested{}).done(), words{"select"});
  EXPECT_EQ(x.on(files_written{}).done(), words{"check state"});
  EXPECT_EQ(x.on(errored_state_read{}).done(), words{"plan"});
}

TEST(RunStepsInCluster, InitialisesAgainWithTheDefaultWorkspace) {
  auto wanted = failure_with("run: terraform init");
  auto x = clustered();
  x.on(apply_requested{}).on(files_written{}).on(errored_state_read{});
  EXPECT_EQ(x.ends(wanted).done(),
            (words{"report", "remove /d/.terraform/environment"}));
  EXPECT_EQ(x.on(files_removed{}).done(), words{"fenced init"});
  EXPECT_EQ(x.ends(success()).done(), words{"select"});
  x.on(files_written{}).on(errored_state_read{});
  EXPECT_TRUE(x.ends(wanted).done().back().starts_with(
    "failed (driver): error tf-apply for 'web': "));
}

TEST(RunStepsInCluster, InitialisesAgainIfTheSelectionAsksForIt) {
  auto x = clustered({.writes_selection = false});
  x.on(apply_requested{});
  EXPECT_EQ(x.ends(failure_with("run: terraform init")).done(),
            (words{"report", "remove /d/.terraform/environment"}));
}

TEST(RunStepsInCluster, FreesTheLockOfAFormerOwnerFirst) {
  auto x = clustered({.inspects_locks = true});
  EXPECT_EQ(x.on(apply_requested{true}).done(), words{"free lock"});
  EXPECT_EQ(run{x}.on(lock_inspected{true}).done(), words{"select"});
  EXPECT_EQ(x.on(lock_inspected{false}).done(), words{"select"});
}

TEST(RunStepsInCluster, FreesNoLockThatItCannotSee) {
  EXPECT_EQ(clustered().on(apply_requested{true}).done(), words{"select"});
}

TEST(RunStepsInCluster, TriesEveryTwoSecondsForAMinuteToGetALock) {
  auto locked = failure_with("Error acquiring the state lock");
  auto x = clustered({.lock_pause_max = 2s});
  x.on(apply_requested{}).on(files_written{}).on(errored_state_read{});
  auto now = t0;
  for (auto tries = 0; tries < 30; ++tries) {
    x.ends(locked, now);
    ASSERT_TRUE(x.done().back().starts_with("wait ")) << x.done().back();
    now += 2s;
    ASSERT_EQ(x.on(timer_elapsed{}, now).done(), words{"fenced apply"});
  }
  EXPECT_TRUE(x.ends(locked, now).done().back().starts_with("failed (driver)"));
}

TEST(RunStepsInCluster, SaysThatTheLeaseIsOver) {
  auto x = clustered();
  x.on(apply_requested{}).on(files_written{}).on(errored_state_read{});
  EXPECT_EQ(
    x.ends({.exit_code = 1, .stopped = true, .lease_over = true}).done(),
    words{"failed (cancelled): terraform for task 'web' was stopped: "
          "the lease of this instance is over"});
}

TEST(RunStepsInCluster, TellsARefusedStartFromAFailedRun) {
  auto x = clustered();
  x.on(apply_requested{}).on(files_written{}).on(errored_state_read{});
  EXPECT_EQ(x.on(command_failed{fail(errc::conflict, "lease over")}).done(),
            words{"failed (conflict): lease over"});
}

} // namespace
} // namespace cts::terraform::run_steps

#include "drivers/terraform/run_steps.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace cts::terraform::run_steps {
namespace {

using namespace std::chrono_literals;

constexpr auto t0 = time_point{} + 1h;

constexpr auto valid = R"({"valid": true, "diagnostics": []})";

process_finished success(std::string output = {}) {
  return {.output = std::move(output), .wall_time = 10ms};
}

process_finished failure_with(std::string text) {
  return {.exit_code = 1, .error_output = std::move(text)};
}

/// A machine that keeps what it wants done, as words.
class run {
public:
  explicit run(options how = {}) {
    how.task = "web";
    state_.options = std::move(how);
  }

  template <class Event>
  run& on(const Event& event, time_point now = t0) {
    done_.clear();
    feed(state_, event, now,
         [this](const auto& effect) { done_.push_back(word(effect)); });
    history_.insert(history_.end(), done_.begin(), done_.end());
    return *this;
  }

  run& ends(process_finished end, time_point now = t0) {
    return on(command_ended{std::move(end)}, now);
  }

  /// Through all steps of a preparation, to the last command.
  run& prepared_until(step_name last) {
    on(prepare_requested{}).on(leftovers_found{});
    while (state_.at != last)
      if (running_command(state_))
        ends(success());
      else
        on(files_written{true});
    return *this;
  }

  /// To the command of an apply that finds nothing in its way.
  run& applying() { return on(apply_requested{}).on(errored_state_read{}); }

  const std::vector<std::string>& done() const { return done_; }
  const run_steps::state& state() const { return state_; }

  /// How many of all things done begin with one of these words.
  long count(std::initializer_list<const char*> beginnings) const {
    return std::ranges::count_if(history_, [&](const std::string& word) {
      return std::ranges::any_of(
        beginnings, [&](const char* x) { return word.starts_with(x); });
    });
  }

private:
  static std::string word(const check_leftovers&) { return "check"; }
  static std::string word(const remove_leftovers& x) {
    return "remove " + x.paths.front();
  }
  static std::string word(const write_module& x) {
    return x.relative_source ? "write relative module" : "write module";
  }
  static std::string word(const write_selection&) { return "select"; }
  static std::string word(const write_inputs&) { return "write inputs"; }
  static std::string word(const check_errored_state&) { return "check state"; }
  static std::string word(const archive_errored_state& x) {
    return "archive " + x.text;
  }
  static std::string word(const start_command& x) { return to_string(x.what); }
  static std::string word(const stop_command&) { return "stop"; }
  static std::string word(const inspect_lock&) { return "inspect lock"; }
  static std::string word(const arm_timer& x) {
    return "wait "
           + duration_text(
             std::chrono::duration_cast<milliseconds>(x.due - t0));
  }
  static std::string word(const finish_prepare&) { return "prepared"; }
  static std::string word(const finish_render& x) {
    return x.changed ? "rendered anew" : "rendered the same";
  }
  static std::string word(const finish_apply& x) {
    return "applied in " + duration_text(x.wall_time);
  }
  static std::string word(const finish_failed& x) {
    return std::string{"failed ("} + to_string(x.reason.code)
           + "): " + x.reason.message;
  }
  static std::string word(const finish_stop&) { return "stopped"; }
  static std::string word(const report&) { return "report"; }
  static std::string word(const report_warnings& x) { return x.text; }

  run_steps::state state_;
  std::vector<std::string> done_;
  std::vector<std::string> history_;
};

using words = std::vector<std::string>;

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

TEST(RunSteps, StoresNothingWhereTheStoredStateCannotBeRead) {
  auto beginning = std::string{"failed (driver): task \"web\": "
                               "errored.tfstate cannot be compared with the "
                               "stored state, which cannot be read"};
  auto tail = std::string(process_output_max - 1, ' ') + '}';
  for (const auto& [stored, why] :
       {std::pair{std::string{"Warning: x"}, ", resolve it"},
        std::pair{std::string{"{}"}, ", resolve it"},
        std::pair{tail, " because it has more than 4 MiB (if "}}) {
    auto x = run{{.errored_state_path = "/d/errored.tfstate"}};
    x.on(apply_requested{}).on(errored_state_read{errored});
    auto done = x.ends(success(stored)).done();
    ASSERT_EQ(done.size(), 1u);
    EXPECT_TRUE(done[0].starts_with(beginning + why)) << done[0];
    EXPECT_TRUE(done[0].ends_with(" manually: /d/errored.tfstate")) << done[0];
  }
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

// Under 2000 random histories: one step at a time, each request is finished
// exactly once, and after a stop nothing starts until the next request.
TEST(RunStepsProperty, FinishesEveryRequestOnce) {
  const auto texts
    = std::vector<std::string>{"",
                               "boom",
                               "Error acquiring the state lock",
                               "run: terraform init",
                               "workspace \"web\" does not exist",
                               "escapes module package"};
  for (auto seed = 0u; seed < 2000u; ++seed) {
    auto random = std::mt19937{seed};
    auto now = t0;
    auto x = run{{.writes_selection = random() % 2 == 0,
                  .inspects_locks = random() % 2 == 0}};
    auto begun = 0;
    for (auto i = 0; i < 60; ++i) {
      auto idle = is_idle(x.state());
      auto stopping = x.state().stopping;
      now += milliseconds{random() % 3000};
      auto choice = random() % 7;
      if (choice == 0 && idle)
        x.on(prepare_requested{}, now);
      else if (choice == 1 && idle)
        x.on(apply_requested{}, now);
      else if (choice == 2)
        x.on(stop_requested{}, now);
      else if (choice == 3)
        x.on(lock_inspected{random() % 2 == 0}, now)
          .on(files_written{}, now)
          .on(files_removed{}, now)
          .on(timer_elapsed{}, now);
      else if (choice == 4)
        x.on(leftovers_found{}, now)
          .on(errored_state_read{random() % 2 == 0
                                   ? std::optional<std::string>{}
                                   : std::optional<std::string>{"{}"}},
              now);
      else if (random() % 2 == 0)
        x.ends(success(valid), now);
      else
        x.ends(failure_with(texts[random() % texts.size()]), now);
      begun += idle && choice < 2 ? 1 : 0;
      auto finished = x.count({"prepared", "applied", "failed"});
      ASSERT_EQ(begun - finished, is_idle(x.state()) ? 0 : 1)
        << "seed " << seed;
      for (const auto& word : x.done())
        ASSERT_FALSE(stopping && (word == "init" || word == "apply"))
          << "seed " << seed;
    }
  }
}

} // namespace
} // namespace cts::terraform::run_steps

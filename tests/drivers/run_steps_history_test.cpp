#include "tests/drivers/run_steps_fixture.hpp"

namespace cts::terraform::run_steps {
namespace {

/// What was done for a request fits it: in a cluster, a preparation selects no
/// workspace, and every command of a run needs the lease, which no other does.
void check_words(const words& done, goal what, bool clustered) {
  auto leased = clustered && what == goal::apply;
  for (const auto& word : done) {
    auto selects = word == "select" || word.starts_with("workspace");
    auto is_command = word == "init" || word == "validate" || word == "plan"
                      || word == "apply" || word == "state pull"
                      || word == "state push" || word.starts_with("workspace");
    ASSERT_FALSE(clustered && what == goal::prepare && selects) << word;
    ASSERT_FALSE(leased && is_command) << word;
    ASSERT_FALSE(!leased && word.starts_with("fenced")) << word;
  }
}

/// One random history of a task's directory.
class history {
public:
  explicit history(unsigned seed)
    : random_{seed},
      clustered_(seed % 2 == 0), run_{{.writes_selection = random_() % 2 == 0,
                                       .clustered = clustered_,
                                       .inspects_locks = random_() % 2 == 0}} {}

  void go_on() {
    auto stopping = run_.state().stopping;
    now_ += milliseconds{random_() % 3000};
    if (is_idle(run_.state()) && random_() % 2 == 0)
      ask();
    else if (random_() % 8 == 0)
      run_.on(stop_requested{}, now_);
    else if (running_command(run_.state()))
      end_command();
    else
      answer();
    check(stopping);
  }

private:
  void ask() {
    ++begun_;
    switch (random_() % 4) {
      case 0: run_.on(prepare_requested{}, now_); break;
      case 1: run_.on(inspect_requested{}, now_); break;
      default: run_.on(apply_requested{random_() % 2 == 0}, now_);
    }
  }

  void end_command() {
    static const auto texts
      = std::vector<std::string>{"",
                                 "boom",
                                 "Error acquiring the state lock",
                                 "run: terraform init",
                                 "workspace \"web\" does not exist",
                                 "escapes module package"};
    if (random_() % 2 == 0)
      run_.ends(success(valid), now_);
    else
      run_.ends(failure_with(texts[random_() % texts.size()]), now_);
  }

  /// What fits none of the steps is ignored.
  void answer() {
    auto state = std::optional<std::string>{};
    if (random_() % 2 == 0)
      state = "{}";
    switch (random_() % 6) {
      case 0: run_.on(lock_inspected{random_() % 2 == 0}, now_); break;
      case 1: run_.on(files_written{}, now_); break;
      case 2: run_.on(files_removed{}, now_); break;
      case 3: run_.on(leftovers_found{}, now_); break;
      case 4: run_.on(timer_elapsed{}, now_); break;
      default: run_.on(errored_state_read{state}, now_);
    }
  }

  void check(bool stopping) {
    auto finished
      = run_.count({"prepared", "applied", "failed", "changes", "no changes"});
    ASSERT_EQ(begun_ - finished, is_idle(run_.state()) ? 0 : 1);
    check_words(run_.done(), run_.state().goal, clustered_);
    for (const auto& word : run_.done())
      ASSERT_FALSE(stopping && !word.starts_with("failed")
                   && !word.starts_with("applied")
                   && (word.ends_with("init") || word.ends_with("apply")
                       || word == "plan"))
        << word;
  }

  std::mt19937 random_;
  bool clustered_;
  run run_;
  time_point now_ = t0;
  long begun_ = 0;
};

// Under 2000 random histories: one step at a time, each request is finished
// exactly once, and after a stop nothing starts until the next request.
TEST(RunStepsProperty, FinishesEveryRequestOnce) {
  for (auto seed = 0u; seed < 2000u && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    auto x = history{seed};
    for (auto i = 0; i < 60; ++i)
      x.go_on();
  }
}

} // namespace
} // namespace cts::terraform::run_steps

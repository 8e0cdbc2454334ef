#include "tests/drivers/run_steps_fixture.hpp"

namespace cts::terraform::run_steps {
namespace {

using namespace std::chrono_literals;

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

/// Something that may happen to a run at any time.
void happen(run& x, unsigned long choice, time_point now,
            std::mt19937& random) {
  const auto texts
    = std::vector<std::string>{"",
                               "boom",
                               "Error acquiring the state lock",
                               "run: terraform init",
                               "workspace \"web\" does not exist",
                               "escapes module package"};
  auto idle = is_idle(x.state());
  if (choice == 0 && idle)
    x.on(prepare_requested{}, now);
  else if (choice == 1 && idle)
    x.on(apply_requested{random() % 2 == 0}, now);
  else if (choice == 7 && idle)
    x.on(inspect_requested{}, now);
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
}

// Under 2000 random histories: one step at a time, each request is finished
// exactly once, and after a stop nothing starts until the next request.
TEST(RunStepsProperty, FinishesEveryRequestOnce) {
  for (auto seed = 0u; seed < 2000u; ++seed) {
    auto random = std::mt19937{seed};
    auto now = t0;
    auto x = run{{.writes_selection = random() % 2 == 0,
                  .clustered = seed % 2 == 0,
                  .inspects_locks = random() % 2 == 0}};
    auto begun = 0;
    for (auto i = 0; i < 60; ++i) {
      auto idle = is_idle(x.state());
      auto stopping = x.state().stopping;
      now += milliseconds{random() % 3000};
      auto choice = random() % 8;
      happen(x, choice, now, random);
      begun += idle && (choice < 2 || choice == 7) ? 1 : 0;
      auto finished
        = x.count({"prepared", "applied", "failed", "changes", "no changes"});
      ASSERT_EQ(begun - finished, is_idle(x.state()) ? 0 : 1)
        << "seed " << seed;
      check_words(x.done(), x.state().goal, seed % 2 == 0);
      for (const auto& word : x.done())
        ASSERT_FALSE(stopping
                     && (word == "init" || word == "fenced init"
                         || word == "apply" || word == "fenced apply"
                         || word == "plan"))
          << "seed " << seed;
    }
  }
}

} // namespace
} // namespace cts::terraform::run_steps

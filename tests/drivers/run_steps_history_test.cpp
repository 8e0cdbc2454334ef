#include "tests/drivers/run_steps_fixture.hpp"

namespace cts::terraform::run_steps {
namespace {

using namespace std::chrono_literals;

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

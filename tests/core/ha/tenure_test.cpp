#include "core/ha/tenure.hpp"

#include <gtest/gtest.h>

#include <random>
#include <utility>

namespace cts::ha::tenure {
namespace {

using effects = std::vector<effect>;

constexpr auto t0 = time_point{};

leadership term(ha::epoch epoch) {
  return {.epoch = epoch, .session = "s"};
}

template <class... Events>
state after(state s, const Events&... events) {
  ((s = step(std::move(s), events, t0).state), ...);
  return s;
}

template <class Event>
effects on(const state& s, const Event& event) {
  return step(s, event, t0).effects;
}

state leader() {
  return after(state{}, started{}, promoted{term(7)}, loaded{7});
}

TEST(Tenure, CopiesTheStateAndCompetesFromTheStart) {
  EXPECT_EQ(on(state{}, started{}), (effects{follow_state{}, join{}}));
}

TEST(Tenure, PreparesTasksWhileItFollows) {
  EXPECT_EQ(on(after(state{}, started{}), copied{}), effects{stand_by{}});
  EXPECT_EQ(on(leader(), copied{}), effects{});
}

TEST(Tenure, LoadsTheStateBeforeItRunsAnything) {
  auto s = after(state{}, started{});
  EXPECT_EQ(on(s, promoted{term(7)}), effects{load{term(7)}});
  s = after(s, promoted{term(7)});
  EXPECT_EQ(on(s, loaded{6}), effects{});
  EXPECT_EQ(on(s, loaded{7}), (effects{report_ready{7}, start{7}}));
}

TEST(Tenure, GivesTheLockBackIfTheStateCannotBeLoaded) {
  auto s = after(state{}, started{}, promoted{term(7)});
  EXPECT_EQ(on(s, load_failed{7, "no right"}),
            (effects{report_failed{7, "no right"}}));
  EXPECT_EQ(after(s, load_failed{7, ""}).at, step_at::following);
}

TEST(Tenure, EndsRunsThenClosesThenReportsTheEpochOver) {
  auto s = leader();
  EXPECT_EQ(on(s, revoked{7}), effects{end_runs{ending::interrupt}});
  s = after(s, revoked{7});
  EXPECT_EQ(on(s, state_closed{}),
            (effects{report_over{7}, renew_tasks{}, follow_state{}}));
  EXPECT_EQ(on(s, runs_ended{}), effects{close_state{7}});
}

TEST(Tenure, LetsRunsFinishWhenTheLockWasGivenBack) {
  EXPECT_EQ(on(leader(), revoked{7, true}), effects{end_runs{ending::drain}});
}

TEST(Tenure, IgnoresTheEndOfAnotherEpoch) {
  EXPECT_EQ(on(leader(), revoked{6}), effects{});
  EXPECT_EQ(on(leader(), load_failed{6, ""}), effects{});
}

TEST(Tenure, ReleasesTheLockBeforeItWaitsForRuns) {
  auto s = leader();
  EXPECT_EQ(on(s, stop_requested{}),
            (effects{release_lock{}, end_runs{ending::drain}}));
  s = after(s, stop_requested{});
  EXPECT_EQ(on(s, stop_requested{}), effects{end_runs{ending::hurry}});
  EXPECT_EQ(on(s, revoked{7, true}), effects{});
  EXPECT_EQ(on(s, lock_released{}), effects{});
  s = after(s, lock_released{});
  EXPECT_EQ(on(s, runs_ended{}), effects{close_state{7}});
  s = after(s, runs_ended{});
  EXPECT_EQ(on(s, state_closed{}), effects{leave{}});
  s = after(s, state_closed{});
  EXPECT_EQ(on(s, state_closed{}), effects{});
  EXPECT_EQ(on(s, session_ended{}), effects{report_stopped{}});
}

TEST(Tenure, LoadsAgainIfTheStoreIsRestarted) {
  EXPECT_EQ(on(leader(), store_lost{}), effects{load{term(7)}});
  EXPECT_EQ(on(leader(), loaded{7}), effects{});
}

TEST(Tenure, ResumesTasksThatHaveRunIfTheirSupervisorIsRestarted) {
  EXPECT_EQ(on(leader(), tasks_lost{}),
            (effects{start{.epoch = 7, .resume = true}}));
}

TEST(Tenure, RunsOnceWithoutTheStoredStateInOnceMode) {
  auto s = state{.once = true};
  EXPECT_EQ(on(s, started{}), effects{join{}});
  s = after(s, started{});
  EXPECT_EQ(on(s, promoted{term(3)}), (effects{report_ready{3}, start{3}}));
  s = after(s, promoted{term(3)});
  EXPECT_EQ(on(s, once_over{"broken"}), effects{answer_once{"broken"}});
  EXPECT_EQ(on(s, revoked{3}).size(), 2u);
}

// Whatever happens in whatever order: tasks run only under a loaded state, an
// epoch is reported over after its runs have ended, and the end is reported
// once, last.
class history {
public:
  explicit history(unsigned seed) : random_(seed) {}

  void run() {
    take(started{});
    for (auto i = 0; i < 200; ++i)
      next();
    finish();
    EXPECT_EQ(ends_, 1);
    EXPECT_FALSE(running_);
  }

private:
  void next() {
    switch (random_() % 10) {
      case 0: return win();
      case 1: return take(loaded{epoch_ - random_() % 2});
      case 2: return take(load_failed{epoch_ - random_() % 2, ""});
      case 3: return take(revoked{epoch_ - random_() % 2, random_() % 2 == 0});
      case 4: return end_runs_now();
      case 5: return close_now();
      case 6: return take(tasks_lost{});
      case 7: return take(store_lost{});
      case 8: return take(copied{});
      default:
        if (random_() % 40 == 0)
          take(stop_requested{});
    }
  }

  void finish() {
    take(stop_requested{});
    for (auto i = 0; i < 3; ++i) {
      close_now();
      end_runs_now();
      take(lock_released{});
      close_now();
      take(session_ended{});
    }
  }

  // The elector competes when the last epoch is reported over.
  void win() {
    if (state_.at == step_at::following)
      take(promoted{term(++epoch_)});
  }

  // The neighbours answer what they were asked, and nothing else.
  void end_runs_now() {
    if (std::exchange(ending_, false)) {
      running_ = false;
      take(runs_ended{});
    }
  }

  void close_now() {
    if (std::exchange(closing_, false))
      take(state_closed{});
  }

  template <class Event>
  void take(const Event& event) {
    auto answered = step(state_, event, t0);
    state_ = answered.state;
    for (const auto& x : answered.effects)
      std::visit([this](const auto& effect) { check(effect); }, x);
  }

  template <class Effect>
  void check(const Effect&) {
    EXPECT_EQ(ends_, 0);
  }

  void check(const start& x) {
    EXPECT_EQ(state_.at, step_at::leading);
    EXPECT_EQ(x.epoch, epoch_);
    running_ = true;
  }

  void check(const end_runs&) { ending_ = true; }

  void check(const close_state&) {
    EXPECT_FALSE(running_);
    closing_ = true;
  }

  void check(const report_over&) { EXPECT_FALSE(running_); }

  void check(const leave&) { EXPECT_FALSE(running_); }

  void check(const report_stopped&) { ++ends_; }

  std::mt19937 random_;
  state state_{};
  ha::epoch epoch_ = 1;
  bool running_ = false;
  bool ending_ = false;
  bool closing_ = false;
  int ends_ = 0;
};

TEST(TenureProperty, EndsWhatItStartsWhateverHappens) {
  for (auto seed = 0u; seed < 2000u; ++seed) {
    SCOPED_TRACE(seed);
    history{seed}.run();
    if (HasFailure())
      return;
  }
}

} // namespace
} // namespace cts::ha::tenure

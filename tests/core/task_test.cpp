#include "core/task.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts::task {
namespace {

using namespace std::chrono_literals;
using effects = std::vector<effect>;

constexpr auto t0 = time_point{} + 1h;

/// A task and the time; each event returns what it led to.
class Task : public ::testing::Test {
protected:
  template <class Event>
  effects on(const Event& event) {
    auto [next, out] = step(std::move(s), event, now);
    s = std::move(next);
    return out;
  }

  /// Prepared and with all its inputs, in once-mode or monitored.
  void become_idle(bool monitored) {
    on(started{});
    on(slot_granted{1});
    on(inputs_complete{});
    on(prepared{});
    if (monitored)
      on(monitoring_started{});
  }

  /// Up to the moment when Terraform works.
  void begin_run() {
    on(run_requested{});
    on(slot_granted{2});
    on(rendered{});
  }

  std::string phase() const { return name_of(s.at); }

  time_point now = t0;
  state s{.name = "web"};
};

TEST_F(Task, TakesASlotBeforeItPreparesAndGivesItBack) {
  EXPECT_EQ(on(started{}), effects{want_slot{.for_run = false}});
  EXPECT_EQ(on(slot_granted{7}), effects{prepare{}});
  auto out = on(prepared{});
  ASSERT_FALSE(out.empty());
  EXPECT_EQ(out.front(), effect{give_slot{7}});
}

TEST_F(Task, WaitsForWorkspaceAndDataInEitherOrder) {
  on(started{});
  on(slot_granted{1});
  on(inputs_complete{});
  EXPECT_EQ(phase(), "creating");
  on(prepared{});
  EXPECT_EQ(phase(), "idle");

  s = state{.name = "web"};
  on(started{});
  on(slot_granted{1});
  on(prepared{});
  EXPECT_EQ(phase(), "creating");
  on(inputs_complete{});
  EXPECT_EQ(phase(), "idle");
}

TEST_F(Task, RunsInOnceModeAsSoonAsItIsReady) {
  on(once_requested{});
  on(started{});
  on(slot_granted{1});
  on(inputs_complete{});
  auto out = on(prepared{});
  EXPECT_EQ(out, (effects{give_slot{1}, want_slot{.for_run = true}}));
  EXPECT_EQ(on(slot_granted{2}), effects{render{}});
  EXPECT_EQ(on(rendered{}), effects{(apply{.run = {1}, .attempt = 1})});
  EXPECT_EQ(on(applied{}), (effects{finish_run{.run = {1}}, give_slot{2},
                                    answer_once{.ran = true}}));
}

TEST_F(Task, DoesNotRepeatAFailedOnceModeRun) {
  become_idle(false);
  on(once_requested{});
  on(slot_granted{2});
  on(rendered{});
  auto out = on(apply_failed{.message = "boom"});
  EXPECT_EQ(out, (effects{finish_run{.run = {1}, .error = "boom"}, give_slot{2},
                          answer_once{.ran = true, .error = "boom"}}));
}

TEST_F(Task, AnswersOnceModeForADisabledTaskWithoutARun) {
  s.enabled = false;
  on(once_requested{});
  on(started{});
  on(slot_granted{1});
  EXPECT_EQ(on(prepared{}), (effects{give_slot{1}, answer_once{.ran = false}}));
  EXPECT_EQ(phase(), "disabled");
  EXPECT_TRUE(on(run_requested{}).empty());
}

TEST_F(Task, RemembersATriggerUntilMonitoringStarts) {
  become_idle(false);
  EXPECT_TRUE(on(run_requested{}).empty());
  EXPECT_EQ(on(monitoring_started{}), effects{want_slot{.for_run = true}});
}

TEST_F(Task, RunsExactlyOnceMoreAfterTriggersDuringARun) {
  become_idle(true);
  begin_run();
  for (auto i = 0; i < 20; ++i)
    EXPECT_TRUE(on(run_requested{}).empty());
  auto out = on(applied{});
  EXPECT_EQ(out.back(), effect{want_slot{.for_run = true}});
  on(slot_granted{3});
  on(rendered{});
  EXPECT_EQ(on(applied{}), (effects{finish_run{.run = {2}}, give_slot{3}}));
  EXPECT_EQ(phase(), "idle");
}

TEST_F(Task, DoesNotRunTwiceForTriggersWhileItWaitsForASlot) {
  become_idle(true);
  on(run_requested{});
  EXPECT_TRUE(on(run_requested{}).empty());
  begin_run();
  on(applied{});
  EXPECT_EQ(phase(), "idle");
}

TEST_F(Task, SkipsARunWhoseInputIsWhatWasAppliedLast) {
  become_idle(true);
  on(run_requested{});
  on(slot_granted{2});
  EXPECT_EQ(on(rendered{.unchanged = true}),
            (effects{skip_run{}, give_slot{2}}));
}

TEST_F(Task, RunsAgainWithUnchangedInputAfterAFailure) {
  s.retries_max = 0;
  become_idle(true);
  begin_run();
  on(apply_failed{.message = "boom"});
  EXPECT_TRUE(s.due);
  on(run_requested{});
  on(slot_granted{3});
  EXPECT_EQ(on(rendered{.unchanged = true}),
            effects{(apply{.run = {2}, .attempt = 1})});
}

TEST_F(Task, TriesThreeTimesWithGrowingPauses) {
  become_idle(true);
  begin_run();
  EXPECT_EQ(on(apply_failed{.message = "a", .jitter = 0}),
            effects{arm_timer{now + 1s}});
  now += 1s;
  EXPECT_EQ(on(timer_elapsed{}), effects{(apply{.run = {1}, .attempt = 2})});
  EXPECT_EQ(on(apply_failed{.message = "b", .jitter = 0.5}),
            effects{arm_timer{now + 2500ms}});
  now += 2500ms;
  EXPECT_EQ(on(timer_elapsed{}), effects{(apply{.run = {1}, .attempt = 3})});
  auto out = on(apply_failed{.message = "c"});
  EXPECT_EQ(out.front(),
            effect{(finish_run{.run = {1},
                               .error = "retry attempt #2 failed 'c': retry "
                                        "attempt #1 failed 'b': first attempt "
                                        "failed 'a'"})});
}

TEST_F(Task, IgnoresATimerThatElapsesBeforeTheNextTry) {
  become_idle(true);
  begin_run();
  on(apply_failed{.message = "a", .jitter = 0.9});
  now += 1s;
  EXPECT_TRUE(on(timer_elapsed{}).empty());
}

TEST_F(Task, GivesUpOnDataAfterAMinuteAndNamesTheCause) {
  on(once_requested{});
  on(started{});
  on(slot_granted{1});
  on(prepared{});
  on(input_failed{.message = "health.service(web): connection refused"});
  now += 60s;
  auto out = on(timer_elapsed{});
  ASSERT_EQ(out.size(), 3u);
  auto text = std::get<answer_once>(out.front()).error.value();
  EXPECT_NE(text.find("timed out rendering template"), std::string::npos);
  EXPECT_NE(text.find("connection refused"), std::string::npos);
}

TEST_F(Task, FailsAtOnceForAQueryThatCannotSucceed) {
  on(once_requested{});
  on(started{});
  on(slot_granted{1});
  on(input_failed{.message = "health.service(web): bad filter",
                  .permanent = true});
  auto out = on(prepared{});
  EXPECT_EQ(phase(), "failed");
  EXPECT_EQ(std::get<answer_once>(out.at(1)).error,
            "error initializing task web: unable to retrieve data from "
            "Consul: health.service(web): bad filter");
}

TEST_F(Task, KeepsItsDataWhenAQueryFailsLater) {
  become_idle(true);
  EXPECT_TRUE(on(input_failed{.message = "x", .permanent = true}).empty());
  EXPECT_EQ(phase(), "idle");
}

TEST_F(Task, IsCreatedAgainAfterAPauseThatGrows) {
  on(started{});
  on(slot_granted{1});
  EXPECT_EQ(on(prepare_failed{"no"}),
            (effects{give_slot{1}, report_failure{"no"}, arm_timer{now + 5s}}));
  now += 5s;
  EXPECT_EQ(on(timer_elapsed{}), effects{want_slot{.for_run = false}});
  on(slot_granted{2});
  EXPECT_EQ(on(prepare_failed{"no"}).back(), effect{arm_timer{now + 10s}});
}

TEST_F(Task, ReturnsASlotThatComesTooLate) {
  on(started{});
  EXPECT_EQ(on(stop_requested{}), effects{report_stopped{}});
  EXPECT_EQ(on(slot_granted{1}), effects{give_slot{1}});
}

TEST_F(Task, EndsItsRunBeforeItReportsThatItHasStopped) {
  become_idle(true);
  begin_run();
  EXPECT_EQ(on(stop_requested{}), effects{stop_driver{}});
  auto out = on(apply_failed{.message = "interrupted"});
  EXPECT_EQ(out, (effects{finish_run{.run = {1}, .error = "interrupted"},
                          give_slot{2}}));
  EXPECT_EQ(on(driver_stopped{}), effects{report_stopped{}});
}

TEST_F(Task, StopsBetweenTwoTriesWithoutATry) {
  become_idle(true);
  begin_run();
  on(apply_failed{.message = "a"});
  on(stop_requested{});
  EXPECT_EQ(on(driver_stopped{}), effects{report_stopped{}});
  now += 1h;
  EXPECT_TRUE(on(timer_elapsed{}).empty());
}

TEST_F(Task, AnswersOnceModeWhenItIsStopped) {
  become_idle(false);
  on(once_requested{});
  auto out = on(stop_requested{});
  EXPECT_EQ(out.back(),
            effect{(answer_once{.error = "the task has been stopped"})});
}

// Under random histories: never two things asked of the driver at a time, a
// slot held whenever something is asked, nothing started after the stop, and
// no trigger forgotten.
class TaskHistory {
public:
  explicit TaskHistory(unsigned seed) : random_(seed) {
    s_.enabled = seed % 7 != 0;
    feed_it(started{});
  }

  void play(int steps) {
    for (auto i = 0; i < steps && !::testing::Test::HasFatalFailure(); ++i) {
      now_ += std::chrono::milliseconds{random_() % 20'000};
      next();
    }
  }

  bool quiet() const { return !driver_busy_ && !slot_asked_; }
  const state& machine() const { return s_; }
  bool unapplied() const { return unapplied_; }

private:
  void next() {
    switch (random_() % 12) {
      case 0: return feed_it(run_requested{}), note_trigger();
      case 1: return feed_it(once_requested{});
      case 2: return feed_it(monitoring_started{});
      case 3: return feed_it(inputs_complete{});
      case 4: return feed_it(input_failed{"x", random_() % 4 == 0});
      case 5: return feed_it(timer_elapsed{});
      case 6:
        if (random_() % 50 == 0)
          stop_sent_ = true, feed_it(stop_requested{});
        return;
      default: return answer_something();
    }
  }

  void note_trigger() {
    if (s_.enabled && !stop_sent_)
      unapplied_ = true;
  }

  void answer_something() {
    if (slot_asked_ && random_() % 2 == 0) {
      slot_asked_ = false;
      feed_it(slot_granted{++ticket_});
    } else if (driver_busy_) {
      answer_driver();
    } else if (stop_pending_) {
      stop_pending_ = false;
      feed_it(driver_stopped{});
    }
  }

  void answer_driver() {
    driver_busy_ = false;
    auto fine = random_() % 3 != 0;
    switch (asked_) {
      case 0: return fine ? feed_it(prepared{}) : feed_it(prepare_failed{"x"});
      case 1: return fine ? feed_it(rendered{}) : feed_it(render_failed{"x"});
      default:
        return fine ? feed_it(applied{}) : feed_it(apply_failed{"x", 0.5});
    }
  }

  template <class Event>
  void feed_it(const Event& event) {
    auto [next, out] = step(std::move(s_), event, now_);
    s_ = std::move(next);
    for (const auto& x : out)
      std::visit([this](const auto& y) { check(y); }, x);
  }

  void ask(int what) {
    ASSERT_FALSE(driver_busy_);
    ASSERT_FALSE(stop_sent_);
    ASSERT_TRUE(held_);
    driver_busy_ = true;
    asked_ = what;
  }

  void check(const prepare&) { held_ = true, ask(0); }
  void check(const render&) { held_ = true, unapplied_ = false, ask(1); }
  void check(const apply&) { ask(2); }
  void check(const want_slot&) {
    ASSERT_FALSE(slot_asked_);
    ASSERT_FALSE(stop_sent_);
    slot_asked_ = true;
  }
  void check(const give_slot&) { held_ = false; }
  void check(const stop_driver&) { stop_pending_ = true; }
  template <class Other>
  void check(const Other&) {}

  std::mt19937 random_;
  state s_{.name = "web"};
  time_point now_ = t0;
  std::uint64_t ticket_ = 0;
  int asked_ = 0;
  bool driver_busy_ = false;
  bool slot_asked_ = false;
  bool held_ = false;
  bool stop_sent_ = false;
  bool stop_pending_ = false;
  bool unapplied_ = false;
};

TEST(TaskProperty, AsksForOneThingAtATimeAndForgetsNoTrigger) {
  for (auto seed = 0u; seed < 2000u; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    auto history = TaskHistory{seed};
    history.play(300);
    if (::testing::Test::HasFatalFailure())
      return;
    // An idle, monitored task at rest has nothing left to apply.
    const auto& s = history.machine();
    if (std::holds_alternative<idle>(s.at) && s.monitoring) {
      ASSERT_FALSE(history.unapplied());
    }
  }
}

} // namespace
} // namespace cts::task

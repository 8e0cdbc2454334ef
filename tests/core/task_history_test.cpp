#include "core/task.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts::task {
namespace {

using namespace std::chrono_literals;

constexpr auto t0 = time_point{} + 1h;

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
      held_ = true;
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

  void check(const prepare&) { ask(0); }
  void check(const render&) { unapplied_ = false, ask(1); }
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

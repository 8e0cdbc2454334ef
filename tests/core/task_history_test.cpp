#include "core/task.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace cts::task {
namespace {

using namespace std::chrono_literals;

constexpr auto t0 = time_point{} + 1h;

// Under random histories: never two things asked of the driver at a time, a
// slot held whenever something is asked, nothing started after the stop, and
// no trigger forgotten. Of a fenced task: no apply without a permit, each
// permit reported once, no slot held while it waits for its turn.
class TaskHistory {
public:
  explicit TaskHistory(unsigned seed) : random_(seed) {
    s_.enabled = seed % 7 != 0;
    s_.fenced = seed % 2 == 0;
    feed_it(started{});
  }

  void play(int steps) {
    for (auto i = 0; i < steps && !::testing::Test::HasFatalFailure(); ++i) {
      now_ += std::chrono::milliseconds{random_() % 20'000};
      next();
    }
  }

  /// Answers all that is asked, without a new event.
  void settle() {
    for (auto i = 0; i < 200 && !::testing::Test::HasFatalFailure(); ++i) {
      now_ += std::chrono::seconds{30};
      answer_something();
      feed_it(timer_elapsed{});
    }
  }

  bool answered() const {
    return !s_.once_wanted && !s_.inspect_wanted && !s_.ready_wanted;
  }
  bool stopping() const { return stop_sent_; }
  bool stopped_reported() const { return stopped_reported_; }
  std::size_t permits_open() const { return permits_.size(); }
  const state& machine() const { return s_; }
  bool unapplied() const { return unapplied_; }

private:
  void next() {
    switch (random_() % 18) {
      case 7: return feed_it(inspect_requested{});
      case 8: return feed_it(ready_requested{});
      case 9:
        if (random_() % 4 == 0)
          unapplied_ = false, feed_it(disable_requested{});
        return;
      case 10:
        if (random_() % 2 == 0)
          feed_it(enable_requested{});
        return;
      case 0: return feed_it(run_requested{}), note_trigger();
      case 1: return feed_it(once_requested{});
      case 2: return feed_it(monitoring_started{});
      case 3: return feed_it(inputs_complete{});
      case 4: return feed_it(input_failed{"x", random_() % 4 == 0});
      case 5: return feed_it(timer_elapsed{});
      case 6:
        if (random_() % 50 == 0)
          stop_sent_ = true,
          feed_it(stop_requested{
            .drain = std::chrono::seconds{random_() % 2 == 0 ? 0 : 40}});
        return;
      default: return answer_something();
    }
  }

  void note_trigger() {
    if (s_.enabled && !stop_sent_)
      unapplied_ = true;
  }

  void answer_something() {
    if (turn_asked_ && random_() % 2 == 0) {
      turn_asked_ = false;
      random_() % 4 != 0 ? feed_it(turn_came{}) : feed_it(turn_refused{});
    } else if (permit_asked_ && random_() % 2 == 0) {
      answer_permit();
    } else if (recording_ > 0 && random_() % 2 == 0) {
      --recording_;
      feed_it(run_recorded{});
    } else if (slot_asked_ && random_() % 2 == 0) {
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

  void answer_permit() {
    permit_asked_ = false;
    if (random_() % 4 == 0)
      return feed_it(permit_refused{});
    auto permit = ha::run_permit{.epoch = 1, .task = "web", .index = ++ticket_};
    permits_.insert(permit.index);
    feed_it(permit_given{permit});
  }

  void answer_driver() {
    driver_busy_ = false;
    auto fine = random_() % 3 != 0;
    switch (asked_) {
      case 0: return fine ? feed_it(prepared{}) : feed_it(prepare_failed{"x"});
      case 1:
        if (random_() % 4 == 0)
          return feed_it(held{});
        return fine ? feed_it(rendered{}) : feed_it(render_failed{"x"});
      case 3: return fine ? feed_it(inspected{}) : feed_it(inspect_failed{"x"});
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

  // A run that is left alone may go on after the order to stop.
  void ask(int what) {
    ASSERT_FALSE(driver_busy_);
    ASSERT_FALSE(stop_sent_ && what != 2);
    ASSERT_TRUE(held_);
    driver_busy_ = true;
    asked_ = what;
  }

  void check(const prepare&) { ask(0); }
  void check(const render&) {
    const auto* run = std::get_if<running>(&s_.at);
    ASSERT_NE(run, nullptr);
    ASSERT_TRUE(s_.enabled || run->what == purpose::inspect);
    unapplied_ = false;
    ask(1);
  }
  void check(const apply& x) {
    ASSERT_EQ(x.permit.has_value(), s_.fenced);
    ASSERT_TRUE(!x.permit || permits_.count(x.permit->index) > 0);
    ASSERT_FALSE(stop_sent_);
    ask(2);
  }
  void check(const inspect&) { ask(3); }
  void check(const want_turn&) {
    ASSERT_FALSE(turn_asked_);
    ASSERT_FALSE(held_);
    ASSERT_FALSE(stop_sent_);
    ASSERT_EQ(recording_, 0);
    turn_asked_ = true;
  }
  void check(const want_permit&) {
    ASSERT_FALSE(permit_asked_);
    ASSERT_TRUE(held_);
    ASSERT_FALSE(stop_sent_);
    permit_asked_ = true;
  }
  void check(const finish_run& x) {
    if (!x.permit)
      return;
    ASSERT_EQ(permits_.erase(x.permit->index), 1u);
    ++recording_;
  }
  void check(const report_stopped&) {
    ASSERT_TRUE(stop_sent_);
    ASSERT_TRUE(permits_.empty());
    ASSERT_FALSE(permit_asked_);
    ASSERT_FALSE(held_);
    stopped_reported_ = true;
  }
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
  int recording_ = 0;
  std::set<std::uint64_t> permits_{};
  bool turn_asked_ = false;
  bool permit_asked_ = false;
  bool stopped_reported_ = false;
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
    history.settle();
    if (::testing::Test::HasFatalFailure())
      return;
    ASSERT_TRUE(history.answered());
    ASSERT_EQ(history.permits_open(), 0u);
    ASSERT_EQ(history.stopping(), history.stopped_reported());
    // An idle, monitored task at rest has nothing left to apply.
    const auto& s = history.machine();
    if (std::holds_alternative<idle>(s.at) && s.monitoring) {
      ASSERT_FALSE(history.unapplied());
    }
  }
}

} // namespace
} // namespace cts::task

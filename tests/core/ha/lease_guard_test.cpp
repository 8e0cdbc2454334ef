#include "core/ha/lease_guard.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts::ha::lease_guard {
namespace {

using namespace std::chrono_literals;

constexpr auto t0 = boot_time{1h};

using words = std::vector<std::string>;

/// A guard that keeps what it wants done, as words.
class guard {
public:
  template <class Event>
  words on(const Event& event, boot_time now) {
    auto out = words{};
    feed(state_, event, now, [&out](const auto& x) { out.push_back(word(x)); });
    return out;
  }

  const lease_guard::state& state() const { return state_; }

private:
  static std::string word(const send_signal& x) {
    auto what = x.what == signal::kill ? "kill " : "interrupt ";
    return what + std::to_string(x.id);
  }
  static std::string word(const report_stop& x) {
    return "report " + std::to_string(x.id);
  }
  static std::string word(const arm_timer& x) {
    using std::chrono::duration_cast;
    auto left = duration_cast<std::chrono::milliseconds>(x.due - t0);
    return "wait " + std::to_string(left.count());
  }

  static std::string word(const disarm_timer&) { return "rest"; }

  lease_guard::state state_;
};

/// With a lease of half a minute and one process.
guard running() {
  auto x = guard{};
  x.on(extended{t0 + 30s}, t0);
  x.on(process_started{1}, t0);
  return x;
}

TEST(LeaseGuard, LetsNothingStartWithoutALease) {
  EXPECT_FALSE(may_start({}, t0));
  EXPECT_FALSE(latest_start({}));
}

TEST(LeaseGuard, LetsProcessesStartWhileTwoSecondsAreLeft) {
  auto x = guard{};
  x.on(extended{t0 + 30s}, t0);
  EXPECT_TRUE(may_start(x.state(), t0 + 28s));
  EXPECT_FALSE(may_start(x.state(), t0 + 28s + 1ns));
}

TEST(LeaseGuard, LetsNothingStartBetweenARevocationAndTheNextExtension) {
  auto x = guard{};
  x.on(extended{t0 + 30s}, t0);
  x.on(revoked{}, t0);
  EXPECT_FALSE(may_start(x.state(), t0));
  x.on(extended{t0 + 30s}, t0);
  EXPECT_TRUE(may_start(x.state(), t0));
}

TEST(LeaseGuard, NeverShortensALease) {
  auto x = guard{};
  x.on(extended{t0 + 30s}, t0);
  x.on(extended{t0 + 10s}, t0);
  EXPECT_TRUE(may_start(x.state(), t0 + 20s));
}

TEST(LeaseGuard, InterruptsTwiceAndKillsAtTheDeadline) {
  auto x = running();
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 24s), words{});
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 25s),
            (words{"interrupt 1", "report 1", "wait 28000"}));
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 28s),
            (words{"interrupt 1", "wait 30000"}));
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 30s), (words{"kill 1"}));
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 60s), words{});
}

TEST(LeaseGuard, SparesProcessesWhoseLeaseIsExtendedInTime) {
  auto x = running();
  EXPECT_EQ(x.on(extended{t0 + 40s}, t0 + 24s), words{"wait 35000"});
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 25s), words{});
}

TEST(LeaseGuard, OnlyMovesTheEndOfAProcessThatIsInterrupted) {
  auto x = running();
  x.on(timer_elapsed{}, t0 + 25s);
  EXPECT_EQ(x.on(extended{t0 + 50s}, t0 + 26s), words{"wait 48000"});
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 48s),
            (words{"interrupt 1", "wait 50000"}));
  EXPECT_EQ(x.on(extended{t0 + 70s}, t0 + 49s), words{"wait 70000"});
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 70s), words{"kill 1"});
}

TEST(LeaseGuard, KillsWhatDoesNotEndWithinAMinuteOfItsInterrupt) {
  auto x = running();
  x.on(timer_elapsed{}, t0 + 25s);
  EXPECT_EQ(x.on(extended{t0 + 1h}, t0 + 26s), words{"wait 83000"});
  x.on(timer_elapsed{}, t0 + 83s);
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 85s), words{"kill 1"});
}

TEST(LeaseGuard, InterruptsOnceIfItComesLate) {
  auto x = running();
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 29s),
            (words{"interrupt 1", "report 1", "wait 30000"}));
}

TEST(LeaseGuard, KillsAtOnceIfItComesTooLate) {
  EXPECT_EQ(running().on(timer_elapsed{}, t0 + 31s),
            (words{"kill 1", "report 1"}));
}

TEST(LeaseGuard, DoesNotRepeatTheInterruptOfSomebodyElse) {
  auto x = running();
  EXPECT_EQ(x.on(process_interrupted{1}, t0), words{"wait 28000"});
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 28s),
            (words{"interrupt 1", "report 1", "wait 30000"}));
}

TEST(LeaseGuard, ForgetsProcessesThatHaveEnded) {
  auto x = running();
  EXPECT_EQ(x.on(process_ended{1}, t0), words{"rest"});
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 31s), words{});
}

TEST(LeaseGuard, KillsWhatRunsWithoutALease) {
  EXPECT_EQ(guard{}.on(process_started{1}, t0), (words{"kill 1", "report 1"}));
}

/// What a process has got in a random history, and when.
struct seen {
  int interrupts = 0;
  int kills = 0;
};

/// One random history and its world.
class history {
public:
  explicit history(unsigned seed) : random_{seed} {}

  void run() {
    for (auto i = 0; i < 80; ++i) {
      elapse(milliseconds(random_() % 4000));
      act();
      check();
    }
  }

private:
  using milliseconds = std::chrono::milliseconds;

  /// Time goes on; the timer is served on time, or late after a freeze.
  void elapse(boot_time pause) {
    auto end = now_ + pause;
    auto frozen = random_() % 8 == 0;
    while (!frozen && timer_ && *timer_ <= end) {
      now_ = std::max(now_, *timer_);
      timer_.reset();
      tell(timer_elapsed{});
    }
    now_ = end;
    if (timer_ && *timer_ <= now_) {
      timer_.reset();
      tell(timer_elapsed{});
    }
  }

  void act() {
    auto some = 1 + random_() % std::max<std::uint64_t>(last_, 1);
    switch (random_() % 8) {
      case 0:
      case 1: return tell(extended{now_ + milliseconds{random_() % 30'000}});
      case 2: return tell(revoked{});
      case 3: return end(some);
      case 4: return tell(process_interrupted{some});
      case 5: return tell(timer_elapsed{});
      default: return start();
    }
  }

  void start() {
    if (!may_start(state_, now_))
      return;
    ASSERT_GE(*state_.deadline - now_, start_margin);
    alive_.emplace(++last_, seen{});
    tell(process_started{last_});
  }

  void end(process_id id) {
    alive_.erase(id);
    tell(process_ended{id});
  }

  template <class Event>
  void tell(const Event& event) {
    feed(state_, event, now_, [this](const auto& x) { perform(x); });
  }

  void perform(const arm_timer& x) { timer_ = x.due; }
  void perform(const disarm_timer&) { timer_.reset(); }
  void perform(const report_stop& x) { ASSERT_TRUE(alive_.contains(x.id)); }
  void perform(const send_signal& x) {
    ASSERT_TRUE(alive_.contains(x.id));
    auto& it = alive_.at(x.id);
    ASSERT_EQ(it.kills, 0);
    auto is_first = it.interrupts + it.kills == 0;
    ASSERT_TRUE(!is_first || *state_.deadline - now_ <= first_interrupt);
    (x.what == signal::kill ? it.kills : it.interrupts) += 1;
    ASSERT_LE(it.interrupts, 2);
  }

  void check() const {
    for (const auto& [id, it] : alive_) {
      auto over = now_ >= *state_.deadline;
      ASSERT_TRUE(!over || it.kills == 1) << "process " << id;
      // Somebody comes back before anything is due.
      ASSERT_TRUE(it.kills == 1 || (timer_ && *timer_ <= *state_.deadline));
    }
  }

  std::mt19937 random_;
  boot_time now_ = t0;
  lease_guard::state state_;
  std::optional<boot_time> timer_;
  std::map<process_id, seen> alive_;
  process_id last_ = 0;
};

TEST(LeaseGuardProperty, LeavesNoProcessAliveBeyondTheLease) {
  for (auto seed = 0u; seed < 2000u && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    history{seed}.run();
  }
}

} // namespace
} // namespace cts::ha::lease_guard

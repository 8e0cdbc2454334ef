#include "core/ha/witness.hpp"

#include <gtest/gtest.h>

#include <random>

// Random histories of a worker, its processes and Consul beside a witness.

namespace cts::ha::witness {
namespace {

using namespace std::chrono_literals;

constexpr auto tasks_max = 4U;

/// One random history and its world: it knows what is true, whatever the
/// machine thinks.
class history {
public:
  explicit history(unsigned seed) : random_{seed} {}

  void run() {
    while (steps_ < 120 && !::testing::Test::HasFatalFailure()) {
      ++steps_;
      elapse(std::chrono::milliseconds(random_() % 1200));
      act();
      check();
    }
    end();
  }

private:
  std::uint64_t some(std::uint64_t end) { return random_() % end; }
  bool chance(unsigned percent) { return some(100) < percent; }
  std::string task() { return std::string(1, char('a' + some(tasks_max))); }

  // -- the world --------------------------------------------------------------

  void elapse(boot_time pause) {
    auto end = now_ + pause;
    while (timer_ && *timer_ <= end && !::testing::Test::HasFatalFailure()) {
      now_ = std::max(now_, *timer_);
      elapse_timer();
    }
    now_ = std::max(now_, end);
    if (chance(2))
      freeze(std::chrono::milliseconds(some(12'000)));
  }

  /// The witness itself stands still; its alarm comes late, then.
  void freeze(boot_time pause) {
    now_ += pause;
    if (!timer_ || now_ <= *timer_)
      return;
    if (now_ > *timer_ + standstill && !given_up_)
      heard_ = now_;
    elapse_timer();
  }

  void elapse_timer() {
    timer_.reset();
    tell(timer_elapsed{});
  }

  void act() {
    if (chance(40))
      answer_one(chance(50));
    if (chance(30))
      end_one();
    if (dead_ || left_)
      return;
    if (chance(1))
      return die();
    if (chance(1))
      return take_leave();
    if (chance(6))
      silent_ = !silent_;
    if (!silent_)
      live();
  }

  void die() {
    dead_ = true;
    gone();
    tell(worker_died{});
  }

  void take_leave() {
    left_ = true;
    tell(worker_left{});
  }

  /// What the worker does when it is well.
  void live() {
    heard();
    tell(worker_beat{});
    switch (some(8)) {
      case 0: return bequeath("release", purpose::release, {});
      case 1: return withdraw("release");
      case 2: return bequeath("session", purpose::farewell, {});
      case 3: return extend();
      case 4: return start(task());
      case 5: return withdraw("inflight/" + task());
      case 6: return start_late(task());
      default: return;
    }
  }

  void extend() {
    deadline_ = now_ + 8s;
    revoked_ = false;
    tell(lease_extended{deadline_});
  }

  /// With the record of its run, as a task does it.
  void start(const task_name& name) {
    bequeath("inflight/" + name, purpose::acknowledge, name);
    start_late(name);
  }

  /// By a permit of before, perhaps of before a stall.
  void start_late(const task_name& name) {
    if (revoked_ || now_ + 2s > deadline_ || !may_start(state_, name))
      return;
    ASSERT_FALSE(acknowledged_.contains(name));
    running_[++last_] = name;
    tell(process_started{last_, name});
  }

  void bequeath(std::string name, witness::purpose purpose, task_name task) {
    ++version_;
    acknowledged_.erase(task);
    wanted_[name] = version_;
    done_.erase(name);
    heard();
    tell(bequeathed{{.name = name,
                     .purpose = purpose,
                     .task = std::move(task),
                     .request = {.path = std::to_string(version_)}}});
  }

  void withdraw(const std::string& name) {
    wanted_.erase(name);
    if (name.starts_with("inflight/"))
      acknowledged_.erase(name.substr(9));
    tell(withdrawn{name});
  }

  void end_one() {
    if (running_.empty())
      return;
    auto chosen = std::next(running_.begin(), long(some(running_.size())));
    auto ticket = chosen->first;
    running_.erase(chosen);
    tell(process_ended{ticket});
  }

  void answer_one(bool really) {
    if (sending_.empty())
      return;
    auto chosen = std::next(sending_.begin(), long(some(sending_.size())));
    auto [name, version] = *chosen;
    sending_.erase(chosen);
    if (!really)
      return tell(unanswered{name});
    if (wanted_.contains(name) && wanted_.at(name) == version)
      done_.insert(name);
    tell(answered{name});
  }

  /// Everything is answered and every process ends: then the witness goes.
  void end() {
    if (!dead_ && !left_)
      die();
    for (auto i = 0; i < 200 && !over_; ++i) {
      answer_one(chance(80));
      end_one();
      elapse(400ms);
    }
    ASSERT_TRUE(over_);
  }

  // -- the machine ------------------------------------------------------------

  template <class Event>
  void tell(const Event& event) {
    feed(state_, event, now_, [this](const auto& x) {
      if (!::testing::Test::HasFatalFailure())
        this->perform(x);
    });
  }

  void perform(const arm_timer& x) { timer_ = x.due; }
  void perform(const disarm_timer&) { timer_.reset(); }
  void perform(const report_death&) { ASSERT_TRUE(dead_); }
  void perform(const report_stall& x) {
    ASSERT_TRUE(wanted_.contains("release"));
    ASSERT_GE(x.silent, state_.settings.stall_timeout);
    ASSERT_GE(now_ - heard_, state_.settings.stall_timeout);
    gone();
  }
  void perform(const stop_processes& x) {
    ASSERT_TRUE(given_up_);
    ASSERT_LE(x.kill_at, now_ + grace);
    ASSERT_TRUE(deadline_ == boot_time{0} || x.kill_at <= deadline_);
    revoked_ = true;
  }
  void perform(const report_unsent& x) {
    ASSERT_TRUE(given_up_ && now_ >= *given_up_);
    unsent_.insert(x.name);
  }
  void perform(const leave&) {
    ASSERT_TRUE(dead_ || left_);
    ASSERT_TRUE(running_.empty());
    for (const auto& [name, version] : wanted_)
      ASSERT_TRUE(left_ || is_over(name)) << name;
    over_ = true;
  }
  void perform(const send& x) {
    // While it lives and beats nothing is sent.
    ASSERT_TRUE(given_up_ && !left_ && !over_);
    ASSERT_LT(now_, *given_up_);
    ASSERT_FALSE(sending_.contains(x.name));
    ASSERT_LT(sending_.size(), sending_max);
    // What it sends is the will of today, and not done yet.
    ASSERT_TRUE(wanted_.contains(x.name));
    ASSERT_EQ(std::to_string(wanted_.at(x.name)), x.request.path);
    ASSERT_FALSE(is_over(x.name));
    check_turn(x.name);
    check_pause(x.name);
    sending_.emplace(x.name, wanted_.at(x.name));
    sent_at_[x.name] = now_;
  }

  void check_turn(const std::string& name) {
    if (name == "release")
      return;
    ASSERT_TRUE(is_over("release"));
    if (name == "session") {
      ASSERT_TRUE(dead_);
      for (const auto& [other, version] : wanted_)
        ASSERT_TRUE(!other.starts_with("inflight/") || is_over(other));
      return;
    }
    auto task = name.substr(9);
    for (const auto& [ticket, each] : running_)
      ASSERT_NE(each, task);
    acknowledged_.insert(task);
  }

  void check_pause(const std::string& name) {
    auto last = sent_at_.find(name);
    ASSERT_TRUE(last == sent_at_.end() || !given_up_
                || last->second < given_up_since_
                || now_ - last->second >= pause_min);
  }

  /// The worker is dead or takes too long.
  void gone() {
    auto deadline = deadline_ == boot_time{0} ? now_ : deadline_;
    given_up_ = std::max(deadline, now_) + patience;
    given_up_since_ = now_;
    unsent_.clear();
  }

  void heard() {
    heard_ = now_;
    given_up_.reset();
    unsent_.clear();
  }

  bool is_over(const std::string& name) const {
    return !wanted_.contains(name) || done_.contains(name)
           || unsent_.contains(name);
  }

  void check() {
    // Somebody comes back before anything is due.
    auto watched
      = !given_up_ && wanted_.contains("release") && !dead_ && !left_;
    ASSERT_TRUE(!watched || timer_);
    ASSERT_TRUE(!watched || *timer_ <= heard_ + state_.settings.stall_timeout);
    // The lock is being given back, or it was, or nobody can any more.
    auto giving = given_up_ && !left_ && !is_over("release");
    ASSERT_TRUE(!giving || sending_.contains("release") || timer_);
  }

  std::mt19937 random_;
  int steps_ = 0;
  boot_time now_{1h};
  witness::state state_{};
  std::optional<boot_time> timer_;
  // -- the worker
  bool silent_ = false;
  bool dead_ = false;
  bool left_ = false;
  bool over_ = false;
  boot_time heard_{1h};
  boot_time deadline_{0};
  bool revoked_ = true;
  std::map<std::uint64_t, task_name> running_;
  std::uint64_t last_ = 0;
  // -- the will, by the number of its writing
  std::uint64_t version_ = 0;
  std::map<std::string, std::uint64_t> wanted_;
  std::set<std::string> done_;
  std::set<std::string> unsent_;
  std::set<task_name> acknowledged_;
  std::map<std::string, std::uint64_t> sending_;
  std::map<std::string, boot_time> sent_at_;
  // -- since the worker is gone: until when requests are repeated
  std::optional<boot_time> given_up_;
  boot_time given_up_since_{0};
};

TEST(WitnessProperty, CarriesOutTheWillInOrderAndNothingElse) {
  for (auto seed = 0u; seed < 3000u && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    history{seed}.run();
  }
}

} // namespace
} // namespace cts::ha::witness

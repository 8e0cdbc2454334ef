#include "core/ha/peer_link.hpp"
#include "tests/core/ha/machine_fixture.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts::ha::peer_link {
namespace {

using namespace std::chrono_literals;

/// A follower that watches a leader's process.
class PeerLink : public test::machine_fixture<state, effect> {
protected:
  static ha::peer_link::peer leader(const std::string& boot = "b1",
                                    const std::string& session = "s1") {
    return {.leader = {.id = "one", .address = "one.example", .port = 8558},
            .boot = boot,
            .session = session};
  }

  void see(const std::optional<ha::peer_link::peer>& x) { on(leader_seen{x}); }

  void answer(const std::string& boot = "b1") {
    on(answered{.ticket = s.ticket, .id = "one", .boot = boot});
  }

  void fail(failure how) {
    on(failed{.ticket = s.ticket, .how = how, .message = "why"});
  }

  void wait(duration span) {
    now += span;
    on(timer_elapsed{});
  }

  /// It has answered once, and a held greeting is open.
  void meet() {
    see(leader());
    answer();
  }

  /// The process ends as the kernel shows it.
  void die() {
    fail(failure::closed);
    fail(failure::refused);
    wait(again_after);
    fail(failure::refused);
  }
};

TEST_F(PeerLink, HoldsAGreetingOpenOnceTheLeaderHasAnswered) {
  see(leader());
  ASSERT_TRUE(find<greet>());
  EXPECT_FALSE(find<greet>()->hold);
  answer();
  EXPECT_TRUE(find<report_watching>());
  ASSERT_TRUE(find<greet>());
  EXPECT_TRUE(find<greet>()->hold);
  now += heartbeat;
  answer();
  EXPECT_FALSE(find<report_watching>());
  ASSERT_TRUE(find<greet>());
  EXPECT_TRUE(find<greet>()->hold);
}

TEST_F(PeerLink, DoesNotAskWithoutAPauseIfNobodyHoldsTheGreeting) {
  meet();
  now += 1ms;
  answer();
  EXPECT_FALSE(find<greet>());
  wait(heartbeat);
  EXPECT_TRUE(find<greet>());
}

TEST_F(PeerLink, TakesTwoRefusalsAfterAClosedConnectionForDeath) {
  meet();
  fail(failure::closed);
  ASSERT_TRUE(find<greet>());
  EXPECT_FALSE(find<greet>()->hold);
  fail(failure::refused);
  EXPECT_FALSE(find<report_dead>());
  EXPECT_FALSE(find<greet>());
  wait(4ms);
  EXPECT_FALSE(find<greet>());
  wait(1ms);
  ASSERT_TRUE(find<greet>());
  fail(failure::refused);
  ASSERT_TRUE(find<report_dead>());
  EXPECT_EQ(find<report_dead>()->session, "s1");
  EXPECT_EQ(find<report_dead>()->boot, "b1");
  EXPECT_EQ(find<report_dead>()->evidence, "connection refused twice");
}

TEST_F(PeerLink, CountsARefusalThatComesInPlaceOfTheClosedConnection) {
  meet();
  fail(failure::refused); // the connection was opened anew for the greeting
  wait(again_after);
  fail(failure::refused);
  EXPECT_TRUE(find<report_dead>());
}

TEST_F(PeerLink, TakesAnotherProcessWithTheSameIdForTheDeathOfTheFirst) {
  meet();
  fail(failure::closed);
  answer("b2");
  ASSERT_TRUE(find<report_dead>());
  EXPECT_EQ(find<report_dead>()->boot, "b1");
}

TEST_F(PeerLink, DropsTheSuspicionWhenTheSameProcessAnswers) {
  meet();
  fail(failure::closed);
  fail(failure::refused);
  wait(again_after);
  answer();
  EXPECT_FALSE(find<report_dead>());
  fail(failure::closed);
  fail(failure::refused);
  EXPECT_FALSE(find<report_dead>());
}

TEST_F(PeerLink, LearnsNothingFromSilence) { // 18
  meet();
  for (auto i = 0; i < 100; ++i) {
    fail(failure::silent);
    EXPECT_FALSE(find<report_dead>());
    wait(pause);
    ASSERT_TRUE(find<greet>());
  }
}

TEST_F(PeerLink, StartsToCountAnewAfterSilence) {
  meet();
  fail(failure::closed);
  fail(failure::refused);
  wait(again_after);
  fail(failure::silent);
  wait(pause);
  fail(failure::refused);
  EXPECT_FALSE(find<report_dead>());
}

TEST_F(PeerLink, LearnsNothingFromRefusalsOfOneItHasNeverMet) {
  see(leader());
  for (auto i = 0; i < 100; ++i) {
    fail(failure::refused);
    EXPECT_FALSE(find<report_dead>());
    wait(pause);
    ASSERT_TRUE(find<greet>());
  }
}

TEST_F(PeerLink, SlowsDownWhenConnectionsAreClosedAgainAndAgain) {
  meet();
  auto begin = now;
  for (auto i = 0; i < 100; ++i) {
    fail(failure::closed);
    wait(again_after);
    wait(pause - again_after);
  }
  EXPECT_GT(now - begin, 75s);
  EXPECT_FALSE(find<report_dead>());
}

TEST_F(PeerLink, WatchesNobodyWhoAdvertisesNoAddress) {
  auto x = leader();
  x.leader.address.clear();
  see(x);
  EXPECT_TRUE(effects.empty());
}

TEST_F(PeerLink, HangsUpWhenTheLeaderChanges) {
  meet();
  auto former = s.ticket;
  see(leader("b2", "s2"));
  ASSERT_TRUE(find<hang_up>());
  EXPECT_EQ(find<hang_up>()->ticket, former);
  EXPECT_TRUE(find<greet>());
  on(failed{.ticket = former, .how = failure::closed});
  EXPECT_TRUE(effects.empty());
  see(std::nullopt);
  EXPECT_TRUE(find<hang_up>());
  EXPECT_FALSE(find<greet>());
}

TEST_F(PeerLink, SaysOnceThatAnotherInstanceAnswersAtTheAddress) {
  see(leader());
  on(answered{.ticket = s.ticket, .id = "two", .boot = "b9"});
  ASSERT_TRUE(find<report_trouble>());
  EXPECT_NE(find<report_trouble>()->message.find("instance 'two' answers"),
            std::string::npos);
  EXPECT_FALSE(find<report_dead>());
  wait(30s);
  on(answered{.ticket = s.ticket, .id = "two", .boot = "b9"});
  EXPECT_FALSE(find<report_trouble>());
}

TEST_F(PeerLink, IsOffForAnHourAfterTwoNeedlessFailovers) { // 19
  meet();
  die();
  on(survived{"one"});
  EXPECT_FALSE(find<report_off>());
  see(leader("b1", "s2"));
  now += 9min;
  answer();
  die();
  ASSERT_TRUE(find<report_dead>());
  on(survived{"one"});
  ASSERT_TRUE(find<report_off>());
  EXPECT_EQ(find<report_off>()->id, "one");
  see(leader("b1", "s3"));
  EXPECT_FALSE(find<greet>());
  wait(59min);
  EXPECT_FALSE(find<greet>());
  wait(1min);
  EXPECT_TRUE(find<greet>());
}

TEST_F(PeerLink, WatchesOthersWhileItIsOffForOne) {
  on(survived{"two"});
  on(survived{"two"});
  EXPECT_TRUE(find<report_off>());
  see(leader());
  EXPECT_TRUE(find<greet>());
}

TEST_F(PeerLink, ForgivesANeedlessFailoverAfterTenMinutes) {
  on(survived{"one"});
  now += 11min;
  on(survived{"one"});
  EXPECT_FALSE(find<report_off>());
}

TEST_F(PeerLink, FindsTheApiAtTheAddressAndPortOfTheLeader) {
  auto x = leader_identity{.id = "one", .address = "h", .port = 1};
  EXPECT_EQ(base_url(x), "http://h:1");
  x.scheme = "https";
  EXPECT_EQ(base_url(x), "https://h:1");
  x.address = "h:2";
  EXPECT_EQ(base_url(x), "https://h:2");
  x.address = "::1";
  EXPECT_EQ(base_url(x), "https://[::1]:1");
  x.address = "[::1]:3";
  EXPECT_EQ(base_url(x), "https://[::1]:3");
  x.address.clear();
  EXPECT_EQ(base_url(x), "");
}

/// Any events in any order, with what the machine may conclude from them, kept
/// by the test in its own way.
class ordeal {
public:
  explicit ordeal(unsigned seed) : random_(seed) {}

  void play_one() {
    now_ += std::chrono::milliseconds{pick(8)};
    may_die_ = false;
    auto what = pick(8);
    if (what == 0)
      return change_leader();
    if (what == 1)
      return survive();
    if (what == 2 || !s_.open)
      return take(step(s_, timer_elapsed{}, now_));
    --open_;
    what == 3 ? answer_greeting() : fail_greeting();
  }

  /// At most one greeting is open, and death was told with evidence only.
  bool is_sound() const { return sound_ && open_ >= 0 && open_ <= 1; }

private:
  int pick(int n) { return static_cast<int>(random_() % unsigned(n)); }

  void take(cts::ha::peer_link::answer x) {
    s_ = std::move(x.state);
    for (const auto& each : x.effects) {
      if (std::holds_alternative<greet>(each))
        ++open_;
      if (std::holds_alternative<hang_up>(each))
        --open_;
      if (!std::holds_alternative<report_dead>(each))
        continue;
      sound_ = sound_ && may_die_;
      met_ = false;
      refusals_ = 0;
    }
  }

  void change_leader() {
    auto x
      = ha::peer_link::peer{.leader = {.id = "one", .address = "h", .port = 1},
                            .boot = "b" + std::to_string(pick(2)),
                            .session = "s" + std::to_string(pick(2))};
    auto next = pick(4) == 0 ? std::nullopt : std::optional{x};
    if (next != s_.peer) {
      met_ = false;
      refusals_ = 0;
    }
    take(step(s_, leader_seen{next}, now_));
  }

  void survive() {
    take(step(s_, survived{"one"}, now_));
    now_ += 11min; // so that it is never off
  }

  void answer_greeting() {
    auto boot = "b" + std::to_string(pick(2));
    met_ = boot == s_.peer->boot;
    may_die_ = !met_;
    refusals_ = 0;
    take(
      step(s_, answered{.ticket = s_.ticket, .id = "one", .boot = boot}, now_));
  }

  void fail_greeting() {
    auto how = static_cast<failure>(pick(4));
    if (how == failure::refused) {
      may_die_ = met_ && refusals_ >= 1 && now_ - refused_at_ >= again_after;
      ++refusals_;
      refused_at_ = now_;
    } else {
      refusals_ = 0;
    }
    take(step(s_, failed{.ticket = s_.ticket, .how = how}, now_));
  }

  std::mt19937 random_;
  state s_{};
  time_point now_{1h};
  int open_ = 0;
  bool may_die_ = false;
  bool sound_ = true;
  bool met_ = false;
  int refusals_ = 0;
  time_point refused_at_{};
};

TEST(PeerLinkProperty, TellsOfADeathOnlyWithEvidence) {
  for (auto seed = 1U; seed <= 300; ++seed) {
    auto played = ordeal{seed};
    for (auto i = 0; i < 400; ++i) {
      played.play_one();
      ASSERT_TRUE(played.is_sound()) << "seed " << seed << ", event " << i;
    }
  }
}

} // namespace
} // namespace cts::ha::peer_link

#include "core/ha/peer_link.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts::ha::peer_link {
namespace {

using namespace std::chrono_literals;

/// A follower that watches a leader's process.
class PeerLink : public ::testing::Test {
protected:
  template <class Event>
  void on(const Event& event) {
    auto [next, out] = step(std::move(s), event, now);
    s = std::move(next);
    effects = std::move(out);
  }

  template <class Effect>
  const Effect* find() const {
    for (const auto& each : effects)
      if (const auto* found = std::get_if<Effect>(&each))
        return found;
    return nullptr;
  }

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

  state s{};
  time_point now{1h};
  std::vector<effect> effects{};
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

/// What the machine may have concluded, kept by the test in its own way.
struct evidence {
  bool met = false;
  int refusals = 0;
  time_point refused_at{};
};

/// Any events in any order: at most one greeting is open, and death is told
/// only after two refusals in a row that are far enough apart, or a foreign
/// boot.
TEST(PeerLinkProperty, TellsOfADeathOnlyWithEvidence) {
  for (auto seed = 1U; seed <= 300; ++seed) {
    auto random = std::mt19937{seed};
    auto pick = [&](int n) { return static_cast<int>(random() % unsigned(n)); };
    auto s = state{};
    auto now = time_point{1h};
    auto seen = evidence{};
    auto open = 0;
    auto may_die = false;
    auto take = [&](answer x) {
      s = std::move(x.state);
      for (const auto& each : x.effects) {
        if (std::holds_alternative<greet>(each))
          ++open;
        if (std::holds_alternative<hang_up>(each))
          --open;
        if (std::holds_alternative<report_dead>(each)) {
          ASSERT_TRUE(may_die) << seed;
          seen = {};
        }
      }
      ASSERT_GE(open, 0) << seed;
      ASSERT_LE(open, 1) << seed;
    };
    for (auto i = 0; i < 400; ++i) {
      now += std::chrono::milliseconds{pick(8)};
      may_die = false;
      auto what = pick(8);
      if (what == 0) {
        auto x = ha::peer_link::peer{.leader
                                     = {.id = "one", .address = "h", .port = 1},
                                     .boot = "b" + std::to_string(pick(2)),
                                     .session = "s" + std::to_string(pick(2))};
        auto next = pick(4) == 0 ? std::nullopt : std::optional{x};
        if (next != s.peer)
          seen = {};
        take(step(s, leader_seen{next}, now));
      } else if (what == 1) {
        take(step(s, survived{"one"}, now));
        now += 11min; // so that it is never off
      } else if (what == 2 || !s.open) {
        take(step(s, timer_elapsed{}, now));
      } else if (what == 3) {
        auto boot = "b" + std::to_string(pick(2));
        may_die = s.peer && boot != s.peer->boot;
        seen = {.met = s.peer && boot == s.peer->boot};
        --open;
        take(step(s, answered{.ticket = s.ticket, .id = "one", .boot = boot},
                  now));
      } else {
        auto how = static_cast<failure>(pick(4));
        if (how == failure::refused) {
          may_die = seen.met && seen.refusals >= 1
                    && now - seen.refused_at >= again_after;
          ++seen.refusals;
          seen.refused_at = now;
        } else {
          seen.refusals = 0;
        }
        --open;
        take(step(s, failed{.ticket = s.ticket, .how = how}, now));
      }
    }
  }
}

} // namespace
} // namespace cts::ha::peer_link

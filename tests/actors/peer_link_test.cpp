#include "actors/peer_link.hpp"

#include "actors/caf/answer.hpp"
#include "tests/actors/elector_fixture.hpp"

// A follower that watches the leader's process: chapter high-availability, 4.5
// D3, with electors on a modelled Consul and a scripted way to the peer.

namespace cts {
namespace {

using namespace std::chrono_literals;
using ha::peer_link::failure;

/// What the way to the peers was asked, and what it answers.
struct line_script {
  std::vector<std::string> urls{};
  std::optional<failure> fails{};
  std::string id = "cts-01";
  std::string boot = "cts-01#1";
  int status = 200;
  int cancelled = 0;
};

/// The test ends the greeting that is held by sending its end.
using scripted_line_actor
  = cafx::extended<peer_line_actor, caf::result<void>(greeting_ended)>;

class scripted_line {
public:
  using actor_type = scripted_line_actor;
  static inline constexpr const char* name = "scripted_line";

  scripted_line(scripted_line_actor::pointer self,
                std::shared_ptr<line_script> script)
    : self_(self), script_(std::move(script)) {
    cafx::install_guards(self_, guard_log);
  }

  scripted_line_actor::behavior_type make_behavior() {
    return {
      [this](const greet_peer& x) -> caf::result<greeting_ended> {
        script_->urls.push_back(x.url);
        if (!x.url.ends_with("?hold") || script_->fails)
          return answer();
        auto promise = self_->make_response_promise<greeting_ended>();
        held_ = cafx::answer<greeting_ended>{promise};
        return promise;
      },
      [this](const cancel_greeting&) { ++script_->cancelled; },
      [this](const greeting_ended& x) { held_.deliver(x); },
    };
  }

private:
  greeting_ended answer() const {
    if (script_->fails)
      return {.failure = script_->fails, .message = "why"};
    return {.status = script_->status,
            .body = R"({"boot":")" + script_->boot + R"(","id":")" + script_->id
                    + "\"}\n"};
  }

  scripted_line_actor::pointer self_;
  std::shared_ptr<line_script> script_;
  cafx::answer<greeting_ended> held_{};
};

class PeerLinkActor : public ElectorFixture {
protected:
  void SetUp() override {
    ElectorFixture::SetUp();
    ha.address = "one.example";
    one = &join_and_lead("cts-01");
    two = &join("cts-02");
    advance(1s);
    line = cafx::spawn_state<scripted_line>(sys, script);
    link = make_peer_link(self.ptr(), line, two->elector);
    run();
  }

  void TearDown() override {
    stop(link);
    stop(line);
    ElectorFixture::TearDown();
  }

  /// The held greeting ends like this.
  void end_held(failure how) {
    tell(line, greeting_ended{.failure = how, .message = "why"});
  }

  /// The leader's process ends, as its peers see it.
  void kill_process() {
    script->fails = failure::refused;
    end_held(failure::closed);
    advance(10ms);
  }

  instance* one = nullptr;
  instance* two = nullptr;
  std::shared_ptr<line_script> script = std::make_shared<line_script>();
  scripted_line_actor line{};
  peer_link_actor link{};
};

TEST_F(PeerLinkActor, GreetsTheLeaderAtItsAddress) {
  ASSERT_EQ(script->urls.size(), 2u);
  EXPECT_EQ(script->urls[0], "http://one.example:8558/v1/cluster/peer");
  EXPECT_EQ(script->urls[1], "http://one.example:8558/v1/cluster/peer?hold");
}

TEST_F(PeerLinkActor, HasTheFollowerTakeTheLockFromADeadLeaderAtOnce) {
  end(*one);
  kill_process();
  advance(150ms);
  ASSERT_EQ(two->told->promotions.size(), 1u);
  EXPECT_EQ(two->told->promotions[0].detector, "peer");
  EXPECT_EQ(two->told->promotions[0].term.epoch, 2u);
  EXPECT_TRUE(logged("ha: the leader's process is dead leader=cts-01 "
                     "evidence=connection refused twice"));
  EXPECT_TRUE(logged("ha: acquired leadership lock id=cts-02 epoch=2 "
                     "detector=peer"));
}

TEST_F(PeerLinkActor, LeavesALeaderAloneThatIsOnlySilent) { // 18
  script->fails = failure::silent;
  end_held(failure::silent);
  advance(60s);
  EXPECT_TRUE(two->told->promotions.empty());
  EXPECT_TRUE(one->told->losses.empty());
}

TEST_F(PeerLinkActor, IsSatisfiedWhenTheSameProcessAnswersAgain) {
  end_held(failure::closed);
  advance(60s);
  EXPECT_TRUE(two->told->promotions.empty());
  EXPECT_TRUE(one->told->losses.empty());
}

TEST_F(PeerLinkActor, StopsToWatchWhenItLeadsItself) {
  EXPECT_TRUE(ask_for<void>(200ms, one->elector, step_down{}));
  ASSERT_EQ(two->told->promotions.size(), 1u);
  EXPECT_EQ(script->cancelled, 1);
}

// Somebody forges resets and refusals: the first two failovers are needless,
// then the detector is off. No lock is held twice meanwhile.
TEST_F(PeerLinkActor, IsOffAfterTwoNeedlessFailovers) { // 19
  kill_process();
  advance(150ms);
  ASSERT_EQ(two->told->promotions.size(), 1u);
  tell(two->elector, tenure_ready{2});
  advance(6s);
  ASSERT_EQ(one->told->losses.size(), 1u);
  tell(one->elector, tenure_over{1});
  advance(3s);
  EXPECT_TRUE(logged("ha: the leader that was taken for dead is alive "
                     "leader=cts-01"));
  // The old leader leads again, and is taken for dead again.
  script->fails.reset();
  EXPECT_TRUE(ask_for<void>(200ms, two->elector, step_down{}));
  tell(two->elector, tenure_over{2});
  advance(2s);
  ASSERT_EQ(one->told->promotions.size(), 2u);
  tell(one->elector, tenure_ready{3});
  advance(10s);
  kill_process();
  advance(150ms);
  ASSERT_EQ(two->told->promotions.size(), 2u);
  tell(two->elector, tenure_ready{4});
  advance(6s);
  tell(one->elector, tenure_over{3});
  advance(3s);
  EXPECT_TRUE(logged("ha: the peer link was wrong twice within 10m, it is off "
                     "for 1h: something between the instances ends "
                     "connections peer=cts-01"));
  script->fails.reset();
  EXPECT_TRUE(ask_for<void>(200ms, two->elector, step_down{}));
  tell(two->elector, tenure_over{4});
  advance(2s);
  ASSERT_EQ(one->told->promotions.size(), 3u);
  tell(one->elector, tenure_ready{5});
  auto asked = script->urls.size();
  advance(30min);
  EXPECT_EQ(script->urls.size(), asked);
  EXPECT_EQ(two->told->promotions.size(), 2u);
}

TEST_F(PeerLinkActor, SaysOnceThatNoInstanceAnswersThere) {
  script->status = 404;
  tell(line, greeting_ended{.status = 404});
  advance(2min);
  EXPECT_EQ(std::ranges::count(
              lines, "ha: the leader cannot be watched over the peer link "
                     "leader=cts-01 error=the answer to a greeting is none "
                     "of an instance (HTTP status 404)"),
            1);
}

TEST_F(PeerLinkActor, IsToldWhomToWatchAfterARestart) {
  stop(link);
  EXPECT_EQ(script->cancelled, 1);
  script->urls.clear();
  link = make_peer_link(self.ptr(), line, two->elector);
  run();
  EXPECT_EQ(script->urls.size(), 2u);
}

} // namespace
} // namespace cts

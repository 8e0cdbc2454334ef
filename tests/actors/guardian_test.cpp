#include "actors/guardian.hpp"

#include "actors/contract.hpp"
#include "actors/errors.hpp"
#include "actors/timers.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/sim_fixture.hpp"

namespace cts {
namespace {

using namespace std::chrono_literals;

class Guardian : public cafx::sim_fixture {
protected:
  /// A guarded state store that notes where it records.
  state_store_actor guard(restart_intensity::limits limits = {}) {
    auto start = [this](caf::local_actor* host) {
      ++starts;
      auto made = fakes::make_store(host, log);
      newest = made;
      return caf::actor_cast<caf::strong_actor_ptr>(made);
    };
    auto parent = self.ptr();
    guardian = spawn_guardian(
      parent, {.name = "store", .start = start, .limits = limits});
    run();
    return caf::actor_cast<state_store_actor>(guardian);
  }

  void kill_child() {
    caf::anon_send_exit(newest, caf::exit_reason::unhandled_exception);
    newest = nullptr;
    run();
  }

  void TearDown() override {
    newest = nullptr;
    stop(guardian);
    sim_fixture::TearDown();
  }

  int starts = 0;
  fakes::event_log log = std::make_shared<std::vector<task_event>>();
  state_store_actor newest{};
  caf::actor guardian{};
};

TEST_F(Guardian, PassesMessagesOnToItsChild) {
  auto front = guard();
  tell(front, record_event{.event = {.id = "1"}});
  ASSERT_EQ(log->size(), 1u);
  EXPECT_TRUE(ask<events_snapshot>(front, get_events{}));
}

TEST_F(Guardian, RestartsAChildThatDiedAfterAPause) {
  auto front = guard();
  kill_child();
  EXPECT_EQ(starts, 1);
  advance(100ms);
  EXPECT_EQ(starts, 2);
  tell(front, record_event{.event = {.id = "1"}});
  EXPECT_EQ(log->size(), 1u);
}

TEST_F(Guardian, FailsRequestsWhileNoChildLives) {
  auto front = guard();
  kill_child();
  auto answer = ask<events_snapshot>(front, get_events{});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), caf::sec::request_receiver_down);
}

TEST_F(Guardian, EndsWhenItsChildFailsTooOften) {
  guard({.failures_max = 2, .window = 1h});
  for (auto i = 0; i < 2; ++i) {
    kill_child();
    advance(1s);
  }
  EXPECT_TRUE(alive(guardian));
  kill_child();
  EXPECT_FALSE(alive(guardian));
}

TEST_F(Guardian, PutsANewChildInTheOldOnesPlaceWhenToldTo) {
  auto front = guard({.failures_max = 0});
  auto old = newest;
  caf::anon_send(guardian, renew_part{});
  tell(front, record_event{.event = {.id = "1"}});
  EXPECT_EQ(starts, 2);
  EXPECT_FALSE(alive(old));
  EXPECT_TRUE(alive(guardian));
  EXPECT_EQ(log->size(), 1u);
}

TEST_F(Guardian, TakesItsChildAlongWhenItIsStopped) {
  guard();
  auto child = newest;
  stop(guardian);
  EXPECT_FALSE(alive(child));
  EXPECT_FALSE(alive(guardian));
}

} // namespace
} // namespace cts

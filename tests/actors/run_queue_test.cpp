#include "actors/run_queue.hpp"

#include "tests/support/sim_fixture.hpp"

#include <caf/event_based_actor.hpp>

namespace cts {
namespace {

class RunQueueActor : public cafx::sim_fixture {
protected:
  void SetUp() override {
    queue = make_run_queue(self.ptr(), {.slots_max = 1});
  }

  void TearDown() override {
    stop(queue);
    sim_fixture::TearDown();
  }

  run_queue_actor queue{};
};

// (A spawn without an argument binds a null reference inside CAF 0.17.)
TEST_F(RunQueueActor, GrantsTheNextSlotWhenOneIsReturned) {
  auto ticket = std::uint64_t{0};
  auto holder = sys.spawn(
    [&](caf::event_based_actor* me, int) -> caf::behavior {
      me->request(queue, std::chrono::minutes{60}, acquire_slot{"a"})
        .then([&](const slot_granted& x) { ticket = x.ticket; });
      return {[](int) {}};
    },
    0);
  run();
  EXPECT_FALSE(ask<slot_granted>(queue, acquire_slot{"b"}));
  tell(queue, release_slot{ticket});
  EXPECT_TRUE(ask<slot_granted>(queue, acquire_slot{"b"}));
  stop(holder);
}

TEST_F(RunQueueActor, TakesARepeatedWishForTheSame) {
  auto holder = sys.spawn(
    [this](caf::event_based_actor* me, int) -> caf::behavior {
      for (auto i = 0; i < 3; ++i)
        me->request(queue, std::chrono::minutes{60}, acquire_slot{"t"})
          .then([me, this](const slot_granted& x) {
            caf::anon_send(queue, release_slot{x.ticket});
            me->quit();
          });
      return {[](int) {}};
    },
    0);
  run();
  EXPECT_TRUE(ask<slot_granted>(queue, acquire_slot{"b"}));
}

TEST_F(RunQueueActor, TakesBackTheSlotOfAnActorThatDied) {
  auto holder = sys.spawn(
    [this](caf::event_based_actor* me, int) -> caf::behavior {
      me->request(queue, std::chrono::minutes{60}, acquire_slot{"t"})
        .then([](const slot_granted&) {});
      return {[](int) {}};
    },
    0);
  run();
  EXPECT_FALSE(ask<slot_granted>(queue, acquire_slot{"b"}));
  stop(holder);
  EXPECT_TRUE(self->has_next_message()); // "b" has its slot now
}

TEST_F(RunQueueActor, GivesTheSlotOfARunThatHangsToTheNext) {
  stop(queue);
  queue = make_run_queue(
    self.ptr(), {.slots_max = 1, .hung_after = std::chrono::seconds{60}});
  auto holder = sys.spawn(
    [this](caf::event_based_actor* me, int) -> caf::behavior {
      me->request(queue, std::chrono::minutes{60}, acquire_slot{"t"})
        .then([](const slot_granted&) {});
      return {[](int) {}};
    },
    0);
  advance(std::chrono::seconds{30});
  EXPECT_FALSE(ask_for<slot_granted>(std::chrono::milliseconds{29'999}, queue,
                                     acquire_slot{"b"}));
  advance(std::chrono::milliseconds{1});
  EXPECT_TRUE(self->has_next_message());
  stop(holder);
}

} // namespace
} // namespace cts

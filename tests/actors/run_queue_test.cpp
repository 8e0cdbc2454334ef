#include "actors/run_queue.hpp"

#include "tests/support/sim_fixture.hpp"

#include <caf/event_based_actor.hpp>

namespace cts {
namespace {

class RunQueueActor : public cafx::sim_fixture {
protected:
  void SetUp() override { queue = make_run_queue(self.ptr(), 1); }

  void TearDown() override {
    stop(queue);
    sim_fixture::TearDown();
  }

  run_queue_actor queue{};
};

TEST_F(RunQueueActor, GrantsTheNextSlotWhenOneIsReturned) {
  auto first = ask<slot_granted>(queue, acquire_slot{"a"});
  ASSERT_TRUE(first);
  EXPECT_FALSE(ask<slot_granted>(queue, acquire_slot{"b"}));
  tell(queue, release_slot{first->ticket});
  // The slot went to the one that waited; that one returns it, too.
  tell(queue, release_slot{first->ticket + 1});
  EXPECT_TRUE(ask<slot_granted>(queue, acquire_slot{"c"}));
}

TEST_F(RunQueueActor, TakesBackTheSlotOfAnActorThatDied) {
  auto holder = sys.spawn([this](caf::event_based_actor* me) -> caf::behavior {
    me->request(queue, std::chrono::minutes{60}, acquire_slot{"t"})
      .then([](const slot_granted&) {});
    return {[](int) {}};
  });
  run();
  EXPECT_FALSE(ask<slot_granted>(queue, acquire_slot{"b"}));
  stop(holder);
  EXPECT_TRUE(self->has_next_message()); // "b" has its slot now
}

} // namespace
} // namespace cts

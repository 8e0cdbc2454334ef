#include "actors/memory_store.hpp"

#include "tests/support/sim_fixture.hpp"

namespace cts {
namespace {

class MemoryStore : public cafx::sim_fixture {
protected:
  void SetUp() override { store = make_memory_store(self.ptr()); }
  void TearDown() override {
    stop(store);
    sim_fixture::TearDown();
  }

  state_store_actor store{};
};

TEST_F(MemoryStore, ShowsWhatWasRecorded) {
  tell(store, record_event{.event = {.id = "1", .task = "web"}});
  auto answer = ask<events_snapshot>(store, get_events{});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->events->at("web").front().id, "1");
}

TEST_F(MemoryStore, LeavesAnEarlierAnswerAsItWas) {
  auto before = ask<events_snapshot>(store, get_events{});
  tell(store, record_event{.event = {.id = "1", .task = "web"}});
  ASSERT_TRUE(before);
  EXPECT_TRUE(before->events->empty());
}

TEST_F(MemoryStore, ForgetsTheEventsOfADeletedTask) {
  tell(store, record_event{.event = {.id = "1", .task = "web"}});
  tell(store, record_event{.event = {.id = "2", .task = "db"}});
  tell(store, forget_task{"web"});
  auto after = ask<events_snapshot>(store, get_events{});
  ASSERT_TRUE(after);
  EXPECT_FALSE(after->events->contains("web"));
  EXPECT_TRUE(after->events->contains("db"));
}

} // namespace
} // namespace cts

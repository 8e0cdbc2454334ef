#include "actors/event_recorder.hpp"

#include "tests/support/sim_fixture.hpp"

namespace cts {
namespace {

class EventRecorder : public cafx::sim_fixture {
protected:
  void SetUp() override { recorder = make_event_recorder(self.ptr()); }
  void TearDown() override {
    stop(recorder);
    sim_fixture::TearDown();
  }

  event_recorder_actor recorder{};
};

TEST_F(EventRecorder, ShowsWhatWasRecorded) {
  tell(recorder, record_event{{.id = "1", .task = "web"}});
  auto answer = ask<events_snapshot>(recorder, get_events{});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->events->at("web").front().id, "1");
}

TEST_F(EventRecorder, LeavesAnEarlierAnswerAsItWas) {
  auto before = ask<events_snapshot>(recorder, get_events{});
  tell(recorder, record_event{{.id = "1", .task = "web"}});
  ASSERT_TRUE(before);
  EXPECT_TRUE(before->events->empty());
}

} // namespace
} // namespace cts

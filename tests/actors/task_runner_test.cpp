#include "actors/task_runner.hpp"

#include "actors/run_queue.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/sim_fixture.hpp"

namespace cts {
namespace {

using namespace std::chrono_literals;
using steps = std::vector<std::string>;

const auto web = dependency{.name = "web"};

class TaskRunner : public cafx::sim_fixture {
protected:
  void SetUp() override {
    configured.name = "t";
    configured.condition
      = config::services_condition{.query = {.names = {"web"}}};
    configured.buffer = {.enabled = false, .min = 0s, .max = 0s};
    registry = fakes::make_registry(self.ptr(), script);
    store = fakes::make_store(self.ptr(), events);
    queue = make_run_queue(self.ptr(), {.slots_max = 4});
  }

  void spawn() {
    auto driver_of = [this](caf::local_actor* parent, const driver_order&) {
      return fakes::make_driver(parent, driver);
    };
    task = make_task_runner(
      self.ptr(), {.task = std::make_shared<config::task>(configured),
                   .enabled = configured.enabled,
                   .module_source = "/m",
                   .make_driver = driver_of,
                   .registry = registry,
                   .queue = queue,
                   .store = store,
                   .clock = [this] { return wall_time{} + elapsed(); },
                   .random = [this] { return ++random; }});
    run();
  }

  /// Prepared, run once and monitored.
  void spawn_monitored() {
    spawn();
    publish({"a"});
    ask<run_outcome>(task, run_once{});
    tell(task, start_monitoring{});
    driver->asked.clear();
    events->clear();
  }

  void publish(std::vector<std::string> ids) {
    script->publish(web, fakes::instances(ids));
    run();
  }

  void TearDown() override {
    driver->newest = nullptr;
    if (task)
      stop(task);
    script->close();
    stop(queue);
    stop(store);
    stop(registry);
    sim_fixture::TearDown();
  }

  config::task configured{};
  fakes::driver_script_ptr driver = std::make_shared<fakes::driver_script>();
  fakes::registry_script_ptr script
    = std::make_shared<fakes::registry_script>();
  fakes::event_log events = std::make_shared<std::vector<task_event>>();
  watch_registry_actor registry{};
  state_store_actor store{};
  run_queue_actor queue{};
  task_actor task{};
  std::uint64_t random = 0;
};

TEST_F(TaskRunner, PreparesAndWaitsForItsDataBeforeItsFirstRun) {
  spawn();
  auto outcome = ask<run_outcome>(task, run_once{});
  EXPECT_FALSE(outcome); // no data yet
  EXPECT_EQ(driver->asked, steps{"prepare"});
  publish({"a"});
  EXPECT_EQ(driver->asked, (steps{"prepare", "render", "apply"}));
  EXPECT_EQ(*driver->rendered.at(web), fakes::instances({"a"}));
}

TEST_F(TaskRunner, RecordsAnEventForARun) {
  spawn();
  publish({"a"});
  advance(3s);
  auto outcome = ask<run_outcome>(task, run_once{});
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->ran);
  EXPECT_FALSE(outcome->error);
  ASSERT_EQ(events->size(), 1u);
  EXPECT_TRUE(events->front().success);
  EXPECT_EQ(events->front().task, "t");
  EXPECT_EQ(events->front().source, "/m");
  EXPECT_EQ(events->front().start_time, wall_time{} + 3s);
}

TEST_F(TaskRunner, AnswersOnceModeWithTheDriversError) {
  driver->apply_errors = {"error tf-apply for 't': exit status 1"};
  spawn();
  publish({"a"});
  auto outcome = ask<run_outcome>(task, run_once{});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error, "error tf-apply for 't': exit status 1");
}

TEST_F(TaskRunner, AnswersOnceModeWhenItCannotBePrepared) {
  driver->prepare_errors
    = {"error tf-init for 't': no", "error tf-init for 't': no"};
  spawn();
  // The first failure came before the question: it is tried again for it.
  auto outcome = ask<run_outcome>(task, run_once{});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error, "error tf-init for 't': no");
  EXPECT_EQ(driver->asked, (steps{"prepare", "prepare"}));
  ASSERT_EQ(events->size(), 2u);
  EXPECT_FALSE(events->front().success);
}

TEST_F(TaskRunner, DoesNotWatchAndRunADisabledTask) {
  configured.enabled = false;
  spawn();
  auto outcome = ask<run_outcome>(task, run_once{});
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->ran);
  EXPECT_EQ(driver->asked, steps{"prepare"});
  EXPECT_TRUE(script->watched.empty());
}

TEST_F(TaskRunner, RunsAfterAChange) {
  spawn_monitored();
  publish({"a", "b"});
  EXPECT_EQ(driver->asked, (steps{"render", "apply"}));
  EXPECT_EQ(events->size(), 1u);
}

TEST_F(TaskRunner, RunsOnceMoreForChangesDuringARunWithTheNewestData) {
  spawn_monitored();
  driver->hold_apply = true;
  publish({"b"});
  publish({"c"});
  publish({"d"});
  EXPECT_EQ(driver->asked, (steps{"render", "apply"}));
  driver->hold_apply = false;
  driver->release();
  run();
  EXPECT_EQ(driver->asked, (steps{"render", "apply", "render", "apply"}));
  EXPECT_EQ(*driver->rendered.at(web), fakes::instances({"d"}));
  EXPECT_EQ(driver->applies_open_max, 1);
}

TEST_F(TaskRunner, SkipsARunWhenTheOldDataCameBackMeanwhile) {
  spawn_monitored();
  driver->hold_apply = true;
  publish({"b"});
  publish({"a"});
  publish({"b"});
  driver->hold_apply = false;
  driver->render_changes = false; // the file holds what {"b"} looks like
  driver->release();
  run();
  EXPECT_EQ(driver->asked, (steps{"render", "apply", "render"}));
}

TEST_F(TaskRunner, TriesAFailedRunTwiceMore) {
  spawn_monitored();
  driver->apply_errors = {"one", "two"};
  publish({"b"});
  advance(10s);
  EXPECT_EQ(driver->asked, (steps{"render", "apply", "apply", "apply"}));
  ASSERT_EQ(events->size(), 1u);
  EXPECT_TRUE(events->front().success);
}

TEST_F(TaskRunner, StopsTheDriverBeforeItAnswersThatItHasStopped) {
  spawn_monitored();
  driver->hold_apply = true;
  publish({"b"});
  auto stopped = ask<void>(task, stop_task{10s});
  EXPECT_TRUE(stopped);
  EXPECT_EQ(driver->asked, (steps{"render", "apply", "stop"}));
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ(events->front().error, "interrupted");
  publish({"c"});
  EXPECT_EQ(driver->asked.size(), 3u);
}

TEST_F(TaskRunner, EndsWithItsDriver) {
  spawn_monitored();
  caf::anon_send_exit(driver->newest, caf::exit_reason::unhandled_exception);
  driver->newest = nullptr;
  run();
  EXPECT_FALSE(alive(task));
}

// -- scheduled tasks ----------------------------------------------------------

class ScheduledTask : public TaskRunner {
protected:
  void SetUp() override {
    TaskRunner::SetUp();
    configured.condition = config::schedule_condition{"*/10 * * * *"};
    configured.module_inputs = {config::services_query{.names = {"web"}}};
  }
};

TEST_F(ScheduledTask, RunsOnceAndThenAtItsTicksOnly) {
  spawn_monitored();
  publish({"b"});
  advance(10min - 1ms);
  EXPECT_TRUE(driver->asked.empty());
  advance(1ms);
  EXPECT_EQ(driver->asked, (steps{"render", "apply"}));
  EXPECT_EQ(*driver->rendered.at(web), fakes::instances({"b"}));
}

TEST_F(ScheduledTask, RecordsATickThatFoundNoChangesWithoutApplying) {
  spawn_monitored();
  driver->render_changes = false;
  advance(20min);
  EXPECT_EQ(driver->asked, (steps{"render", "render"}));
  ASSERT_EQ(events->size(), 2u);
  EXPECT_TRUE(events->back().success);
}

TEST_F(ScheduledTask, AppliesWithoutChangesIfItIsToldTo) {
  configured.always_apply = true;
  spawn_monitored();
  driver->render_changes = false;
  advance(10min);
  EXPECT_EQ(driver->asked, (steps{"render", "apply"}));
}

TEST_F(ScheduledTask, AppliesAgainAtTheNextTickAfterAFailure) {
  spawn_monitored();
  driver->apply_errors = {"no", "no", "no"};
  advance(11min);
  driver->render_changes = false;
  driver->asked.clear();
  advance(10min);
  EXPECT_EQ(driver->asked, (steps{"render", "apply"}));
  EXPECT_TRUE(events->back().success);
}

TEST_F(ScheduledTask, SkipsTheTicksDuringItsRun) {
  spawn_monitored();
  driver->hold_apply = true;
  advance(35min); // the run began at the first tick and passed two more
  driver->hold_apply = false;
  driver->release();
  run();
  EXPECT_EQ(driver->asked, (steps{"render", "apply"}));
  EXPECT_EQ(events->size(), 1u);
  advance(5min);
  EXPECT_EQ(events->size(), 2u);
}

// -- guards -------------------------------------------------------------------

TEST_F(TaskRunner, HoldsARunWithoutAnyDataBack) {
  configured.hold_empty = true;
  spawn_monitored();
  publish({});
  EXPECT_TRUE(driver->asked.empty());
  EXPECT_TRUE(events->empty());
  publish({"a", "b"});
  EXPECT_EQ(driver->asked, (steps{"render", "apply"}));
}

TEST_F(TaskRunner, RunsWithoutAnyDataUnlessItIsToldToHold) {
  spawn_monitored();
  publish({});
  EXPECT_EQ(driver->asked, (steps{"render", "apply"}));
}

} // namespace
} // namespace cts

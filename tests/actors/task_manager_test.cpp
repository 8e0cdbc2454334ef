#include "actors/task_manager.hpp"

#include "actors/run_queue.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/sim_fixture.hpp"

namespace cts {
namespace {

using namespace std::chrono_literals;
using steps = std::vector<std::string>;

class TaskManager : public cafx::sim_fixture {
protected:
  void SetUp() override {
    registry = fakes::make_registry(self.ptr(), script);
    store = fakes::make_store(self.ptr(), events);
    queue = make_run_queue(self.ptr(), {.slots_max = 4});
  }

  void spawn(std::vector<std::string> names) {
    auto settings = config::settings{};
    for (auto& x : names) {
      drivers[x] = std::make_shared<fakes::driver_script>();
      auto task = config::task{.name = x, .working_dir = x};
      task.condition
        = config::services_condition{.query = {.names = {"for-" + x}}};
      task.buffer = {.enabled = false, .min = 0s, .max = 0s};
      settings.tasks.push_back(task);
      publish(x, {"first"});
    }
    auto driver_of
      = [this](caf::local_actor* parent, const driver_order& order) {
          return fakes::make_driver(parent, drivers.at(order.task->name));
        };
    manager = make_task_manager(
      self.ptr(), {.settings = std::make_shared<config::settings>(settings),
                   .process_directory = "/srv",
                   .make_driver = driver_of,
                   .registry = registry,
                   .queue = queue,
                   .store = store,
                   .clock = [this] { return wall_time{} + elapsed(); },
                   .random = [this] { return ++random; }});
    run();
  }

  caf::expected<once_finished> start(start_tasks order = {}) {
    return ask<once_finished>(manager, order);
  }

  void publish(const std::string& task, std::vector<std::string> ids) {
    script->publish({.name = "for-" + task}, fakes::instances(ids));
    run();
  }

  void kill_driver(const std::string& task) {
    caf::anon_send_exit(drivers.at(task)->newest,
                        caf::exit_reason::unhandled_exception);
    drivers.at(task)->newest = nullptr;
    run();
  }

  int applies(const std::string& task) const {
    const auto& asked = drivers.at(task)->asked;
    return static_cast<int>(std::count(asked.begin(), asked.end(), "apply"));
  }

  void TearDown() override {
    for (auto& [task, driver] : drivers)
      driver->newest = nullptr;
    stop(manager);
    script->close();
    stop(queue);
    stop(store);
    stop(registry);
    sim_fixture::TearDown();
  }

  std::map<std::string, fakes::driver_script_ptr> drivers{};
  fakes::registry_script_ptr script
    = std::make_shared<fakes::registry_script>();
  fakes::event_log events = std::make_shared<std::vector<task_event>>();
  watch_registry_actor registry{};
  state_store_actor store{};
  run_queue_actor queue{};
  task_manager_actor manager{};
  std::uint64_t random = 0;
};

TEST_F(TaskManager, RunsEveryTaskOnceInOrderOneAtATime) {
  spawn({"b", "a", "c"});
  auto over = start();
  ASSERT_TRUE(over);
  EXPECT_FALSE(over->error);
  ASSERT_EQ(events->size(), 3u);
  EXPECT_EQ(events->at(0).task, "b");
  EXPECT_EQ(events->at(1).task, "a");
  EXPECT_EQ(events->at(2).task, "c");
}

TEST_F(TaskManager, DoesNotRunTheNextTaskWhileOneRuns) {
  spawn({"a", "b"});
  drivers.at("a")->hold_apply = true;
  EXPECT_FALSE(start());
  EXPECT_EQ(applies("b"), 0);
  drivers.at("a")->release();
  run();
  EXPECT_EQ(applies("b"), 1);
}

TEST_F(TaskManager, StartsNoFurtherTaskAfterAFailureStandalone) {
  spawn({"a", "b"});
  drivers.at("a")->apply_errors = {"boom"};
  auto over = start();
  ASSERT_TRUE(over);
  EXPECT_EQ(over->error, "boom");
  EXPECT_EQ(applies("b"), 0);
}

TEST_F(TaskManager, GoesOnAfterAFailureWithHighAvailability) {
  spawn({"a", "b"});
  drivers.at("a")->apply_errors = {"boom"};
  auto over = start({.policy = once_policy::keep_going});
  ASSERT_TRUE(over);
  EXPECT_FALSE(over->error);
  EXPECT_EQ(applies("b"), 1);
}

TEST_F(TaskManager, ServesAChangeThatCameDuringOnceMode) {
  spawn({"a", "b"});
  drivers.at("b")->hold_apply = true;
  start();
  publish("a", {"second"});
  EXPECT_EQ(applies("a"), 1);
  drivers.at("b")->release();
  run();
  EXPECT_EQ(applies("a"), 2);
}

TEST_F(TaskManager, ServesNoChangeInOnceMode) {
  spawn({"a"});
  start({.monitor = false});
  publish("a", {"second"});
  EXPECT_EQ(applies("a"), 1);
}

TEST_F(TaskManager, RunsOtherTasksWhileOneIsBusy) {
  spawn({"a", "b"});
  start();
  drivers.at("a")->hold_apply = true;
  publish("a", {"second"});
  publish("b", {"second"});
  EXPECT_EQ(applies("b"), 2);
}

TEST_F(TaskManager, HasARestartedTaskRunThoughItsFirstCreationFails) {
  spawn({"a"});
  start();
  drivers.at("a")->prepare_errors = {"no", "no"};
  kill_driver("a");
  advance(100ms);
  EXPECT_EQ(applies("a"), 1);
  advance(10s);
  EXPECT_EQ(applies("a"), 2);
}

TEST_F(TaskManager, WaitsForATaskThatIsDownWhenItsTurnComes) {
  spawn({"a", "b"});
  drivers.at("a")->hold_apply = true;
  start();
  kill_driver("b");
  drivers.at("a")->release();
  run();
  EXPECT_EQ(applies("b"), 0);
  advance(100ms);
  EXPECT_EQ(applies("b"), 1);
}

TEST_F(TaskManager, MonitorsAtOnceWhenItResumes) {
  spawn({"a", "b"});
  drivers.at("a")->hold_apply = true;
  auto over = start({.resume = true});
  EXPECT_TRUE(over);
  EXPECT_EQ(applies("a"), 1);
  EXPECT_EQ(applies("b"), 1);
  publish("b", {"second"});
  EXPECT_EQ(applies("b"), 2);
}

TEST_F(TaskManager, RestartsATaskWhoseDriverDiedAndHasItRunOnce) {
  spawn({"a", "b"});
  start();
  kill_driver("a");
  advance(100ms);
  EXPECT_EQ(drivers.at("a")->made, 2);
  EXPECT_EQ(applies("a"), 2);
  publish("a", {"second"});
  EXPECT_EQ(applies("a"), 3);
}

TEST_F(TaskManager, LeavesOtherTasksAloneWhenADriverDies) {
  spawn({"a", "b"});
  start();
  drivers.at("b")->hold_apply = true;
  publish("b", {"second"});
  kill_driver("a");
  advance(1s);
  EXPECT_EQ(drivers.at("b")->made, 1);
  EXPECT_EQ(drivers.at("b")->applies_open, 1);
  drivers.at("b")->release();
  run();
  EXPECT_EQ(events->back().task, "b");
  EXPECT_TRUE(events->back().success);
}

TEST_F(TaskManager, NeverGivesUpOnATaskThatKeepsDying) {
  spawn({"a", "b"});
  start();
  for (auto i = 0; i < 30; ++i) {
    kill_driver("a");
    advance(31s);
  }
  EXPECT_EQ(drivers.at("a")->made, 31);
  EXPECT_EQ(drivers.at("b")->made, 1);
}

TEST_F(TaskManager, StopsAllTasksBeforeItAnswers) {
  spawn({"a", "b"});
  start();
  drivers.at("a")->hold_apply = true;
  publish("a", {"second"});
  EXPECT_TRUE(ask<void>(manager, stop_tasks{10s}));
  EXPECT_EQ(drivers.at("a")->asked.back(), "stop");
  publish("b", {"second"});
  EXPECT_EQ(applies("b"), 1);
}

TEST_F(TaskManager, ShowsItsTasksInConfigurationOrder) {
  spawn({"b", "a"});
  auto views = ask<task_views>(manager, get_tasks{});
  ASSERT_TRUE(views);
  ASSERT_EQ(views->tasks.size(), 2u);
  EXPECT_EQ(views->tasks.at(0).configuration->name, "b");
}

TEST(ModuleSource, IsMadeAbsoluteIfItIsLocal) {
  EXPECT_EQ(absolute_module("./m", "/srv/cts"), "/srv/cts/m");
  EXPECT_EQ(absolute_module("../m//x/", "/srv/cts"), "/srv/m/x");
  EXPECT_EQ(absolute_module("acme/web/aws", "/srv"), "acme/web/aws");
  EXPECT_EQ(absolute_module("git::https://x/y.git", "/"),
            "git::https://x/y.git");
}

} // namespace
} // namespace cts

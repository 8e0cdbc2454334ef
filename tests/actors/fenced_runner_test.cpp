#include "actors/run_queue.hpp"
#include "actors/task_runner.hpp"
#include "tests/support/fake_elector.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/sim_fixture.hpp"

// A task under a leadership, and a task that is enabled, disabled, inspected
// and drained.

namespace cts {
namespace {

using namespace std::chrono_literals;
using steps = std::vector<std::string>;

const auto web = dependency{.name = "web"};

class FencedRunner : public cafx::sim_fixture {
protected:
  void SetUp() override {
    configured.name = "t";
    configured.condition
      = config::services_condition{.query = {.names = {"web"}}};
    configured.buffer = {.enabled = false, .min = 0s, .max = 0s};
    registry = fakes::make_registry(self.ptr(), script);
    store = fakes::make_store(self.ptr(), kept);
    queue = make_run_queue(self.ptr(), 1);
    elector = fakes::make_elector(self.ptr(), election);
  }

  void spawn(bool enabled = true) {
    auto driver_of = [this](caf::local_actor* parent, const driver_order&) {
      return fakes::make_driver(parent, driver);
    };
    task = make_task_runner(
      self.ptr(), {.task = std::make_shared<config::task>(configured),
                   .enabled = enabled,
                   .module_source = "/m",
                   .make_driver = driver_of,
                   .registry = registry,
                   .queue = queue,
                   .store = store,
                   .elector = elector,
                   .clock = [this] { return wall_time{} + elapsed(); },
                   .random = [this] { return ++random; }});
    run();
    publish({"a"});
  }

  void publish(std::vector<std::string> ids) {
    script->publish(web, fakes::instances(ids));
    run();
  }

  int applies() const {
    return static_cast<int>(
      std::count(driver->asked.begin(), driver->asked.end(), "apply"));
  }

  void TearDown() override {
    driver->newest = nullptr;
    if (task)
      stop(task);
    script->close();
    stop(queue);
    stop(store);
    stop(registry);
    stop(elector);
    sim_fixture::TearDown();
  }

  config::task configured{};
  fakes::driver_script_ptr driver = std::make_shared<fakes::driver_script>();
  fakes::registry_script_ptr script
    = std::make_shared<fakes::registry_script>();
  fakes::store_script_ptr kept = std::make_shared<fakes::store_script>();
  fakes::elector_script_ptr election
    = std::make_shared<fakes::elector_script>();
  watch_registry_actor registry{};
  state_store_actor store{};
  run_queue_actor queue{};
  elector_actor elector{};
  task_actor task{};
  std::uint64_t random = 0;
};

TEST_F(FencedRunner, IsPreparedWithoutARunUntilItIsToldTo) {
  spawn();
  publish({"b"});
  advance(1h);
  EXPECT_EQ(driver->asked, steps{"prepare"});
  EXPECT_TRUE(election->asked.empty());
}

TEST_F(FencedRunner, RunsUnderThePermitOfItsEpochAndClosesIt) {
  spawn();
  auto outcome = ask<run_outcome>(task, run_once{.epoch = 7});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(election->asked, (steps{"turn t", "permit t"}));
  EXPECT_EQ(election->epoch, 7u);
  ASSERT_EQ(kept->records.size(), 1u);
  ASSERT_TRUE(kept->records.front().permit);
  EXPECT_EQ(kept->records.front().permit->run, "run-1");
}

TEST_F(FencedRunner, RunsFirstWithInputsThatAreReadAnew) {
  spawn();
  script->world[web] = {.what = web, .version = 9};
  script->world[web].data = std::make_shared<snapshot>(fakes::instances({"b"}));
  EXPECT_TRUE(ask<run_outcome>(task, run_once{.epoch = 1}));
  EXPECT_EQ(*driver->rendered.at(web), fakes::instances({"b"}));
  EXPECT_TRUE(ask<run_outcome>(task, run_once{.epoch = 1}));
  EXPECT_EQ(script->refreshed.size(), 1u);
}

TEST_F(FencedRunner, ReadsItsInputsAnewUnderEachLeadership) {
  spawn();
  EXPECT_TRUE(ask<run_outcome>(task, run_once{.epoch = 1}));
  EXPECT_TRUE(ask<run_outcome>(task, run_once{.epoch = 2}));
  EXPECT_EQ(script->refreshed.size(), 2u);
}

TEST_F(FencedRunner, RunsAgainWhenItsInputsCouldNotBeReadAnew) {
  script->refuse_refresh.insert(web);
  driver->render_changes = false; // equal inputs count as such
  spawn();
  EXPECT_TRUE(ask<run_outcome>(task, run_once{.epoch = 1}));
  EXPECT_EQ(*driver->rendered.at(web), fakes::instances({"a"}));
  tell(task, start_monitoring{});
  script->refuse_refresh.clear();
  script->world[web] = {.what = web, .version = 9};
  script->world[web].data = std::make_shared<snapshot>(fakes::instances({"b"}));
  advance(5s);
  EXPECT_EQ(*driver->rendered.at(web), fakes::instances({"b"}));
  EXPECT_EQ(applies(), 2);
  advance(1h);
  EXPECT_EQ(script->refreshed.size(), 2u);
}

TEST_F(FencedRunner, HoldsNoSlotWhileItWaitsForItsTurn) {
  election->hold_turns = true;
  spawn();
  tell(task, run_once{.epoch = 1});
  advance(1h);
  EXPECT_TRUE(ask<slot_granted>(queue, acquire_slot{.task = "other"}));
  EXPECT_EQ(applies(), 0);
}

TEST_F(FencedRunner, AsksAgainAfterASecondWhenItGetsNoPermit) {
  election->refuse_permits = true;
  spawn();
  tell(task, run_once{.epoch = 1});
  advance(2500ms);
  EXPECT_EQ(applies(), 0);
  EXPECT_EQ(election->asked, (steps{"turn t", "permit t", "turn t", "permit t",
                                    "turn t", "permit t"}));
  election->refuse_permits = false;
  advance(1s);
  EXPECT_EQ(applies(), 1);
}

TEST_F(FencedRunner, ClosesThePermitOfARunThatIsStopped) {
  driver->hold_apply = true;
  spawn();
  tell(task, run_once{.epoch = 1});
  run();
  EXPECT_TRUE(ask<void>(task, stop_task{.grace = 1s}));
  ASSERT_EQ(kept->records.size(), 1u);
  EXPECT_TRUE(kept->records.front().permit);
  EXPECT_FALSE(kept->records.front().event.success);
}

TEST_F(FencedRunner, HasStoppedOnlyWhenItsRunIsStored) {
  driver->hold_apply = true;
  spawn();
  tell(task, run_once{.epoch = 1});
  run();
  kept->event_refusal = fail(errc::unavailable, "no Consul");
  EXPECT_FALSE(ask<void>(task, stop_task{.grace = 1s}));
  kept->event_refusal.reset();
  advance(1s);
  EXPECT_EQ(kept->records.size(), 1u);
}

TEST_F(FencedRunner, DoesNotInsistOnAnEventThatIsNotItsToWrite) {
  spawn();
  kept->event_refusal = fail(errc::conflict, "not the leader");
  EXPECT_TRUE(ask<run_outcome>(task, run_once{.epoch = 1}));
}

TEST_F(FencedRunner, LeavesARunAloneWhileItDrains) {
  driver->hold_apply = true;
  spawn();
  tell(task, run_once{.epoch = 1});
  run();
  tell(task, stop_task{.grace = 1s, .drain = 10min});
  advance(9min);
  EXPECT_EQ(driver->asked.back(), "apply");
  driver->release();
  run();
  ASSERT_EQ(kept->records.size(), 1u);
  EXPECT_TRUE(kept->records.front().event.success);
}

TEST_F(FencedRunner, IsWatchedOnlyWhileItIsEnabled) {
  spawn(false);
  EXPECT_TRUE(script->watched.empty());
  tell(task, switch_task{true});
  run();
  publish({"a"});
  EXPECT_EQ(script->watched.size(), 1u);
  EXPECT_EQ(driver->asked, (steps{"prepare", "prepare"}));
  tell(task, switch_task{false});
  tell(task, start_monitoring{});
  publish({"b"});
  EXPECT_EQ(applies(), 0);
}

TEST_F(FencedRunner, TellsWhyItCannotBeEnabled) {
  spawn(false);
  driver->prepare_errors = {"error tf-init for 't': exit status 1"};
  auto answer = ask<void>(task, switch_task{true});
  ASSERT_FALSE(answer);
  EXPECT_EQ(to_core(answer.error()).message,
            "error tf-init for 't': exit status 1");
}

TEST_F(FencedRunner, IsInspectedWithoutAPermitAndWithoutAnEvent) {
  driver->inspected = {.changes = true, .plan = "plan"};
  spawn();
  auto found = ask<run_inspected>(task, inspect_task{});
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->changes);
  EXPECT_EQ(found->plan, "plan");
  EXPECT_EQ(driver->asked, (steps{"prepare", "render", "inspect"}));
  EXPECT_TRUE(kept->records.empty());
  EXPECT_TRUE(election->asked.empty());
}

TEST_F(FencedRunner, TellsWhyItCannotBeInspected) {
  driver->inspect_errors = {"error tf-plan for 't': exit status 1"};
  spawn();
  auto found = ask<run_inspected>(task, inspect_task{});
  ASSERT_FALSE(found);
  EXPECT_EQ(to_core(found.error()).code, errc::driver);
}

} // namespace
} // namespace cts

#include "actors/dynamic_condition.hpp"

#include "tests/support/fakes.hpp"
#include "tests/support/sim_fixture.hpp"

namespace cts {
namespace {

using namespace std::chrono_literals;

const auto web = dependency{.name = "web"};
const auto db = dependency{.name = "db"};

class DynamicCondition : public cafx::sim_fixture {
protected:
  void SetUp() override {
    registry = fakes::make_registry(self.ptr(), script);
    task = fakes::make_task(self.ptr(), log);
    run();
  }

  void spawn(std::vector<std::string> names, config::buffer_period buffer) {
    auto configured = config::task{.name = "t"};
    configured.condition
      = config::services_condition{.query = {.names = std::move(names)}};
    configured.buffer = buffer;
    condition = make_dynamic_condition(
      self.ptr(), {.task = std::make_shared<config::task>(configured),
                   .registry = registry,
                   .target = task});
    run();
  }

  void publish(const dependency& what, std::vector<std::string> ids) {
    script->publish(what, fakes::instances(ids));
    run();
  }

  void TearDown() override {
    stop(condition);
    stop(task);
    script->close();
    stop(registry);
    sim_fixture::TearDown();
  }

  static constexpr auto five_to_twenty
    = config::buffer_period{.min = 5s, .max = 20s};
  static constexpr auto off
    = config::buffer_period{.enabled = false, .min = 0s, .max = 0s};

  fakes::registry_script_ptr script
    = std::make_shared<fakes::registry_script>();
  std::shared_ptr<fakes::task_log> log = std::make_shared<fakes::task_log>();
  watch_registry_actor registry{};
  task_actor task{};
  condition_actor condition{};
};

TEST_F(DynamicCondition, WatchesEachServiceAndReportsWhenAllHaveAnswered) {
  spawn({"db", "web"}, off);
  EXPECT_EQ(script->watched, (std::vector{db, web}));
  publish(web, {"a"});
  EXPECT_EQ(log->complete, 0);
  publish(db, {});
  EXPECT_EQ(log->complete, 1);
  EXPECT_EQ(log->runs, 0);
}

TEST_F(DynamicCondition, RunsTheTaskOnceForABurstOfChanges) {
  spawn({"db", "web"}, five_to_twenty);
  publish(web, {"a"});
  publish(db, {"x"});
  publish(web, {"b"});
  advance(3s);
  publish(db, {"y"});
  advance(4s); // the first timer has fired, but no longer counts
  EXPECT_EQ(log->runs, 0);
  advance(1s);
  EXPECT_EQ(log->runs, 1);
}

TEST_F(DynamicCondition, RunsTheTaskAtOnceWithoutABufferPeriod) {
  spawn({"web"}, off);
  publish(web, {"a"});
  publish(web, {"b"});
  EXPECT_EQ(log->runs, 1);
}

TEST_F(DynamicCondition, DoesNotRunTheTaskForTheSameInstancesAgain) {
  spawn({"web"}, off);
  publish(web, {"a"});
  publish(web, {"a"});
  EXPECT_EQ(log->runs, 0);
}

TEST_F(DynamicCondition, HandsOutTheNewestSnapshots) {
  spawn({"web"}, five_to_twenty);
  publish(web, {"a"});
  publish(web, {"b"});
  auto inputs = ask<gathered_inputs>(condition, get_inputs{});
  ASSERT_TRUE(inputs);
  EXPECT_TRUE(inputs->complete);
  EXPECT_EQ(*inputs->snapshots.at(web), fakes::instances({"b"}));
}

TEST_F(DynamicCondition, TellsTheTaskWhyAnInputIsMissing) {
  spawn({"web"}, off);
  script->fail(web, "health.service(web): no", true);
  run();
  ASSERT_EQ(log->failures.size(), 1u);
  EXPECT_TRUE(log->failures.front().permanent);
}

TEST_F(DynamicCondition, SubscribesAgainWhenAWatcherDies) {
  spawn({"web"}, off);
  publish(web, {"a"});
  script->close(); // the watcher ends, and nobody tells the condition more
  script->snapshots[web].data
    = std::make_shared<const snapshot>(fakes::instances({"a", "b"}));
  run();
  EXPECT_EQ(script->watched.size(), 1u);
  advance(1s);
  EXPECT_EQ(script->watched.size(), 2u);
  EXPECT_EQ(log->runs, 1); // what it missed meanwhile
}

// -- fresh inputs -------------------------------------------------------------

TEST_F(DynamicCondition, HasEachInputReadAgain) {
  spawn({"db", "web"}, off);
  publish(web, {"a"});
  publish(db, {"x"});
  script->world[web]
    = {.what = web,
       .version = 9,
       .data = std::make_shared<const snapshot>(fakes::instances({"b"}))};
  auto inputs = ask<gathered_inputs>(condition, get_fresh_inputs{2s});
  ASSERT_TRUE(inputs);
  EXPECT_TRUE(inputs->fresh);
  EXPECT_TRUE(inputs->complete);
  EXPECT_EQ(*inputs->snapshots.at(web), fakes::instances({"b"}));
  EXPECT_EQ(script->refreshed, (std::vector{db, web}));
  EXPECT_FALSE(ask<gathered_inputs>(condition, get_inputs{})->fresh);
}

TEST_F(DynamicCondition, SaysThatAnInputCouldNotBeReadAgain) {
  spawn({"db", "web"}, off);
  publish(web, {"a"});
  publish(db, {"x"});
  script->refuse_refresh = {web};
  auto inputs = ask<gathered_inputs>(condition, get_fresh_inputs{2s});
  ASSERT_TRUE(inputs);
  EXPECT_FALSE(inputs->fresh);
  EXPECT_EQ(*inputs->snapshots.at(web), fakes::instances({"a"}));
}

TEST_F(DynamicCondition, ReadsAgainWhatTheCatalogMakesKnown) {
  auto configured = config::task{.name = "t"};
  configured.condition = config::services_condition{.query = {.regexp = "web"}};
  configured.buffer = off;
  condition = make_dynamic_condition(
    self.ptr(), {.task = std::make_shared<config::task>(configured),
                 .registry = registry,
                 .target = task});
  run();
  auto catalog = dependency{.what = dependency::kind::catalog_services};
  script->publish(catalog, {catalog_services{}});
  run();
  auto known = catalog_services{{"web", {}}};
  script->world[catalog]
    = {.what = catalog,
       .version = 9,
       .data = std::make_shared<const snapshot>(snapshot{.data = known})};
  script->world[web]
    = {.what = web,
       .version = 1,
       .data = std::make_shared<const snapshot>(fakes::instances({"b"}))};
  auto inputs = ask<gathered_inputs>(condition, get_fresh_inputs{2s});
  ASSERT_TRUE(inputs);
  EXPECT_TRUE(inputs->fresh);
  EXPECT_TRUE(inputs->snapshots.contains(web));
}

TEST_F(DynamicCondition, WaitsNoLongerThanItMayForFreshInputs) {
  spawn({"web"}, off);
  publish(web, {"a"});
  script->close(); // no watcher for a second
  run();
  auto inputs
    = ask_for<gathered_inputs>(100ms, condition, get_fresh_inputs{100ms});
  ASSERT_TRUE(inputs);
  EXPECT_FALSE(inputs->fresh);
  EXPECT_EQ(*inputs->snapshots.at(web), fakes::instances({"a"}));
}

} // namespace
} // namespace cts

#include "tests/actors/task_mutations_fixture.hpp"

// What a reload, or other dynamic values, do with the tasks.

namespace cts {
namespace {

using namespace std::chrono_literals;
using names_list = std::vector<std::string>;

class TaskRenewal : public TaskMutations {
protected:
  /// The settings with these tasks, each with its usual configuration.
  config::settings settings_of(const names_list& names) {
    auto out = config::settings{};
    for (const auto& name : names)
      out.tasks.push_back(*task_named(name));
    return out;
  }

  void renew(const config::settings& x, dynamic::values known = {}) {
    auto settings = std::make_shared<const config::settings>(x);
    auto rendered
      = std::make_shared<const config::settings>(dynamic::rendered(x, known));
    tell(manager, renew_settings{
                    settings, rendered,
                    std::make_shared<const dynamic::values>(std::move(known))});
  }

  int made(const std::string& task) const { return drivers.at(task)->made; }
};

TEST_F(TaskRenewal, LeavesTasksAloneThatStayTheSame) {
  serve({"a", "b"});
  renew(settings_of({"a", "b"}));
  EXPECT_EQ(made("a"), 1);
  EXPECT_EQ(applies("a"), 1);
  EXPECT_EQ(names(), (names_list{"a", "b"}));
}

TEST_F(TaskRenewal, AddsANewTaskThatRunsAndIsMonitored) {
  serve({"a"});
  renew(settings_of({"a", "b"}));
  EXPECT_EQ(names(), (names_list{"a", "b"}));
  EXPECT_EQ(applies("b"), 1);
  publish("b", {"second"});
  EXPECT_EQ(applies("b"), 2);
  EXPECT_EQ(applies("a"), 1);
}

TEST_F(TaskRenewal, EndsATaskThatIsNoLongerConfigured) {
  serve({"a", "b"});
  renew(settings_of({"b"}));
  EXPECT_EQ(names(), names_list{"b"});
  publish("a", {"second"});
  EXPECT_EQ(applies("a"), 1);
  EXPECT_EQ(kept->forgotten, names_list{"a"});
}

TEST_F(TaskRenewal, MakesAChangedTaskAnewAndRunsIt) {
  serve({"a", "b"});
  auto wanted = settings_of({"a", "b"});
  wanted.tasks[0].description = "other";
  renew(wanted);
  EXPECT_EQ(made("a"), 2);
  EXPECT_EQ(applies("a"), 2);
  EXPECT_EQ(made("b"), 1);
  EXPECT_EQ(views()[0].configuration->description, "other");
  EXPECT_EQ(names(), (names_list{"a", "b"})) << "in the same order";
}

TEST_F(TaskRenewal, WaitsForTheEndOfARun) {
  serve({"a"});
  drivers.at("a")->hold_apply = true;
  publish("a", {"second"});
  EXPECT_EQ(applies("a"), 2);
  auto wanted = settings_of({"a"});
  wanted.tasks[0].description = "other";
  renew(wanted);
  advance(1h);
  EXPECT_EQ(made("a"), 1) << "its run goes on";
  drivers.at("a")->hold_apply = false;
  drivers.at("a")->release();
  run();
  EXPECT_EQ(made("a"), 2);
}

TEST_F(TaskRenewal, GoesByTheNewestSettingsWhenARunHasEnded) {
  serve({"a", "b"});
  for (auto name : {"a", "b"}) {
    drivers.at(name)->hold_apply = true;
    publish(name, {"second"});
  }
  auto wanted = settings_of({"a", "b"});
  wanted.tasks[0].description = wanted.tasks[1].description = "other";
  renew(wanted);
  wanted = settings_of({"b"});
  wanted.tasks[0].description = "newest";
  renew(wanted);
  for (auto name : {"a", "b"}) {
    drivers.at(name)->hold_apply = false;
    drivers.at(name)->release();
  }
  run();
  EXPECT_EQ(names(), names_list{"b"});
  EXPECT_EQ(made("a"), 1) << "it is gone, and does not run again";
  EXPECT_EQ(made("b"), 2);
  EXPECT_EQ(views()[0].configuration->description, "newest");
}

TEST_F(TaskRenewal, KeepsTasksOfTheApiAndWhatItHasSwitched) {
  serve({"a"});
  create("b");
  change("a", false);
  auto wanted = settings_of({"a"});
  wanted.tasks[0].description = "other";
  renew(wanted);
  EXPECT_EQ(names(), (names_list{"a", "b"}));
  EXPECT_FALSE(views()[0].enabled);
}

TEST_F(TaskRenewal, EnablesATaskThatTheConfigurationEnables) {
  auto before = settings_of({"a"});
  serve({"a"});
  auto wanted = settings_of({"a"});
  wanted.tasks[0].enabled = false;
  renew(wanted);
  EXPECT_FALSE(views()[0].enabled);
  renew(before);
  EXPECT_TRUE(views()[0].enabled);
}

TEST_F(TaskRenewal, GivesTasksOfTheApiTheQuietTimeOfTheSettings) {
  serve({});
  create("b");
  auto wanted = settings_of({});
  wanted.buffer_period = {.min = 3s, .max = 9s};
  renew(wanted);
  EXPECT_EQ(views()[0].configuration->buffer.max, 9s);
  create("c");
  EXPECT_EQ(views()[1].configuration->buffer.max, 9s);
}

TEST_F(TaskRenewal, ConcernsOnlyTasksWhoseProvidersHaveOtherValues) {
  auto wanted = settings_of({"a", "b"});
  wanted.providers.push_back(
    {.name = "dns", .arguments = {{"k", value{"{{ key \"k\" }}"}}}});
  wanted.tasks[0].providers = {"dns"};
  serve({"a", "b"});
  renew(wanted, {{"{{ key \"k\" }}", "1"}});
  auto before = made("a");
  renew(wanted, {{"{{ key \"k\" }}", "1"}});
  EXPECT_EQ(made("a"), before);
  renew(wanted, {{"{{ key \"k\" }}", "2"}});
  EXPECT_EQ(made("a"), before + 1);
  EXPECT_EQ(made("b"), 1);
}

TEST_F(TaskRenewal, ShowsVariablesAsTheyAreWritten) {
  auto wanted = settings_of({"a"});
  wanted.dynamic_values = true;
  wanted.tasks[0].variables = {{"v", value{"{{ key \"k\" }}"}}};
  serve({"a"});
  renew(wanted, {{"{{ key \"k\" }}", "s3cr3t"}});
  EXPECT_EQ(views()[0].configuration->variables.at("v"),
            value{"{{ key \"k\" }}"});
  auto before = made("a");
  renew(wanted, {{"{{ key \"k\" }}", "other"}});
  EXPECT_EQ(made("a"), before + 1);
}

// Terraform shows what a value was and what it is.
TEST_F(TaskRenewal, TellsDriversWhatTheTemplatesStoodForBefore) {
  auto wanted = settings_of({"a"});
  wanted.dynamic_values = true;
  wanted.tasks[0].variables = {{"v", value{"{{ key \"k\" }}"}}};
  serve({"a"});
  renew(wanted, {{"{{ key \"k\" }}", "s3cr3t"}});
  renew(wanted, {{"{{ key \"k\" }}", "other"}});
  ASSERT_TRUE(last_order.secrets);
  EXPECT_EQ(
    *last_order.secrets,
    (dynamic::values{{"s3cr3t", "s3cr3t"}, {"{{ key \"k\" }}", "other"}}));
}

TEST_F(TaskRenewal, LooksAgainAtATaskThatIsBusy) {
  serve({"a"});
  drivers.at("a")->hold_apply = true;
  self->request(manager, caf::infinite,
                change_task{.task = "a", .run = task_run::now});
  run();
  renew(settings_of({}));
  EXPECT_EQ(names(), names_list{"a"});
  drivers.at("a")->release();
  advance(2s);
  EXPECT_EQ(names(), names_list{});
}

TEST_F(TaskRenewal, AppliesToTasksThatAreStartedLater) {
  spawn({"a"});
  auto wanted = settings_of({"a", "b"});
  wanted.tasks[0].description = "other";
  renew(wanted);
  ask<once_finished>(manager, start_tasks{});
  EXPECT_EQ(made("a"), 1);
  EXPECT_EQ(views()[0].configuration->description, "other");
  EXPECT_EQ(applies("b"), 1);
}

TEST_F(TaskRenewal, RefusesAFolderThatATaskOfTheApiUses) {
  serve({"a"});
  create("b");
  auto wanted = settings_of({"a", "c"});
  wanted.tasks[1].working_dir = "b";
  renew(wanted);
  EXPECT_EQ(names(), (names_list{"a", "b"}));
}

TEST_F(TaskRenewal, LeavesTheTasksOfAClusterToTheirStore) {
  spawn({}, true);
  ask<once_finished>(manager,
                     start_tasks{.at_once = true,
                                 .epoch = 1,
                                 .tasks = kept_tasks{kept_named("a")}});
  run();
  renew(settings_of({"b"}));
  EXPECT_EQ(names(), names_list{"a"});
}

} // namespace
} // namespace cts

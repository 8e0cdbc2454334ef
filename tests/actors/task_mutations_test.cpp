#include "tests/actors/task_mutations_fixture.hpp"

// What the API does with tasks that are there: chapter monitoring, 3.8, 3.10.

namespace cts {
namespace {

using namespace std::chrono_literals;
using steps = std::vector<std::string>;

// -- change -------------------------------------------------------------------

TEST_F(TaskMutations, DisableATask) {
  serve({"a"});
  EXPECT_EQ(text_of(change("a", false)), "done");
  EXPECT_FALSE(views().front().enabled);
  EXPECT_FALSE(kept->kept.back().enabled);
  publish("a", {"second"});
  EXPECT_EQ(applies("a"), 1);
}

TEST_F(TaskMutations, EnableATaskThatThenWaitsForItsNextChange) {
  serve({"a"});
  change("a", false);
  EXPECT_EQ(text_of(change("a", true)), "done");
  EXPECT_EQ(applies("a"), 1);
  publish("a", {"second"});
  EXPECT_EQ(applies("a"), 2);
}

TEST_F(TaskMutations, EnableAndRunATask) {
  serve({"a"});
  change("a", false);
  EXPECT_EQ(text_of(change("a", true, task_run::now)), "done");
  EXPECT_EQ(applies("a"), 2);
  EXPECT_EQ(kept->events->size(), 1u);
}

TEST_F(TaskMutations, KeepATaskEnabledWhoseRunFails) {
  serve({"a"});
  change("a", false);
  drivers.at("a")->apply_errors = {"boom"};
  EXPECT_EQ(text_of(change("a", true, task_run::now)), "boom");
  EXPECT_TRUE(views().front().enabled);
  EXPECT_EQ(kept->events->size(), 1u);
}

TEST_F(TaskMutations, LeaveATaskDisabledThatCannotBePrepared) {
  serve({"a"});
  change("a", false);
  auto keeps = kept->kept.size();
  drivers.at("a")->prepare_errors = {"boom"};
  EXPECT_EQ(text_of(change("a", true)),
            "Error updating task 'a'. Unable to init task: boom");
  EXPECT_FALSE(views().front().enabled);
  EXPECT_EQ(kept->kept.size(), keeps);
}

TEST_F(TaskMutations, DisableATaskAgainThatCouldNotBeKeptEnabled) {
  serve({"a"});
  change("a", false);
  kept->refusal = fail(errc::unavailable, "no Consul");
  EXPECT_EQ(code_of(change("a", true)), "unavailable");
  EXPECT_FALSE(views().front().enabled);
  publish("a", {"second"});
  EXPECT_EQ(applies("a"), 1);
}

TEST_F(TaskMutations, InspectADisabledTaskThatStaysDisabled) {
  serve({"a"});
  change("a", false);
  drivers.at("a")->inspected = {.changes = true, .plan = "plan"};
  auto answer = change("a", true, task_run::inspect);
  ASSERT_TRUE(answer && answer->inspected);
  EXPECT_TRUE(answer->inspected->changes);
  EXPECT_FALSE(views().front().enabled);
  answer = change("a", false, task_run::inspect);
  ASSERT_TRUE(answer && answer->inspected);
  EXPECT_EQ(answer->inspected->plan, "");
}

TEST_F(TaskMutations, RefuseToChangeARunningTask) {
  serve({"a"});
  drivers.at("a")->hold_apply = true;
  publish("a", {"second"});
  auto answer = change("a", false);
  EXPECT_EQ(text_of(answer),
            "task 'a' is active and cannot be updated at this time");
  EXPECT_EQ(code_of(answer), "conflict");
}

TEST_F(TaskMutations, RefuseASecondChangeWhileOneGoesOn) {
  serve({"a"});
  drivers.at("a")->hold_apply = true;
  tell(manager, change_task{.task = "a", .run = task_run::now});
  run();
  EXPECT_EQ(code_of(change("a", true)), "conflict");
  drivers.at("a")->release();
  run();
  EXPECT_EQ(text_of(change("a", true)), "done");
}

TEST_F(TaskMutations, KnowNoSuchTask) {
  serve({});
  EXPECT_EQ(code_of(change("nope", true)), "not_found");
  EXPECT_FALSE(ask<void>(manager, delete_task{"nope"}));
}

// -- delete -------------------------------------------------------------------

TEST_F(TaskMutations, DeleteAnIdleTaskAtOnce) {
  serve({"a", "b"});
  EXPECT_TRUE(ask<void>(manager, delete_task{"a"}));
  EXPECT_EQ(names(), steps{"b"});
  EXPECT_TRUE(kept->kept.back().deleting);
  EXPECT_EQ(kept->forgotten, steps{"a"});
  EXPECT_EQ(text_of(create("a")), "done");
}

TEST_F(TaskMutations, DeleteARunningTaskWhenItsRunHasEnded) {
  serve({"a"});
  drivers.at("a")->hold_apply = true;
  publish("a", {"second"});
  EXPECT_TRUE(ask<void>(manager, delete_task{"a"}));
  EXPECT_TRUE(ask<void>(manager, delete_task{"a"}));
  advance(1h);
  EXPECT_EQ(names(), steps{"a"});
  EXPECT_TRUE(views().front().deleting);
  EXPECT_EQ(text_of(create("a")), "task with name a already exists");
  drivers.at("a")->release();
  run();
  EXPECT_TRUE(names().empty());
  EXPECT_EQ(kept->events->size(), 1u);
}

TEST_F(TaskMutations, ForgetADeletedTaskWhenTheStoreIsBack) {
  serve({"a"});
  drivers.at("a")->hold_apply = true;
  publish("a", {"second"});
  ask<void>(manager, delete_task{"a"});
  kept->refusal = fail(errc::unavailable, "no Consul");
  drivers.at("a")->release();
  advance(3s);
  EXPECT_EQ(names(), steps{"a"});
  kept->refusal.reset();
  advance(1s);
  EXPECT_TRUE(names().empty());
}

TEST_F(TaskMutations, DeleteATaskAfterTheChangeThatGoesOn) {
  serve({"a"});
  drivers.at("a")->hold_apply = true;
  tell(manager, change_task{.task = "a", .run = task_run::now});
  run();
  EXPECT_TRUE(ask<void>(manager, delete_task{"a"}));
  EXPECT_EQ(names(), steps{"a"});
  drivers.at("a")->release();
  run();
  EXPECT_TRUE(names().empty());
}

TEST_F(TaskMutations, DeleteATaskWhoseTurnHasNotComeYet) {
  spawn({"a", "b", "c"});
  drivers.at("a")->hold_apply = true;
  tell(manager, start_tasks{});
  run();
  EXPECT_TRUE(ask<void>(manager, delete_task{"a"}));
  EXPECT_TRUE(ask<void>(manager, delete_task{"b"}));
  drivers.at("a")->release();
  run();
  EXPECT_EQ(names(), steps{"c"});
  EXPECT_EQ(applies("b"), 0);
  EXPECT_EQ(applies("c"), 1);
}

} // namespace
} // namespace cts

#include "tests/actors/task_mutations_fixture.hpp"

// What the API does with new tasks: chapter monitoring, 3.9.

namespace cts {
namespace {

using namespace std::chrono_literals;
using steps = std::vector<std::string>;
using TaskCreation = TaskMutations;

TEST_F(TaskCreation, CreateATaskThatRunsAtItsNextChange) {
  serve({"a"});
  EXPECT_EQ(text_of(create("b")), "done");
  EXPECT_EQ(names(), (steps{"a", "b"}));
  ASSERT_EQ(kept->kept.size(), 1u);
  EXPECT_FALSE(kept->kept.front().configured);
  EXPECT_EQ(applies("b"), 0);
  publish("b", {"second"});
  EXPECT_EQ(applies("b"), 1);
}

TEST_F(TaskCreation, RunANewTaskOnceIfAskedTo) {
  serve({});
  EXPECT_EQ(text_of(create("b", task_run::now)), "done");
  EXPECT_EQ(kept->events->size(), 1u);
  EXPECT_EQ(names(), steps{"b"});
}

TEST_F(TaskCreation, DropANewTaskWhoseRunFails) {
  serve({});
  task_named("b");
  drivers.at("b")->apply_errors = {"error tf-apply for 'b': exit status 1"};
  auto answer = create("b", task_run::now);
  EXPECT_EQ(text_of(answer), "error tf-apply for 'b': exit status 1");
  EXPECT_EQ(code_of(answer), "driver");
  EXPECT_TRUE(names().empty());
  EXPECT_EQ(kept->forgotten, steps{"b"});
  EXPECT_EQ(text_of(create("b")), "done");
}

TEST_F(TaskCreation, DropANewTaskThatCannotBePrepared) {
  serve({});
  task_named("b");
  drivers.at("b")->prepare_errors = {"error tf-init for 'b': exit status 1"};
  EXPECT_EQ(text_of(create("b")), "error tf-init for 'b': exit status 1");
  EXPECT_TRUE(names().empty());
  EXPECT_TRUE(kept->kept.empty());
  EXPECT_TRUE(kept->events->empty());
}

TEST_F(TaskCreation, ShowANewTaskOnlyWhenItIsCreated) {
  serve({});
  drivers["b"] = std::make_shared<fakes::driver_script>();
  drivers.at("b")->hold_apply = true;
  auto order
    = create_task{.configuration = task_named("b"), .run = task_run::now};
  tell(manager, order);
  run();
  EXPECT_TRUE(names().empty());
  EXPECT_EQ(text_of(create("b")), "task with name b already exists");
  drivers.at("b")->release();
  run();
  EXPECT_EQ(names(), steps{"b"});
}

TEST_F(TaskCreation, InspectANewTaskAndKeepNothing) {
  serve({});
  task_named("b");
  drivers.at("b")->inspected = {.changes = true, .plan = "plan"};
  auto answer = create("b", task_run::inspect);
  ASSERT_TRUE(answer && answer->inspected);
  EXPECT_EQ(answer->inspected->plan, "plan");
  EXPECT_TRUE(names().empty());
  EXPECT_TRUE(kept->kept.empty());
  EXPECT_EQ(script->unwatched.size(), 0u); // its watcher sees its end
}

TEST_F(TaskCreation, SkipTheInspectionOfANewDisabledTask) {
  serve({});
  auto answer = create("b", task_run::inspect, false);
  ASSERT_TRUE(answer && answer->inspected);
  EXPECT_EQ(answer->inspected->plan,
            "Task is disabled, inspection was skipped.");
  EXPECT_EQ(asked("b").front(), "prepare");
}

TEST_F(TaskCreation, RefuseASecondTaskOfTheSameNameOrDirectory) {
  serve({"a"});
  auto answer = create("a");
  EXPECT_EQ(text_of(answer), "task with name a already exists");
  EXPECT_EQ(code_of(answer), "conflict");
  auto other = *task_named("b");
  other.working_dir = "./a/";
  EXPECT_FALSE(ask<task_mutated>(
    manager,
    create_task{.configuration = std::make_shared<config::task>(other)}));
}

TEST_F(TaskCreation, ChangeNothingThatTheStoreDoesNotKeep) {
  serve({"a"});
  kept->refusal = fail(errc::conflict, "this instance does not lead");
  auto answer = create("b");
  EXPECT_EQ(code_of(answer), "unavailable");
  EXPECT_THAT(text_of(answer), ::testing::HasSubstr("does not lead"));
  EXPECT_EQ(names(), steps{"a"});
  EXPECT_EQ(code_of(change("a", false)), "unavailable");
  EXPECT_TRUE(views().front().enabled);
  publish("a", {"second"});
  EXPECT_EQ(applies("a"), 2);
  EXPECT_FALSE(ask<void>(manager, delete_task{"a"}));
  EXPECT_EQ(names(), steps{"a"});
}

TEST_F(TaskCreation, PassOnThatATaskIsTooLarge) {
  serve({});
  kept->refusal = fail(errc::limit, "too large");
  EXPECT_EQ(code_of(create("b")), "limit");
}

TEST_F(TaskCreation, AreRefusedBeforeTheTasksAreStarted) {
  spawn({"a"});
  EXPECT_EQ(code_of(create("b")), "unavailable");
  EXPECT_EQ(text_of(change("a", false)), "task a does not exist to run");
}

} // namespace
} // namespace cts

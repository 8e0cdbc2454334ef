#include "tests/end_to_end/instance.hpp"

#include <filesystem>

// Tasks that come, change and go over HTTP, and inspect mode.

namespace cts::test {
namespace {

using Mutations = Instance;

std::string wish(const std::string& module) {
  return R"({"task":{"name":"web","module":")" + module
         + R"(","condition":{"services":{"names":["web"]}},)"
           R"("buffer_period":{"enabled":false}}})";
}

bool has_status(const std::string& reply, int status) {
  return reply.starts_with("HTTP/1.1 " + std::to_string(status) + " ");
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(Mutations, LeadATaskThroughItsLife) {
  register_service("web", "w-1");
  configure("");
  start();
  wait_for_api();
  expect_line("ctrl: start task monitoring");
  auto reply = ask("POST", "/v1/tasks?run=inspect", wish("./list"));
  EXPECT_TRUE(has_status(reply, 200)) << reply << log();
  EXPECT_TRUE(holds(reply, "\"changes_present\":true")) << reply;
  EXPECT_TRUE(has_status(ask("GET", "/v1/tasks/web"), 404));

  reply = ask("POST", "/v1/tasks?run=now", wish("./list"));
  EXPECT_TRUE(has_status(reply, 201)) << reply << log();
  EXPECT_EQ(task_file("web", "list.txt"), "w-1 10.0.0.1:80\n");
  EXPECT_TRUE(holds(get("/v1/status/tasks/web"), "\"successful\""));
  EXPECT_TRUE(has_status(ask("POST", "/v1/tasks", wish("./list")), 400));

  reply = ask("PATCH", "/v1/tasks/web", R"({"enabled":false})");
  EXPECT_TRUE(has_status(reply, 200)) << reply;
  register_service("web", "w-2");
  reply = ask("PATCH", "/v1/tasks/web?run=inspect", R"({"enabled":true})");
  EXPECT_TRUE(has_status(reply, 200)) << reply << log();
  EXPECT_TRUE(holds(reply, "\"changes_present\":true")) << reply;
  EXPECT_TRUE(holds(get("/v1/tasks/web"), "\"enabled\":false"));
  reply = ask("PATCH", "/v1/tasks/web?run=now", R"({"Enabled":"true"})");
  EXPECT_TRUE(has_status(reply, 200)) << reply << log();
  EXPECT_EQ(task_file("web", "list.txt"), "w-1 10.0.0.1:80\nw-2 10.0.0.1:80\n");

  EXPECT_TRUE(has_status(ask("DELETE", "/v1/tasks/web"), 202));
  expect_line("task deleted: task_name=web");
  EXPECT_TRUE(has_status(ask("GET", "/v1/tasks/web"), 404));
  EXPECT_TRUE(has_status(ask("DELETE", "/v1/tasks/web"), 404));
}

TEST_F(Mutations, KeepNoTaskWhoseFirstRunFails) {
  register_service("web", "w-1");
  configure("");
  start();
  wait_for_api();
  expect_line("ctrl: start task monitoring");
  auto reply = ask("POST", "/v1/tasks?run=now", wish("./broken"));
  EXPECT_TRUE(has_status(reply, 500)) << reply << log();
  EXPECT_TRUE(holds(reply, "error tf-apply for 'web'")) << reply;
  EXPECT_TRUE(has_status(ask("GET", "/v1/tasks/web"), 404));
}

TEST_F(Mutations, AreShownByInspectModeWithoutAnyChange) {
  register_service("a", "a-1");
  configure(task("b", "  enabled = false\n") + task("a"));
  start({"start", "-inspect", "-config-file=cts.hcl"});
  expect_line("ctrl: setting up controller: type=inspect");
  expect_line("ctrl: inspecting all tasks");
  expect_line("ctrl: inspecting task: task_name=b");
  expect_line("ctrl: inspection results: task_name=b plan=\"Task is disabled, "
              "inspection was skipped.\"");
  expect_line("ctrl: inspected task: task_name=b");
  expect_line("ctrl: inspecting task: task_name=a");
  expect_line("ctrl: inspection results: task_name=a");
  expect_line("ctrl: all tasks inspected");
  expect_exit(0);
  EXPECT_TRUE(holds(log(), "1 to add")) << log();
  EXPECT_FALSE(
    std::filesystem::exists(folder.path() / "sync-tasks/a/list.txt"));
}

TEST_F(Mutations, AreNotShownOfATaskThatIsNotThere) {
  configure(task("a"));
  start({"start", "-inspect-task=nope", "-config-file=cts.hcl"});
  expect_line("[ERROR] cli: error inspecting tasks: error=\"task not found: "
              "nope\"");
  expect_exit(15);
}

} // namespace
} // namespace cts::test

#include "tests/end_to_end/instance.hpp"

#include <csignal>

namespace cts::test {
namespace {

// The walk of ARCHITECTURE.md, on a real Consul and a real Terraform: each
// heading is a stop, and what it promises is looked at there.
TEST_F(Instance, WalksFromConsulsAnswerToTheApi) {
  register_service("web", "web-1");
  configure(task("web"));
  start();
  wait_for_api();
  expect_line("ctrl: start task monitoring");

  // 1. Consul answers a blocking query.
  register_service("web", "web-2");
  auto metrics = consul->ask("GET", "/v1/health/service/web?passing=1");
  ASSERT_NE(metrics.find("web-2"), std::string::npos);

  // 2. The answer is decoded, and its index is new.
  // 3. The watcher tells its subscribers.
  // 4. The condition's buffer period is over: it asks for a run.
  // 5. The task renders and starts the run.
  expect_line("tasksmanager: executing task: task_name=web");

  // 6. The driver writes the workspace and runs Terraform.
  expect_line("tasksmanager: task completed: task_name=web");
  auto inputs = task_file("web", "terraform.tfvars");
  EXPECT_NE(inputs.find("\"web-1."), std::string::npos) << inputs;
  EXPECT_NE(inputs.find("\"web-2."), std::string::npos) << inputs;
  EXPECT_EQ(task_file("web", "list.txt"),
            "web-1 10.0.0.1:80\nweb-2 10.0.0.1:80\n");
  EXPECT_NE(
    consul->ask("GET", "/v1/kv/consul-terraform-sync/terraform-env:web?raw"),
    "");

  // 7. The event is recorded.
  // 8. The API shows it.
  auto status = get("/v1/status/tasks/web?include=events");
  EXPECT_NE(status.find(R"("status":"successful")"), std::string::npos);
  auto first = status.find(R"("success":true)");
  ASSERT_NE(first, std::string::npos) << status;
  EXPECT_NE(status.find(R"("success":true)", first + 1), std::string::npos)
    << "two events: the once-mode run and this one\n"
    << status;

  daemon->send_signal(SIGTERM);
  expect_line("cli: graceful shutdown");
  expect_exit(0);
}

} // namespace
} // namespace cts::test

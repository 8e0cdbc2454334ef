#include "tests/end_to_end/instance.hpp"

#include <csignal>

// SIGHUP with the real program, Consul and Terraform.

namespace cts::test {
namespace {

class Reload : public Instance {
protected:
  void begin(const std::string& more) {
    configure(more);
    start();
    wait_for_api();
    expect_line("ctrl: start task monitoring");
  }

  /// Writes the file anew, and has it read.
  void reload(const std::string& more) {
    configure(more);
    daemon->send_signal(SIGHUP);
  }

  std::string tasks() { return get("/v1/status/tasks"); }

  bool log_holds(const std::string& text) const {
    return log().find(text) != std::string::npos;
  }
};

TEST_F(Reload, AddsChangesAndEndsTasks) {
  begin(task("a") + task("b"));
  register_service("c", "c-1");
  auto changed = task("a", "  description = \"other\"\n");
  reload(changed + task("c"));
  expect_line("cli: signal received to reload the configuration: "
              "signal=hangup");
  expect_line("ctrl: configuration reloaded: changed=task");
  expect_line("task deleted: task_name=b");
  expect_line("tasksmanager: task completed: task_name=c");
  EXPECT_EQ(task_file("c", "list.txt"), "c-1 10.0.0.1:80\n");
  EXPECT_NE(get("/v1/tasks/a").find("\"other\""), std::string::npos);
  EXPECT_EQ(tasks().find("\"b\""), std::string::npos) << tasks();
  register_service("a", "a-1");
  expect_line("tasksmanager: task completed: task_name=a");
  register_service("c", "c-2");
  expect_line("tasksmanager: task completed: task_name=c");
  daemon->send_signal(SIGTERM);
  expect_exit(0);
}

TEST_F(Reload, ChangesNothingIfAFileIsBroken) {
  begin(task("a"));
  reload(task("a") + "task {\n  nme = \"b\"\n}\n");
  expect_line("'cts.hcl' has invalid keys: task[1].nme");
  expect_line("[ERROR] cli: the configuration is not reloaded, the former one "
              "stays");
  EXPECT_TRUE(log_holds("cts.hcl:"));
  register_service("a", "a-1");
  expect_line("tasksmanager: task completed: task_name=a");
  EXPECT_EQ(task_file("a", "list.txt"), "a-1 10.0.0.1:80\n");
}

TEST_F(Reload, NamesWhatNeedsARestart) {
  begin(task("a"));
  reload("id = \"other\"\nmax_parallel_runs = 7\n" + task("a"));
  expect_line("[WARN]  ctrl: a changed setting needs a restart and stays as it "
              "was: setting=id");
  expect_line("setting=max_parallel_runs");
  expect_line("ctrl: configuration reloaded: changed=nothing");
}

TEST_F(Reload, ChangesTheLogLevel) {
  begin("");
  reload("log_level = \"WARN\"\nid = \"other\"\n");
  expect_line("setting=id");
  daemon->send_signal(SIGTERM);
  expect_exit(0);
  EXPECT_FALSE(log_holds("ctrl: configuration reloaded")) << log();
  EXPECT_FALSE(log_holds("graceful shutdown")) << log();
}

TEST_F(Reload, RefusesDynamicValuesThatDoNotCome) {
  begin(task("a"));
  reload("terraform_provider \"x\" {\n  a = \"{{ key \\\"none\\\" }}\"\n}\n"
         + task("a"));
  expect_line("error loading dynamic configuration for provider: provider=x");
  expect_line("ctrl: error reloading configuration; the former one stays");
  register_service("a", "a-1");
  expect_line("tasksmanager: task completed: task_name=a");
}

TEST_F(Reload, IsNoMatterForARunThatEndsByItself) {
  auto slow = task("a", "  variables = {\n    pause = \"\\\"5\\\"\"\n  }\n");
  configure(slow);
  make_bell();
  start({"start", "-once", "-config-file=cts.hcl"});
  wait_for_bell();
  daemon->send_signal(SIGHUP);
  expect_line("signal received to initiate graceful shutdown: signal=hangup");
  auto code = daemon->wait_for_exit();
  EXPECT_TRUE(code);
}

} // namespace
} // namespace cts::test

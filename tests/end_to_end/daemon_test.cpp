#include "tests/end_to_end/instance.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

namespace cts::test {
namespace {

namespace fs = std::filesystem;

/// A port that somebody listens on.
class taken_port {
public:
  taken_port() : socket_(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto address = sockaddr_in6{};
    address.sin6_family = AF_INET6;
    auto size = socklen_t{sizeof address};
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket_, plain, size) != 0 || ::listen(socket_, 1) != 0
        || ::getsockname(socket_, plain, &size) != 0)
      throw std::runtime_error{"no port to take"};
    number = ntohs(address.sin6_port);
  }
  ~taken_port() { ::close(socket_); }

  /// Until somebody connects; nobody will be answered.
  void wait_for_client() const {
    auto ready = pollfd{.fd = socket_, .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&ready, 1, 30'000), 1) << "nobody came";
  }

  int number = 0;

private:
  int socket_;
};

TEST_F(Instance, RunsEveryTaskOnceInOrderAndEnds) {
  register_service("a", "a-1");
  register_service("b", "b-1");
  configure(task("b") + task("a"));
  start({"start", "-once", "-config-file", "cts.hcl"});
  expect_line("ctrl: setting up controller: type=once");
  expect_line("ctrl: executing all tasks once through");
  expect_line("ctrl: running task once: task_name=b");
  expect_line("ctrl: task completed: task_name=b");
  expect_line("ctrl: running task once: task_name=a");
  expect_line("ctrl: task completed: task_name=a");
  expect_line("ctrl: all tasks completed once");
  expect_line("cli: graceful shutdown");
  expect_exit(0);
  EXPECT_EQ(daemon->standard_output(), "");
  EXPECT_EQ(task_file("a", "list.txt"), "a-1 10.0.0.1:80\n");
}

TEST_F(Instance, EndsWithElevenAtTheFirstFailureAndStartsNoFurtherTask) {
  auto broken = task("a");
  broken.replace(broken.find("./list"), 6, "./broken");
  configure(broken + task("b"));
  start({"start", "-once", "-config-file=cts.hcl"});
  expect_line("[ERROR] cli: error running controller:");
  expect_exit(11);
  EXPECT_NE(log().find("the module is broken"), std::string::npos) << log();
  EXPECT_NE(log().find("error tf-apply for 'a': exit status 1"),
            std::string::npos);
  EXPECT_EQ(log().find("running task once: task_name=b"), std::string::npos);
}

TEST_F(Instance, RunsATaskAgainAfterAChangeAndLeavesOthersAlone) {
  configure(task("a") + task("b"));
  start();
  wait_for_api();
  expect_line("ctrl: start task monitoring");
  register_service("a", "a-1");
  expect_line("tasksmanager: task completed: task_name=a");
  EXPECT_EQ(task_file("a", "list.txt"), "a-1 10.0.0.1:80\n");
  auto other = get("/v1/status/tasks/b?include=events");
  EXPECT_EQ(other.find("\"success\""), other.rfind("\"success\"")) << other;
  consul->deregister_service("a-1");
  expect_line("tasksmanager: task completed: task_name=a");
  EXPECT_EQ(task_file("a", "list.txt"), "\n");
}

// Terraform takes a folder without main.tf for an order to destroy everything.
TEST_F(Instance, NeverAppliesWithoutItsModule) {
  register_service("a", "a-1");
  configure(task("a"));
  start();
  expect_line("ctrl: start task monitoring");
  fs::remove(folder.path() / "sync-tasks/a/main.tf");
  register_service("a", "a-2");
  expect_line("tasksmanager: task completed: task_name=a");
  EXPECT_EQ(task_file("a", "list.txt"), "a-1 10.0.0.1:80\na-2 10.0.0.1:80\n");
  EXPECT_NE(task_file("a", "main.tf"), "");
}

TEST_F(Instance, GoesOnWhenItsWorkingDirectoryWasDeleted) {
  configure(task("a"));
  start();
  expect_line("ctrl: start task monitoring");
  fs::remove_all(folder.path() / "sync-tasks");
  register_service("a", "a-1");
  expect_line("tasksmanager: task completed: task_name=a");
  EXPECT_EQ(task_file("a", "list.txt"), "a-1 10.0.0.1:80\n");
}

TEST_F(Instance, RefusesTwoTasksInOneDirectory) {
  configure(task("a", "  working_dir = \"shared\"\n")
            + task("b", "  working_dir = \"./shared/\"\n"));
  start();
  expect_line("error validating configuration");
  expect_exit(15);
  EXPECT_NE(log().find("use the same working directory"), std::string::npos);
}

TEST_F(Instance, AnswersTheApiWhileTasksRunForTheFirstTime) {
  configure(task("a", "  variable_files = [\"slow.tfvars\"]\n"));
  folder.write("slow.tfvars", "pause = \"30\"\n");
  start();
  wait_for_api();
  expect_line("tasksmanager: executing task: task_name=a");
  EXPECT_EQ(get("/v1/health"), "{}\n");
  EXPECT_NE(get("/v1/status").find(R"("unknown":1)"), std::string::npos);
}

TEST_F(Instance, LetsTerraformEndGentlyWhenItIsStopped) {
  make_bell();
  configure(task("a", "  variable_files = [\"slow.tfvars\"]\n"));
  folder.write("slow.tfvars", "pause = \"30\"\n");
  start();
  wait_for_api();
  expect_line("tasksmanager: executing task: task_name=a");
  wait_for_bell();
  daemon->send_signal(SIGTERM);
  expect_line("signal received to initiate graceful shutdown: "
              "signal=terminated");
  expect_exit(0);
  auto keys = consul->ask("GET", "/v1/kv/?keys");
  EXPECT_EQ(keys.find("/.lock"), std::string::npos) << keys;
}

// The kernel tells Terraform of the death; the next instance waits for its end
// and finds neither a lock nor half a state.
TEST_F(Instance, GoesOnAfterItWasKilledDuringAnApply) {
  make_bell();
  register_service("a", "a-1");
  configure(task("a", "  variable_files = [\"slow.tfvars\"]\n"));
  folder.write("slow.tfvars", "pause = \"30\"\n");
  start();
  wait_for_bell();
  daemon->send_signal(SIGKILL);
  expect_exit(128 + SIGKILL);
  folder.write("slow.tfvars", "pause = \"0\"\n");
  std::filesystem::remove(folder.path() / "started");
  start({"start", "-once", "-config-file=cts.hcl"});
  expect_line("ctrl: all tasks completed once");
  expect_exit(0);
  EXPECT_EQ(task_file("a", "list.txt"), "a-1 10.0.0.1:80\n");
}

// Terraform waits for an answer that never comes, and no interrupt ends that.
TEST_F(Instance, EndsWithTwelveWhenTerraformDoesNotEnd) {
  auto silent = taken_port{};
  folder.write("list/main.tf", "variable \"services\" {}\n"
                               "data \"terraform_remote_state\" \"never\" {\n"
                               "  backend = \"http\"\n"
                               "  config = { address = \"http://127.0.0.1:"
                                 + std::to_string(silent.number)
                                 + "/\" }\n}\n");
  configure("shutdown_grace = \"1s\"\n" + task("a"));
  start();
  silent.wait_for_client();
  daemon->send_signal(SIGTERM);
  expect_line("cli: graceful shutdown timed out, exiting");
  expect_exit(12);
}

TEST_F(Instance, StopsAtOnceWhenItIsIdle) {
  configure("");
  start();
  wait_for_api();
  expect_line("ctrl: no tasks configured");
  expect_line("ctrl: start task monitoring");
  daemon->send_signal(SIGINT);
  expect_line("signal=interrupt");
  expect_line("cli: graceful shutdown");
  expect_exit(0);
}

TEST_F(Instance, FindsATakenPortBeforeAnyTaskRuns) {
  auto taken = taken_port{};
  configure(task("a"));
  auto text = folder.read("cts.hcl");
  folder.write("cts.hcl", "port = " + std::to_string(taken.number)
                            + text.substr(text.find('\n')));
  start();
  expect_line("[ERROR] api: error serving api: port=");
  expect_exit(11);
  EXPECT_NE(log().find("bind: address already in use"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder.path() / "sync-tasks"));
}

TEST_F(Instance, EndsWithFifteenWithoutConsul) {
  configure(task("a"));
  consul.reset();
  start();
  expect_line("[ERROR] cli: error setting up controller: error=");
  expect_exit(15);
  EXPECT_NE(log().find("connection refused"), std::string::npos) << log();
}

TEST_F(Instance, EndsWithSixteenWithoutTerraform) {
  configure("driver \"terraform\" {\n  path = \"nowhere\"\n"
            "  install = false\n}\n"
            + task("a"));
  start();
  expect_line("[ERROR] cli: error installing driver: error=");
  expect_exit(16);
}

TEST_F(Instance, ShowsWhereTheConfigurationIsWrong) {
  configure("task {\n  name = \"a\"\n  modul = \"./list\"\n}\n");
  start();
  expect_line("[ERROR] cli: error building configuration");
  expect_exit(15);
  EXPECT_NE(log().find("'cts.hcl' has invalid keys: task[0].modul"),
            std::string::npos)
    << log();
  EXPECT_NE(log().find("cts.hcl:8:3"), std::string::npos) << log();
  EXPECT_NE(log().find("modul = \"./list\""), std::string::npos) << log();
  EXPECT_NE(log().find("^^^^^"), std::string::npos) << log();
}

TEST_F(Instance, RefusesAConfigurationThatIsNotThere) {
  start({"start", "-config-file=nope.hcl"});
  expect_line("[ERROR] config: missing file/folder: file_path=nope.hcl");
  expect_line("[ERROR] cli: error building configuration: error=\"stat "
              "nope.hcl: no such file or directory\"");
  expect_exit(15);
}

TEST_F(Instance, RefusesWhatItCannotDoYetInsteadOfIgnoringIt) {
  configure("once_parallelism = 2\n");
  start();
  expect_line("error validating configuration");
  expect_exit(15);
  EXPECT_NE(log().find("once_parallelism is not supported"), std::string::npos);
}

TEST_F(Instance, NamesAQueryThatConsulRefuses) {
  auto odd = task("a");
  odd.replace(odd.find("names ="), 7,
              "filter = \"Service.Bar == 1\"\n    "
              "names =");
  configure(odd);
  start();
  expect_line("[ERROR] cli: error running controller");
  expect_exit(11);
  EXPECT_NE(log().find("unable to retrieve data from Consul: health.service("),
            std::string::npos)
    << log();
}

} // namespace
} // namespace cts::test

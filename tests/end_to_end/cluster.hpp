#pragma once

#include "tests/support/child_daemon.hpp"
#include "tests/support/consul_servers.hpp"
#include "tests/support/temp_directory.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cts::test {

/// One line of what the module `work` wrote: a run of a task began or ended,
/// or found another one of the same task at work.
struct work_line {
  std::string task{};
  std::string instance{};
  /// `start`, `end` or `overlap`.
  std::string what{};
  /// Wall clock, nanoseconds.
  std::int64_t at = 0;
};

/// Instances of the built program as one cluster, each in a folder of its own,
/// beside real servers of Consul.
class Cluster : public ::testing::Test {
protected:
  /// Skips the test without Consul or Terraform.
  void SetUp() override;

  /// Ends all instances, and what a witness has left to do.
  void TearDown() override;

  /// Starts Consul; each test does so once.
  void start_consul(consul_servers_options options = {.servers = 1});

  /// Writes the configuration of an instance: connection, cluster `c`, a free
  /// port, then `more`. `ha` goes into the block high_availability.cluster.
  void configure(const std::string& id, const std::string& more,
                 const std::string& ha = {});

  /// A task `name` with the module `work`, for the service `name`. Each apply
  /// lasts `pause` seconds, whatever its input.
  std::string task(const std::string& name, int pause = 0,
                   const std::string& more = {});

  /// A script stands in for Terraform: its runs say what those of the module
  /// `work` say.
  void use_script();

  /// From now on the work of this task does not end by itself.
  void hold(const std::string& task);

  /// Lets the one that is at work end, and later ones at once.
  void release(const std::string& task);

  /// Starts the instance that was configured, or starts it again.
  child_daemon& start(const std::string& id,
                      std::vector<std::string> more_words = {});

  /// Configures and starts an instance.
  child_daemon& boot(const std::string& id, const std::string& more,
                     const std::string& ha = {});

  /// Boots `cts-1`, `cts-2` and `cts-3`; the leader's id, once the others
  /// follow.
  std::string boot_three(const std::string& tasks, const std::string& ha = {});

  child_daemon& daemon(const std::string& id) { return *daemons_.at(id); }

  /// Waits for the API and returns its port.
  int port_of(const std::string& id);

  /// Waits until an epoch above `former` has a leader; its id.
  std::string await_leader(std::uint64_t former = 0);

  /// The epoch of the newest leader record.
  std::uint64_t epoch();

  /// Waits for a line in an instance's log; fails the test without it.
  std::string expect_line(const std::string& id, const std::string& text);

  void expect_exit(const std::string& id, int code);

  /// An exchange with the API of an instance.
  http_answer api(const std::string& id, const std::string& method,
                  const std::string& target, const std::string& body = {});

  /// Has the leader give the lock back, and waits for the next one.
  std::string step_down(const std::string& leader);

  /// Waits until an instance has applied an input with this text.
  void await_applied(const std::string& id, const std::string& task,
                     const std::string& text);

  /// Reads what all instances have logged, so that none has to wait.
  void read_logs();

  /// What the module wrote so far.
  std::vector<work_line> work();

  /// Waits until what the module wrote fits; fails the test if it does not.
  void await_work(const std::function<bool()>& fits, const std::string& title,
                  std::chrono::seconds limit = std::chrono::seconds{60});

  /// When an instance began a run of a task that is younger than `since`, which
  /// is waited for.
  std::int64_t await_start(const std::string& id, const std::string& task,
                           std::int64_t since);

  /// Living processes of an instance with this name; without a name all that do
  /// not belong to the program itself: Terraform, and what it started.
  std::vector<pid_t> processes_of(const std::string& id,
                                  const std::string& name = {});

  /// Now, by the clock that `work_line::at` shows.
  static std::int64_t now();

  /// Runs of a task that began.
  int starts_of(const std::string& task);

  /// Checks that no run of a task met another one.
  void expect_no_overlap();

  temp_directory folder{};
  std::unique_ptr<consul_servers> consul{};
  /// The server that instances are configured to ask.
  int server = 0;
  /// What they are configured to ask instead; empty: the server.
  std::string asked{};
  /// The words before the program's own, of a program that becomes it.
  std::vector<std::string> entry{};
  /// More of their environment.
  std::vector<std::pair<std::string, std::string>> environment{};

private:
  std::map<std::string, std::unique_ptr<child_daemon>> daemons_{};
  std::map<std::string, int> ports_{};
};

} // namespace cts::test

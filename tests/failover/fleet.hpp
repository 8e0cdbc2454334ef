#pragma once

#include "tests/failover/history.hpp"
#include "tests/failover/hosts.hpp"
#include "tests/support/child_daemon.hpp"
#include "tests/support/consul_servers.hpp"
#include "tests/support/temp_directory.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cts::failover {

/// Now, of the clock that logs and providers use.
wall_time now();

struct fleet_options {
  /// The programs, absolute.
  std::string cts{};
  std::string consul{};
  std::string terraform{};
  /// Tasks `t0`, `t1`, ... of a trivial module.
  int tasks = 10;
  /// More of the block high_availability.cluster, in HCL.
  std::string cluster{};
};

/// Three instances `cts-1`, `cts-2`, `cts-3`, each on a host of its own with an
/// agent of its own, beside three servers of Consul. All of it is real and ends
/// with the object.
class fleet {
public:
  using duration = std::chrono::milliseconds;
  static constexpr int size = 3;

  /// Returns when one instance has run all tasks and the others follow. Throws
  /// std::runtime_error if that takes too long.
  explicit fleet(fleet_options options);
  ~fleet();
  fleet(const fleet&) = delete;
  fleet& operator=(const fleet&) = delete;

  const fleet_options& options() const { return options_; }
  const host_network& hosts() const { return hosts_; }
  test::consul_servers& consul() { return *consul_; }

  /// All that was seen so far, in the order in which it was read.
  const std::vector<event>& events() const { return events_; }

  /// The instance that acquired the lock last (from 0), and its epoch.
  int leader() const;
  std::uint64_t epoch() const;

  /// Takes in events until `seen` holds; false after `limit`.
  bool until(const std::function<bool()>& seen, duration limit);

  /// Starts an instance, or starts it again.
  void start(int instance);
  test::child_daemon& instance(int x) { return *instances_.at(x); }
  test::child_daemon& agent(int host) { return *agents_.at(host); }

  /// Waits until each instance leads or follows since event `first` where it
  /// was started or thawed since, no Terraform is at work, and the lock is
  /// held. Throws std::runtime_error after `limit`.
  void settle(duration limit);

  /// From now on the state that `settle` waits for is a new one.
  void expect_return(int instance);

  /// Registers the one service instance of a task under another id, which is a
  /// change of its input. False: Consul did not take it.
  bool change(int task, const std::string& id);

  /// From now on, until `release`, the work of a task goes on.
  void hold(int task);
  void release(int task);

  /// An exchange with the API of an instance.
  test::http_answer api(int instance, const std::string& method,
                        const std::string& target,
                        const std::string& body = {});

  /// The last lines of each log, for a report of a failure.
  std::string last_words() const;

  /// What only processes of this fleet have in their environment.
  std::string mark() const { return "CTS_WORK=" + folder_.path().string(); }

  static std::string id(int instance) {
    return "cts-" + std::to_string(instance + 1);
  }

private:
  struct followed_file {
    std::string instance{};
    std::size_t read = 0;
  };

  void write_files();
  void start_agent(int host);
  int count_agents();
  void read_events();
  bool is_settled();
  std::string configuration(int instance) const;

  fleet_options options_;
  host_network hosts_;
  test::temp_directory folder_{};
  std::vector<int> ports_{};
  int watch_ = -1;
  std::unique_ptr<test::consul_servers> consul_{};
  std::map<int, std::unique_ptr<test::child_daemon>> agents_{};
  std::map<int, std::unique_ptr<test::child_daemon>> instances_{};
  std::map<std::string, followed_file> files_{};
  std::vector<event> events_{};
  /// By instance: the event after which it has to lead or to follow.
  std::map<int, std::size_t> expected_since_{};
};

} // namespace cts::failover

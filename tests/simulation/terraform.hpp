#pragma once

#include "actors/contract.hpp"
#include "tests/simulation/network.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace cts::simulation {

/// The files of a machine, by absolute path.
using machine_files = std::map<std::string, std::string>;

/// A call that changed infrastructure.
struct provider_call {
  nanoseconds at{};
  task_name task{};
  std::string machine{};
  /// Of the process that made it.
  std::uint64_t process = 0;
  /// What `terraform.tfvars` held when the process began.
  std::string inputs{};
};

/// How the tasks' modules behave, everywhere.
struct module_habits {
  /// Of one call of the provider.
  nanoseconds call_min{std::chrono::milliseconds{50}};
  nanoseconds call_max{std::chrono::milliseconds{1'500}};
  std::size_t calls_max = 3;
  /// Tasks whose apply fails, never ends by itself, or does not even end when
  /// it is interrupted.
  std::set<task_name> failing{};
  std::set<task_name> hanging{};
  std::set<task_name> stubborn{};
};

/// Where a process lives.
struct process_site {
  simulation::engine& engine;
  simulation::network& network;
  random_stream& random;
  machine_files& files;
  const module_habits& habits;
  std::string machine{};
  /// As Terraform writes it.
  std::string who{};
  std::function<void(const provider_call&)> provider{};
  wall_clock wall{};
};

/// Which process it is, and the life of the instance that wanted it.
struct process_origin {
  std::uint64_t number = 0;
  std::string life{};
};

/// One process of a modelled Terraform 1.11.4 with the Consul backend: it takes
/// the lock of its task's state as the real one does (chapter
/// high-availability 2.4) and gives it back unless it is killed.
class terraform_process
  : public std::enable_shared_from_this<terraform_process> {
public:
  using on_end = std::function<void(const process_finished&)>;

  terraform_process(process_site& site, process_origin origin,
                    start_process request);

  /// `tell` is called once, unless the process is killed before.
  void start(on_end tell);
  /// SIGINT: end after the call under way; the second one ends at once.
  void interrupt();
  /// SIGKILL.
  void kill();
  /// Whether its module keeps it from ending by itself.
  bool hangs() const { return hangs_; }
  /// SIGSTOP and SIGCONT.
  void pause(bool paused);

  bool is_alive() const { return is_alive_; }
  bool is_paused() const { return is_paused_; }
  std::uint64_t number() const { return number_; }
  const std::string& life() const { return life_; }
  const std::string& machine() const { return site_.machine; }
  const start_process& request() const { return request_; }
  const task_name& task() const { return task_; }
  /// It can change infrastructure.
  bool applies() const { return command_ == "apply"; }
  const std::string& command() const { return command_; }
  /// It takes the lock of the task's state.
  bool locks() const;

private:
  using step = std::function<void()>;

  /// Does `next` unless the process is gone; waits while it is paused.
  void go_on(const step& next);
  void after(nanoseconds delay, step next);
  void ask(std::string method, const std::string& target, std::string body,
           std::function<void(const result<http_reply>&)> next);
  void end(int code, const std::string& complaint = {});

  void finish_simple();
  void lock_state(step next);
  void acquire(step next);
  void describe_lock(step next);
  void renew();
  void read_state();
  void call_provider(std::size_t left);
  void finish_call(std::size_t left);
  std::string told() const;
  void write_state();
  void unlock(int code, std::string complaint);

  process_site& site_;
  std::uint64_t number_;
  std::string life_;
  start_process request_;
  std::string command_{};
  task_name task_{};
  std::string state_key_{};
  std::string inputs_{};
  std::string session_{};
  std::string state_index_ = "0";
  nanoseconds began_{};
  on_end tell_{};
  std::vector<step> deferred_{};
  bool is_alive_ = true;
  bool is_paused_ = false;
  bool hangs_ = false;
  int interrupts_ = 0;
  std::uint64_t requests_ = 0;
};

} // namespace cts::simulation

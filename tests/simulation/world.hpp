#pragma once

#include "actors/log.hpp"
#include "tests/simulation/machine.hpp"

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cts::simulation {

/// Consul's token, one that the tasks' provider gets in its environment, and
/// one that it is configured with.
inline constexpr auto secrets = std::array<const char*, 3>{
  "never-to-be-seen", "never-to-be-told", "never-to-be-shown"};

/// Whether the text holds one of them.
bool has_secret(std::string_view text);

/// What a world is made of.
struct world_options {
  std::uint64_t seed = 1;
  std::size_t machines = 3;
  bool high_availability = true;
  std::vector<task_name> tasks{"t0", "t1", "t2"};
  nanoseconds session_ttl{std::chrono::seconds{10}};
  /// At most one instance applies anything at a time.
  bool exclusive = false;
  module_habits habits{};
  /// Lines of the trace that are kept; 0: none.
  std::size_t trace_lines = 0;
  tampering tamper{};
  /// Changes the settings of an instance.
  std::function<void(config::settings&, const std::string& machine)> adjust{};
};

/// Who is told what happens, at once.
struct observers {
  consul_observer consul{};
  network::sent_observer sent{};
  process_observer process{};
  std::function<void(const provider_call&)> provider{};
  std::function<void(const std::string& machine, const log::line&)> log{};
};

/// A cluster: Consul, and machines that each may run an instance.
class world {
public:
  explicit world(world_options options);
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  void observe(observers who);

  simulation::engine& engine() { return engine_; }
  simulation::network& network() { return network_; }
  peer_network& peers() { return peers_; }
  machine& at(std::size_t index) { return *machines_[index]; }
  machine& at(const std::string& name);
  /// nullptr: there is none of that name.
  const machine* find(const std::string& name) const;
  std::size_t size() const { return machines_.size(); }
  const world_options& options() const { return options_; }
  /// How modules behave from now on.
  module_habits& habits() { return options_.habits; }

  void boot_all();
  void advance(nanoseconds span) { engine_.run_until(engine_.now() + span); }

  /// The operator changes Consul, at the agent of no machine.
  void operate(std::string method, const std::string& target,
               std::string body = {});
  /// Somebody runs Terraform by hand, at the agent of no machine: takes the
  /// lock of the task's state, unless it is held, until `unlock_states`.
  void lock_state(const task_name& task);
  void unlock_states();
  /// Another instance of the service that the task watches.
  void register_service(const task_name& task, const std::string& id);
  void deregister_service(const std::string& id);

  /// Below which everything of the cluster lies, with a slash at the end.
  std::string base() const;

private:
  /// `next` is told what Consul said, unless it was nothing.
  void ask(std::string method, const std::string& target, std::string body,
           const std::function<void(const std::string&)>& next);
  void acquire(const task_name& task, const std::string& session);
  config::settings settings_of(const std::string& name) const;
  peer_target target_of(const std::string& name);
  void write_line(const log::line& x);

  world_options options_;
  simulation::engine engine_;
  drifting_clock exact_{};
  island& outside_;
  simulation::network network_;
  peer_network peers_;
  surroundings around_;
  observers observers_{};
  std::vector<std::unique_ptr<machine>> machines_{};
  std::uint64_t operations_ = 0;
  /// Sessions of who runs Terraform by hand, by task.
  std::map<task_name, std::string> strangers_{};
  unsigned unlocks_ = 0;
};

/// A task that watches the service of its name.
config::task task_named(const task_name& name);

/// What the operator sends for it to `/v1/tasks`.
std::string creation_of(const task_name& name);

} // namespace cts::simulation

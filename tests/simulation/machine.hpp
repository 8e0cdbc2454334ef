#pragma once

#include "actors/controller.hpp"
#include "tests/simulation/guard_link.hpp"
#include "tests/simulation/peer_network.hpp"
#include "tests/simulation/services.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace cts::simulation {

/// Changes what the instances' services pass on: how a test breaks the
/// protocol.
using tampering = std::function<void(outside&, const std::string& machine)>;

/// What all machines share.
struct surroundings {
  simulation::engine& engine;
  simulation::network& network;
  peer_network& peers;
  const module_habits& habits;
  /// For one machine; the id is its name.
  std::function<config::settings(const std::string& machine)> settings{};
  tampering tamper{};
  process_observer on_process{};
  std::function<void(const provider_call&)> on_provider{};
};

/// A machine with its clocks, its disk and its processes, on which an instance
/// lives from time to time.
class machine {
public:
  machine(surroundings& around, std::string name, std::uint64_t seed);
  ~machine();
  machine(const machine&) = delete;
  machine& operator=(const machine&) = delete;

  const std::string& name() const { return name_; }

  /// Starts an instance unless one lives.
  void boot();
  /// SIGKILL: the instance ends without another word.
  void kill();
  /// SIGTERM.
  void terminate();
  /// SIGSTOP and SIGCONT of the worker; all others go on.
  void pause(bool paused);
  /// The same of the worker, its witness, the shims and their processes.
  void freeze(bool frozen);
  /// The machine itself stands still, and with it all clocks but the wall
  /// clock.
  void suspend(bool suspended);
  /// For `span` the worker gets a small share of the processors only.
  void starve(nanoseconds span);
  /// SIGKILL to the witness, or to a former one that has work to do.
  void kill_witness();
  /// All processes of the machine end at once.
  void power_off();

  bool is_up() const { return life_ != nullptr; }
  bool is_paused() const;
  bool is_frozen() const { return time_.is_frozen(); }
  bool is_suspended() const { return suspended_at_.has_value(); }
  /// How often it was suspended.
  unsigned suspensions() const { return suspensions_; }
  /// The API's port is open and the instance is not paused.
  bool listens() const;
  /// How many instances have been started.
  unsigned lives() const { return lives_; }
  std::optional<int> last_exit_code() const { return last_exit_code_; }

  /// How a peer finds it.
  peer_target as_peer();

  /// Asks the instance's API; without an instance the answer is an error.
  void ask_api(api_request request, answer_to<api_reply> tell);

  /// The wall clock jumps.
  void step_wall_clock(nanoseconds by) { wall_step_ += by; }
  const drifting_clock& clock() const { return clock_; }
  nanoseconds boot_time() const;
  wall_time wall() const;

  void fill_disk(bool full) { is_disk_full_ = full; }

  process_table& processes() { return processes_; }
  const machine_files& files() const { return files_; }

private:
  /// One instance from start to end.
  struct life;

  outside_ptr make_outside(const std::shared_ptr<life>& x);
  void add_guard(outside& out, const std::shared_ptr<life>& x);
  void add_files(outside& out);
  void add_peers(outside& out, const std::shared_ptr<life>& x);
  void pass_on(api_request request, answer_to<api_reply> tell);
  void add_port(outside& out, const std::shared_ptr<life>& x);
  instance_parts parts(const std::shared_ptr<life>& x);
  cluster_identity identity(const std::shared_ptr<life>& x);
  std::shared_ptr<guard_link> make_link();
  void spawn(const std::shared_ptr<life>& x);
  void leave(const std::shared_ptr<life>& x);
  void end_life();
  void wait_for_processor(nanoseconds span);
  /// What keeps the worker from working has changed.
  void update();
  void set_listener(bool open);
  result<files_written> write(const write_files& x);
  result<files_read> read(const read_files& x) const;

  surroundings& around_;
  std::string name_;
  random_stream random_;
  drifting_clock clock_;
  nanoseconds wall_step_{0};
  machine_files files_{};
  bool is_disk_full_ = false;
  guard_time time_;
  process_table processes_;
  /// Those that may live.
  std::vector<std::weak_ptr<witness_process>> witnesses_{};
  std::uint64_t witness_numbers_ = 0;
  /// By the time of the world.
  std::optional<nanoseconds> suspended_at_{};
  unsigned suspensions_ = 0;
  /// Until the next boot.
  bool is_off_ = false;
  std::shared_ptr<life> life_{};
  unsigned lives_ = 0;
  std::optional<int> last_exit_code_{};
  /// On the disk.
  ha::epoch epoch_ = 0;
};

} // namespace cts::simulation

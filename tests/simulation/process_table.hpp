#pragma once

#include "tests/simulation/shim.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace cts::simulation {

/// A process began or ended; `is_alive` tells which.
using process_observer = std::function<void(const terraform_process&)>;

/// The Terraform processes of a machine, each with its shim. They outlive the
/// instance that wanted them and its witness.
class process_table {
public:
  process_table(process_site site, guard_time& time, process_observer observer);

  /// Starts one; its number.
  std::uint64_t start(shim_order order);

  // -- what a witness wants, of one or of all that it looks after
  void stop(std::uint64_t number, nanoseconds grace);
  void extend(std::uint64_t witness, nanoseconds deadline);

  /// The witness is dead.
  void orphan(std::uint64_t witness);
  bool has_any_of(std::uint64_t witness) const;

  /// Whether a run of another life than this one is left.
  bool has_runs_before(const std::string& life) const;

  /// SIGKILL to all, as at a loss of power.
  void kill_all();

  /// SIGKILL to one that runs, or only to those that hang; or to a shim, which
  /// takes its process along.
  void crash_one(std::size_t which);
  void crash_hanging();
  void kill_shim(std::size_t which);

  /// SIGSTOP and SIGCONT of the processes; their shims have a time of their
  /// own.
  void freeze(bool frozen);

  bool is_idle() const { return running_.empty(); }

private:
  struct guarded {
    std::shared_ptr<terraform_process> process{};
    std::shared_ptr<simulation::shim> shim{};
    shim_order order{};
  };

  const guarded* nth(std::size_t which) const;
  void end_by_force(std::uint64_t number, const char* how);
  void leave(std::uint64_t number, process_finished end);

  process_site site_;
  guard_time& time_;
  process_observer observer_;
  std::map<std::uint64_t, guarded> running_{};
  std::uint64_t numbers_ = 0;
};

} // namespace cts::simulation

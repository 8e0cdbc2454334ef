#pragma once

#include "core/ha/lease_guard.hpp"
#include "tests/simulation/drifting_clock.hpp"
#include "tests/simulation/services.hpp"
#include "tests/simulation/terraform.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace cts::simulation {

/// A process began or ended; `is_alive` tells which.
using process_observer = std::function<void(const terraform_process&)>;

/// The processes of a machine. They outlive the instance that started them.
class process_table {
public:
  /// `clock` is the machine's: leases are counted in it.
  process_table(process_site site, const drifting_clock& clock,
                process_observer observer);

  /// Processes with one key take turns. `tell` is not called for those whose
  /// instance has died meanwhile.
  void start(const start_process& request, answer_to<process_finished> tell);

  /// As the product does: an interrupt now, another 6 s before the grace is
  /// over, SIGKILL then.
  void stop(const stop_process& request);

  /// A new deadline for fenced processes; none: no more of them may start.
  void lease(std::optional<nanoseconds> deadline);

  /// The instance is gone: its witness interrupts what runs and kills it 10 s
  /// later, or when the lease is over; what waits never starts.
  void orphan();

  /// SIGKILL to all, as at a loss of power.
  void kill_all();

  /// Somebody kills one that runs, or only those that hang.
  void crash_one(std::size_t which);
  void crash_hanging();

  /// SIGSTOP and SIGCONT of the processes and of who guards them. After the
  /// second the guard needs a moment.
  void freeze(bool frozen);
  bool is_frozen() const { return is_frozen_; }

  /// Those that run, by number.
  const std::map<std::uint64_t, std::shared_ptr<terraform_process>>&
  running() const {
    return running_;
  }

private:
  struct waiting_process {
    start_process request{};
    answer_to<process_finished> tell{};
    std::uint64_t life = 0;
  };

  template <class Event>
  void guard(const Event& event);
  void perform(const ha::lease_guard::send_signal& x);
  void perform(const ha::lease_guard::report_stop& x);
  void perform(const ha::lease_guard::arm_timer& x);
  void perform(const ha::lease_guard::disarm_timer&) {}

  /// Lets the guard do `what`, now or when it can.
  void as_guard(std::function<void()> what);
  void crash(const std::shared_ptr<terraform_process>& x);
  void begin(const std::string& key);
  void finished(std::uint64_t number, const process_finished& end);
  void kill(const std::shared_ptr<terraform_process>& x);
  void leave(const std::shared_ptr<terraform_process>& x,
             const process_finished& end);
  std::shared_ptr<terraform_process> running_with(const std::string& key) const;

  process_site site_;
  const drifting_clock& clock_;
  process_observer observer_;
  ha::lease_guard::state guard_{};
  std::map<std::uint64_t, std::shared_ptr<terraform_process>> running_{};
  std::map<std::uint64_t, waiting_process> orders_{};
  std::map<std::string, std::deque<waiting_process>> waiting_{};
  std::uint64_t numbers_ = 0;
  bool is_frozen_ = false;
  std::vector<std::function<void()>> put_off_{};
  /// Of the instance, counted; answers to an earlier one are lost.
  std::uint64_t life_ = 0;
};

} // namespace cts::simulation

#pragma once

#include "core/ha/lease_guard.hpp"
#include "tests/simulation/guard_time.hpp"
#include "tests/simulation/terraform.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace cts::simulation {

/// What a witness wants of a shim.
struct shim_order {
  start_process request{};
  /// The life of the instance that wants the process.
  std::string life{};
  /// Of the witness, unique on the machine.
  std::uint64_t witness = 0;
  /// The end of the lease as the witness knows it; absent: not fenced.
  std::optional<nanoseconds> deadline{};
  /// Called once, when the process and its shim are gone.
  terraform_process::on_end tell{};
};

/// Looks after one process: ends it before its lease is over, and when the
/// witness is dead. Only the signals to the process are its own; the rules are
/// those of the product.
class shim : public std::enable_shared_from_this<shim> {
public:
  /// `kill` ends the process by force.
  shim(guard_time& time, std::shared_ptr<terraform_process> process,
       std::function<void()> kill);

  /// The process has begun.
  void begin(std::optional<nanoseconds> deadline);

  // -- orders of the witness
  void extend(nanoseconds deadline);
  /// Interrupts it, again 6 s before the grace is over, and kills it then.
  void stop(nanoseconds grace);

  /// The witness is dead.
  void orphan();

  /// Somebody ended it on purpose.
  bool was_told() const { return stopping_ || orphaned_ || lease_over_; }
  bool lease_over() const { return lease_over_; }

private:
  template <class Event>
  void feed(const Event& event);
  void perform(const ha::lease_guard::send_signal& x);
  void perform(const ha::lease_guard::report_stop&) { lease_over_ = true; }
  void perform(const ha::lease_guard::arm_timer& x);
  void perform(const ha::lease_guard::disarm_timer&) {}

  void interrupt();

  guard_time& time_;
  std::shared_ptr<terraform_process> process_;
  std::function<void()> kill_;
  ha::lease_guard::state guard_{};
  bool fenced_ = false;
  bool interrupted_ = false;
  bool lease_over_ = false;
  bool stopping_ = false;
  bool orphaned_ = false;
  /// When the witness has it killed.
  nanoseconds kill_due_ = nanoseconds::max();
};

} // namespace cts::simulation

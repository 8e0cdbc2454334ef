#pragma once

#include "core/machine.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <variant>
#include <vector>

/// Ends the processes of an instance before its lease does. Invariants: none
/// gets a signal while more than `first_interrupt` of the lease is left; each
/// gets at most two interrupts and one kill, in this order; when the timer has
/// been served at or after the deadline, none is without its kill. Source: spec
/// chapter high-availability, 4.4, R1 and R2.
namespace cts::ha::lease_guard {

/// Time since the start of the owner's machine, suspend included
/// (CLOCK_BOOTTIME).
using boot_time = std::chrono::nanoseconds;

/// Chosen by the shell, never used twice.
using process_id = std::uint64_t;

/// No process starts with less than this left.
constexpr auto start_margin = boot_time{std::chrono::seconds{2}};
/// How long before the end of the lease the interrupts are sent.
constexpr auto first_interrupt = boot_time{std::chrono::seconds{5}};
constexpr auto second_interrupt = boot_time{std::chrono::seconds{2}};
/// What a process has to end after the first interrupt, however often the lease
/// is extended meanwhile.
constexpr auto farewell_max = boot_time{std::chrono::seconds{60}};

enum class stage : std::uint8_t { running, interrupted, pressed, killed };

struct guarded {
  lease_guard::stage stage = stage::running;
  /// Once its lease was nearly over: the latest end, whatever comes.
  std::optional<boot_time> end_by{};
};

struct state {
  /// The newest one known.
  std::optional<boot_time> deadline{};
  bool revoked = false;
  std::map<process_id, guarded> processes{};
  /// What the timer is armed for.
  std::optional<boot_time> timer{};
};

// -- events -------------------------------------------------------------------

/// An earlier deadline than the known one changes nothing.
struct extended {
  boot_time deadline{};
};
/// No process starts until the next extension.
struct revoked {};
struct process_started {
  process_id id = 0;
};
/// Somebody else has interrupted it.
struct process_interrupted {
  process_id id = 0;
};
/// It and its group are gone.
struct process_ended {
  process_id id = 0;
};
struct timer_elapsed {};

// -- effects ------------------------------------------------------------------

enum class signal : std::uint8_t { interrupt, kill };

/// To the whole group of the process.
struct send_signal {
  process_id id = 0;
  signal what{};
};
/// For the log, once for each process: it is stopped because of the lease.
struct report_stop {
  process_id id = 0;
};
/// Takes the place of what was armed before. Elapsing early does no harm.
struct arm_timer {
  boot_time due{};
};

/// Nothing is due any more. Elapsing does no harm here either.
struct disarm_timer {};

using effect = std::variant<send_signal, report_stop, arm_timer, disarm_timer>;
using transition = cts::transition<state, effect>;

transition step(state s, extended event, boot_time now);
transition step(state s, revoked, boot_time now);
transition step(state s, process_started event, boot_time now);
transition step(state s, process_interrupted event, boot_time now);
transition step(state s, process_ended event, boot_time now);
transition step(state s, timer_elapsed, boot_time now);

/// Until when, this moment included, a process may start; absent: not at all.
std::optional<boot_time> latest_start(const state& s);

/// To be asked right before a process starts.
bool may_start(const state& s, boot_time now);

} // namespace cts::ha::lease_guard

#pragma once

#include "core/consul/request.hpp"
#include "core/ha/lease_guard.hpp"
#include "core/machine.hpp"
#include "core/types.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>

/// The witness of an instance: a small process beside the worker that carries
/// out the worker's last will when it dies or hangs.
///
/// The will is a set of requests to Consul that the worker keeps up to date:
/// one gives the lock back, one for each run in flight says that no process of
/// it is left, others give session and service back. The witness decides
/// nothing about leadership: each request is fenced by itself, so a needless or
/// a late one is refused by Consul. Invariants: nothing is sent while the
/// worker lives and beats; the lock is given back before anything else is sent
/// and without waiting for any process; a run is acknowledged only when no
/// process of its task is left; a request is repeated until it has an answer or
/// its time is over; the witness ends only when no process is left.
/// Source: spec chapter high-availability, 4.2 and 4.5 D2.
namespace cts::ha::witness {

using boot_time = lease_guard::boot_time;

/// Between two beats of a worker that is well.
constexpr auto beat_every = std::chrono::milliseconds{500};
/// What the runs of a dead worker have to end after their interrupt.
constexpr auto grace = std::chrono::seconds{10};
/// How long beyond the lease requests are repeated.
constexpr auto patience = std::chrono::seconds{30};
/// An alarm that comes this late says that the witness itself stood still; then
/// the worker gets its whole time again.
constexpr auto standstill = std::chrono::seconds{1};
/// Before a request is repeated: this, then twice as long each time, at most
/// `pause_max`.
constexpr auto pause_min = std::chrono::milliseconds{100};
constexpr auto pause_max = std::chrono::seconds{1};
/// Requests at the same time.
constexpr auto sending_max = std::size_t{16};
/// Requests of one will; further ones are refused.
constexpr auto requests_max = std::size_t{20'000};

enum class purpose : std::uint8_t {
  /// Gives the lock back: the instance leads.
  release,
  /// Tells the end of a run; waits for the last process of `task`.
  acknowledge,
  /// Tells the end of a run whose intent may have been committed, if it was.
  /// Only when the worker is dead: one that woke up could still start it.
  resolve,
  /// Gives session and service back; only when the worker is dead.
  farewell,
};

/// A request of the will.
struct bequest {
  /// One with the name of an earlier one takes its place.
  std::string name{};
  witness::purpose purpose{};
  task_name task{};
  consul::request request{};
  /// `resolve`: reads the record, whose index `request` lacks (it says 0), and
  /// what the record says if the intent was committed. If it says something
  /// else, or is not there, nothing is sent.
  consul::request record{};
  std::string text{};
};

struct settings {
  /// How long a leader may be silent.
  std::chrono::nanoseconds stall_timeout = std::chrono::seconds{5};
};

enum class phase : std::uint8_t {
  /// The worker lives.
  watching,
  /// It was silent too long as a leader; the lock and the runs are given up.
  stalled,
  /// It is dead.
  executing,
  /// It has taken leave: nothing is to be done but to see processes end.
  leaving,
  /// Nothing is left to do.
  over,
};

struct request_state {
  bequest what{};
  bool sending = false;
  /// It has an answer: never sent again.
  bool settled = false;
  /// It was sent once, so Consul may have carried it out.
  bool tried = false;
  /// `resolve`: the record was read, so the request is complete.
  bool resolved = false;
  /// Its time is over.
  bool unsent = false;
  std::uint32_t failures = 0;
  /// When it may be sent again.
  boot_time due{0};
};

struct state {
  witness::settings settings{};
  witness::phase phase = phase::watching;
  /// By name.
  std::map<std::string, request_state> will{};
  /// Requests that were withdrawn or replaced while they were under way; their
  /// answers say nothing about what bears the name now.
  std::set<std::string> orphans{};
  /// Processes by ticket, with their tasks (empty: none).
  std::map<std::uint64_t, task_name> processes{};
  /// The newest deadline of the lease.
  std::optional<boot_time> deadline{};
  /// When the worker was last heard.
  boot_time beat{0};
  /// Until when requests are repeated, once the will is carried out.
  boot_time give_up{0};
  /// The processes were told to end since the worker was last well.
  bool stopping = false;
  std::optional<boot_time> timer{};
};

// -- events -------------------------------------------------------------------

/// A sign of life of the elector, too.
struct bequeathed {
  bequest what{};
};
/// Unknown names are ignored.
struct withdrawn {
  std::string name{};
};
/// The elector is well. One that comes after a stall ends it.
struct worker_beat {};
/// As `lease_guard::extended`.
struct lease_extended {
  boot_time deadline{};
};
/// Told right before the start, so that no acknowledgement gets in between;
/// `process_ended` follows in any case, also if the start fails.
struct process_started {
  std::uint64_t ticket = 0;
  task_name task{};
};
/// It and its group are gone.
struct process_ended {
  std::uint64_t ticket = 0;
};
/// The worker says that it ends in order.
struct worker_left {};
/// Its socket is closed and it has not left.
struct worker_died {};
/// Consul has answered: done or refused, it need not be asked again. What it
/// says matters to a `resolve`, whose record is read first.
struct answered {
  std::string name{};
  std::string body{};
};
/// Nobody knows, or Consul cannot now.
struct unanswered {
  std::string name{};
};
struct timer_elapsed {};

// -- effects ------------------------------------------------------------------

/// Answered by `answered` or `unanswered`.
struct send {
  std::string name{};
  consul::request request{};
};
/// No process may start until the next extension; each that runs is
/// interrupted now, unless it was before, and killed at `kill_at` at the
/// latest.
struct stop_processes {
  boot_time kill_at{};
};
/// For the log.
struct report_death {
  /// Processes that are left.
  std::size_t processes = 0;
};
struct report_stall {
  std::chrono::nanoseconds silent{};
};
/// The time of a request is over, or it was one too many; what it was for is
/// left to others.
struct report_unsent {
  std::string name{};
};
struct arm_timer {
  boot_time due{};
};
struct disarm_timer {};
/// The witness ends.
struct leave {};

using effect = std::variant<send, stop_processes, report_death, report_stall,
                            report_unsent, arm_timer, disarm_timer, leave>;
using transition = cts::transition<state, effect>;

transition step(state s, bequeathed event, boot_time now);
transition step(state s, withdrawn event, boot_time now);
transition step(state s, worker_beat event, boot_time now);
transition step(state s, lease_extended event, boot_time now);
transition step(state s, process_started event, boot_time now);
transition step(state s, process_ended event, boot_time now);
transition step(state s, worker_left event, boot_time now);
transition step(state s, worker_died event, boot_time now);
transition step(state s, answered event, boot_time now);
transition step(state s, unanswered event, boot_time now);
transition step(state s, timer_elapsed event, boot_time now);

/// To be asked right before a process of `task` starts, beside the lease: a
/// worker that woke up may still want a run whose end was acknowledged in its
/// name, and a late extension would let it.
bool may_start(const state& s, const task_name& task);

} // namespace cts::ha::witness

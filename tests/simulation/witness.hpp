#pragma once

#include "core/ha/witness.hpp"
#include "tests/simulation/process_table.hpp"
#include "tests/simulation/services.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace cts::simulation {

/// What a process that the worker wants has come to: its end, or why it was not
/// started.
using ticket_ended
  = std::function<void(std::uint64_t ticket, const result<process_finished>&)>;

/// What a witness finds on its machine.
struct witness_site {
  simulation::network& network;
  guard_time& time;
  process_table& processes;
  std::string machine{};
  /// Of the worker, by its island.
  std::string life{};
  /// Unique on the machine.
  std::uint64_t number = 0;
  nanoseconds stall_timeout{};
};

/// The witness of an instance: the product's machine, what it asks of Consul on
/// the network, and the shims. It lives as long as it has something to do.
class witness_process : public std::enable_shared_from_this<witness_process> {
public:
  /// Something that the worker says.
  using frame = std::function<void(witness_process&)>;

  /// `tell` is called for each ticket, on the worker's side of the socket.
  witness_process(witness_site site, ticket_ended tell);

  /// The worker says something; it arrives later, in order.
  void post(frame what);

  // -- what the worker says
  void beat();
  void extend(nanoseconds deadline);
  void revoke();
  void bequeath(ha::witness::bequest what);
  void withdraw(const std::string& name);
  void start(std::uint64_t ticket, const start_process& request);
  void stop(std::uint64_t ticket, nanoseconds grace);
  void stop_all(nanoseconds grace);
  void bye();
  /// The socket is closed.
  void close();

  /// SIGKILL.
  void kill();

  bool is_over() const { return is_over_; }
  std::uint64_t number() const { return site_.number; }

private:
  template <class Event>
  void feed(const Event& event);
  void perform(const ha::witness::send& x);
  void perform(const ha::witness::stop_processes& x);
  void perform(const ha::witness::report_death& x);
  void perform(const ha::witness::report_stall& x);
  void perform(const ha::witness::report_unsent& x);
  void perform(const ha::witness::arm_timer& x);
  void perform(const ha::witness::disarm_timer&) {}
  void perform(const ha::witness::leave&);

  void take_frames();
  void ended(std::uint64_t ticket, const result<process_finished>& end);
  /// A word to the worker, in order, too.
  void tell(std::uint64_t ticket, const result<process_finished>& end);
  void note(const std::string& what);

  witness_site site_;
  ticket_ended tell_;
  ha::witness::state machine_{};
  /// When a process may start.
  ha::lease_guard::state lease_{};
  bool is_over_ = false;
  bool has_left_ = false;
  std::deque<std::pair<nanoseconds, frame>> frames_{};
  nanoseconds newest_frame_{0};
  nanoseconds newest_word_{0};
  /// The numbers of processes, by ticket.
  std::map<std::uint64_t, std::uint64_t> processes_{};
  std::uint64_t requests_ = 0;
};

} // namespace cts::simulation

#pragma once

#include "tests/simulation/witness.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace cts::simulation {

/// What the worker's end of the witness finds on its machine.
struct link_site {
  guard_time& time;
  process_table& processes;
  /// Another witness for this life.
  std::function<std::shared_ptr<witness_process>(ticket_ended)> make{};
};

/// The worker's end of its witness, and the queues of processes with one key.
/// It belongs to the worker: what it is told while the worker is stopped it
/// hears afterwards.
class guard_link : public std::enable_shared_from_this<guard_link> {
public:
  explicit guard_link(link_site site) : site_(std::move(site)) {}

  /// To be called once, first.
  void begin();

  // -- what the instance wants
  /// Processes with one key take turns.
  void start(const start_process& request, answer_to<process_finished> tell);
  void stop(const stop_process& request);
  void lease(std::optional<nanoseconds> deadline);
  void bequeath(const ha::witness::bequest& x);
  void withdraw(const std::string& name);
  void beat();

  /// The instance has ended in order: everything is stopped, and when it has,
  /// or after a while, `done` is called.
  void drain(nanoseconds grace, std::function<void()> done);
  void bye();
  /// The worker is gone.
  void close();

  /// SIGSTOP and SIGCONT of the worker.
  void pause(bool paused);

  /// The one that lives; may be null.
  const std::shared_ptr<witness_process>& witness() const { return witness_; }
  /// SIGKILL to the witness.
  void kill_witness();

private:
  struct waiting_process {
    start_process request{};
    answer_to<process_finished> tell{};
  };

  struct lane {
    std::uint64_t ticket = 0;
    waiting_process running{};
    std::deque<waiting_process> waiting{};
  };

  void post(witness_process::frame what);
  /// Does it now, or when the worker goes on; never if it is gone.
  void as_worker(std::function<void()> what);
  void run(const std::string& key, waiting_process next);
  void cancel_waiting(lane& x);
  void ended(std::uint64_t ticket, const result<process_finished>& end);
  void witness_died();
  void wait_for_shims(std::uint64_t witness);
  void restart();
  void finish_drain();
  void end_drain();

  link_site site_;
  std::shared_ptr<witness_process> witness_{};
  std::map<std::string, lane> lanes_{};
  std::map<std::string, ha::witness::bequest> will_{};
  std::optional<nanoseconds> deadline_{};
  /// What the dead witness was told of.
  std::set<std::uint64_t> lost_{};
  std::uint64_t tickets_ = 0;
  nanoseconds since_{0};
  nanoseconds pause_{std::chrono::milliseconds{50}};
  bool is_paused_ = false;
  bool is_closed_ = false;
  std::vector<std::function<void()>> put_off_{};
  std::function<void()> drained_{};
};

} // namespace cts::simulation

#pragma once

#include "tests/simulation/world.hpp"

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace boost::json {
class value;
}

namespace cts::simulation {

/// What broke: the number of the invariant (chapter high-availability, 6.2) and
/// a sentence.
struct violation {
  std::string invariant{};
  std::string sentence{};
  nanoseconds at{};
};

/// What is promised beyond what holds in each history.
struct oracle_rules {
  /// At most one instance applies anything (I3).
  bool exclusive = false;
  /// Nothing goes wrong around promotions, and slots are free (I14).
  bool watches_delays = false;
  /// Nothing goes wrong but that machines stand still (4.9).
  bool watches_wakes = false;
};

/// A mutation that somebody asked an API for.
struct asked_mutation {
  task_name task{};
  /// Whether the task is there afterwards, and whether it is enabled; absent:
  /// as before.
  std::optional<bool> exists{};
  std::optional<bool> enabled{};
};

/// What its outcome was.
enum class mutation_outcome : std::uint8_t { acknowledged, refused, unknown };

/// Sees everything that happens in a world and checks the invariants after each
/// event.
class oracle {
public:
  oracle(world& x, oracle_rules rules);

  /// A snapshot was restored: who has not seen the newest epoch may use it
  /// again.
  void excuse_epochs() { epochs_excused_ = true; }

  /// A mutation is on its way. Until its outcome is known the task may be there
  /// or not; two at a time leave it open for good.
  void attempted(const asked_mutation& x);
  void settled(const asked_mutation& x, mutation_outcome outcome);

  /// Whether Consul knows an instance of the service now.
  void registered(const task_name& task, const std::string& id, bool is_there);

  /// What the leader's API says it looks after.
  void supervised(const std::set<task_name>& tasks) { supervised_ = tasks; }

  /// The machine's processes run again.
  void thawed(const std::string& machine);
  /// The machine goes on, and its BOOTTIME with it.
  void woken(const std::string& machine);

  /// The session that holds the lock, and its node; empty: nobody holds it.
  const std::string& lock_session() const { return lock_session_; }
  const std::string& holder() const { return holder_; }
  ha::epoch epoch() const { return epoch_; }
  /// The text of `meta`.
  const std::string& meta() const { return meta_; }

  /// Faults have stopped: a leader must exist in time (I13).
  void expect_leader();
  /// What is not yet as it has to be in the end; empty: nothing.
  std::vector<violation> unfinished();
  /// Names in the stored state.
  std::set<task_name> stored_tasks() const;
  /// What is unfinished is wrong.
  void finish();

  const std::vector<violation>& violations() const { return violations_; }
  std::size_t elections() const { return won_.size(); }
  std::size_t applies() const { return applies_; }
  /// Runs that overlapped because one of them was frozen (4.9).
  std::size_t thaw_overlaps() const { return overlaps_seen_; }
  /// Locks that a witness gave back.
  std::size_t witness_releases() const { return witness_releases_; }
  /// Runs whose end was told, as their owner did not lead any more.
  std::size_t acknowledged() const { return acknowledged_; }

private:
  /// A process that needs a lease, or the lock of a state.
  struct living_process {
    std::string machine{};
    std::string life{};
    std::string job{};
    std::string command{};
    /// Of its machine, when its run began.
    unsigned suspensions = 0;
    std::shared_ptr<const terraform_process> self{};
  };

  /// Who has a lease.
  struct owner {
    std::string machine{};
    std::string life{};
  };

  struct kept_value {
    consul_model::index index = 0;
    std::string text{};
  };

  struct lease_of_life {
    std::uint64_t seq = 0;
    /// By the clock of the machine.
    nanoseconds deadline{0};
  };

  /// What a transaction did.
  struct change {
    const consul_model::request& request;
    const consul_model::state& state;
    /// Who held the lock before.
    std::string holder{};
    std::string session{};
    ha::epoch epoch = 0;
    bool by_operator = false;
  };

  void see_consul(const consul_model::request& request,
                  const consul_model::reply& reply,
                  const consul_model::state& state);
  void see_sent(const std::string& node, const http_request& request);
  void see_process(const terraform_process& x);
  void see_log(const std::string& where, const log::line& line);

  // -- after each change in Consul
  void check_secrets(const consul_model::request& request,
                     const boost::json::value& operations);
  void check_sizes(const consul_model::request& request,
                   const boost::json::value& operations);
  void check_place(const consul_model::request& request);
  void check_transaction(const change& x, const boost::json::value& operations);
  void check_epoch(const change& x);
  void check_lease(const change& x);
  void check_records(const change& x);
  void check_acknowledgement(const task_name& task, const std::string& before,
                             const std::string& now);
  void check_removal(const change& x, const task_name& task,
                     const std::string& record);
  void check_state(const change& x);
  void check_value(const change& x, const std::string& key,
                   const std::string& before, const std::string& now);
  void check_task(const change& x, const std::string& key,
                  const std::string& before, const std::string& now);
  void check_strangers(const change& x);
  void check_events(const std::string& key, const std::string& before,
                    const std::string& now);
  void check_generation();

  // -- at the start of a process
  void check_alone(const task_name& task, const living_process& x);
  void check_intent(const task_name& task, const living_process& x);
  void check_margin(const living_process& x);
  void check_delay(const task_name& task, const living_process& x);
  void await_end(const owner& who, nanoseconds deadline);
  void check_end(const owner& who, nanoseconds deadline);

  bool is_excused(const living_process& x) const {
    return excused_jobs_.contains(x.job);
  }
  /// Its machine stood still with all its clocks since its run began, so it
  /// cannot know that its lease is over (4.9).
  bool overslept(const living_process& x) const;
  unsigned begun_with(const terraform_process& x);
  std::string life_of(const std::string& machine) const;
  std::string task_key(const task_name& task) const;
  bool is_enabled(const task_name& task) const;
  void add_unfinished_task(std::vector<violation>& to, const task_name& task);
  void add_unfinished_mutations(std::vector<violation>& to) const;
  void fail(const char* invariant, std::string sentence);

  world& world_;
  oracle_rules rules_;
  std::string base_;
  std::vector<violation> violations_{};
  // -- the lock
  ha::epoch epoch_ = 0;
  ha::epoch epoch_max_ = 0;
  bool epochs_excused_ = false;
  std::string holder_{};
  std::string lock_session_{};
  consul_model::index kv_index_ = 0;
  /// The node that won the epoch.
  std::map<ha::epoch, std::string> won_{};
  std::map<std::string, ha::epoch> won_by_{};
  /// The life that says it leads in the epoch, and epochs that lives hold by
  /// their own belief.
  std::map<ha::epoch, std::string> acquired_{};
  std::map<std::string, ha::epoch> believes_{};
  /// The newest life of each machine that said something.
  std::map<std::string, std::string> lives_{};
  // -- leases
  std::map<std::string, std::deque<std::pair<std::size_t, nanoseconds>>>
    sent_{};
  std::map<std::string, lease_of_life> leases_{};
  // -- state
  std::string meta_{};
  std::uint64_t generation_ = 0;
  std::map<task_name, std::string> inflight_{};
  std::map<std::string, kept_value> kept_{};
  /// Sessions that hold the lock of a state for somebody else, by key.
  std::map<std::string, std::string> strangers_{};
  std::set<std::string> events_seen_{};
  // -- runs
  std::map<task_name, std::map<std::uint64_t, living_process>> living_{};
  /// The life that started a process of the run.
  std::map<std::string, std::string> started_jobs_{};
  std::map<std::string, unsigned> suspensions_{};
  std::set<std::string> excused_jobs_{};
  std::set<std::uint64_t> overlaps_{};
  std::size_t overlaps_seen_ = 0;
  std::size_t witness_releases_ = 0;
  std::size_t acknowledged_ = 0;
  std::map<task_name, ha::epoch> ran_in_{};
  std::set<task_name> awaited_{};
  std::optional<nanoseconds> first_start_{};
  std::size_t applies_ = 0;
  // -- what has to come of it all
  std::map<task_name, std::map<std::string, bool>> expected_{};
  /// What the newest apply of a task was given.
  std::map<task_name, std::string> applied_{};
  std::map<task_name, bool> exists_{};
  std::map<task_name, bool> enabled_{};
  std::map<task_name, int> open_mutations_{};
  std::set<task_name> contested_{};
  std::set<task_name> supervised_{};
};

} // namespace cts::simulation

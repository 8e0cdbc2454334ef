#pragma once

#include "core/ha/store.hpp"
#include "tests/support/consul_model.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

/// The store's machine before a modelled Consul: carries out the effects in
/// their order and checks each transaction.
namespace cts::ha::store {

/// What becomes of a transaction.
enum class fate : std::uint8_t {
  answered,
  /// It does not take place, and nobody says so.
  request_lost,
  /// It takes place, and nobody says so.
  answer_lost,
  /// It comes first after the next one.
  delayed,
  /// The instance ends before, or after it.
  crash_before,
  crash_after,
};

class world {
public:
  explicit world(std::vector<task_name> configured = {"a", "b"});

  /// Takes the lock as the elector does.
  leadership elect(const std::string& instance = "cts-01");
  /// Loads under that term; true if the state was loaded.
  bool load(const leadership& term);
  bool lead(const std::string& instance = "cts-01") {
    return load(elect(instance));
  }

  /// Asks for a change and carries out what can be done at once.
  std::uint64_t ask(change what);
  /// Whether it is answered, and how; empty if it is done.
  std::optional<std::string> answer(std::uint64_t request) const;

  /// The start of a run: its record, as the elector writes it.
  run_permit permit(const task_name& task, const std::string& run = "run");
  task_event event(const task_name& task, const std::string& id) const;
  std::uint64_t end_run(const task_name& task, const std::string& id);

  template <class Event>
  void feed_event(const Event& x) {
    feed(machine, x, now, [this](const auto& each) { queue(each); });
    settle();
  }

  /// Lets time pass, timer by timer.
  void advance(duration span);
  void settle();

  /// Another hand writes or deletes a key.
  void put(const std::string& key, const std::string& value);
  void erase(const std::string& key);
  bool has(const std::string& key) const { return consul.kv.contains(key); }
  std::string value(const std::string& key) const;
  std::vector<std::string> keys_below(const std::string& prefix) const;
  void end_session(const std::string& id);

  meta_record meta() const;
  /// What a reader of the store sees.
  generation_contents seen() const;
  std::vector<task_name> names_seen() const;
  std::vector<std::string> logs_with(const std::string& text) const;

  layout keys = layout::make("cts/c").value();
  consul_model::state consul{};
  state machine;
  time_point now{std::chrono::hours{1}};
  wall_time wall{std::chrono::hours{24 * 365 * 50}};
  leadership term{};

  /// Decides by the number of the transaction, from 0.
  std::function<fate(std::size_t number, const txn::operations& xs)> fate_of;
  std::function<bool(const std::string& key)> read_fails;
  /// Prefixes show nothing, single keys do: what a poor token sees.
  bool prefixes_hidden = false;
  bool crashed = false;
  std::size_t transactions = 0;
  std::size_t operations_most = 0;
  std::size_t bytes_most = 0;
  std::size_t loads = 0;
  std::vector<error> failures{};
  std::vector<close_run> closed{};
  std::vector<ha::epoch> lost{};
  std::vector<report_denied> denied{};
  std::vector<std::string> logs{};

private:
  template <class Effect>
  void queue(const Effect& x) {
    effects_.push_back(x);
  }
  void perform(const send_transaction& x);
  void perform(const read_keys& x);
  void perform(const answer_change& x);
  void perform(const report_loaded&) { ++loads; }
  void perform(const report_failed& x) { failures.push_back(x.problem); }
  void perform(const close_run& x) { closed.push_back(x); }
  void perform(const report_lost& x) { lost.push_back(x.epoch); }
  void perform(const report_denied& x) { denied.push_back(x); }
  void perform(const write_log& x);
  void perform(const arm_timer& x) { timers_.insert(x.due); }

  void check(const txn::operations& xs);
  consul::reply serve(const consul::request& x);
  result<txn::outcome> commit(const txn::operations& xs);

  std::deque<effect> effects_{};
  std::multiset<time_point> timers_{};
  std::map<std::uint64_t, std::optional<error>> answers_{};
  std::vector<txn::operations> delayed_{};
  std::uint64_t requests_ = 0;
};

} // namespace cts::ha::store

#pragma once

#include "tests/simulation/world.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cts::simulation {

/// What broke: the number of the invariant (chapter high-availability, 6.2) and
/// a sentence.
struct violation {
  std::string invariant{};
  std::string sentence{};
  nanoseconds at{};
};

/// Sees everything that happens in a world and checks the invariants after each
/// event.
class oracle {
public:
  explicit oracle(world& x);

  /// An operator's change of Consul excuses what follows from it.
  void excuse_epochs() { epochs_excused_ = true; }

  /// The API acknowledged a mutation.
  void acknowledged(const task_name& task, bool exists);

  /// At the end, when faults have stopped long ago.
  void finish();

  const std::vector<violation>& violations() const { return violations_; }
  std::size_t failovers() const { return acquired_.size(); }
  std::size_t applies() const { return applies_; }

  /// Ids of the service's instances that Consul knows now.
  void registered(const task_name& task, const std::string& id, bool is_there);

private:
  void see_consul(const consul_model::request& request,
                  const consul_model::reply& reply,
                  const consul_model::state& state);
  void see_process(const terraform_process& x);
  void see_log(const std::string& where, const log::line& line);

  void check_transaction(const consul_model::request& request,
                         const std::string& holder_before);
  void check_epoch(const consul_model::state& state);
  void check_records(const consul_model::request& request,
                     const std::string& holder_before,
                     const consul_model::state& state);
  void check_events(const std::string& key, const std::string& value);
  void check_generation(const consul_model::state& state);

  void fail(const char* invariant, std::string sentence);

  world& world_;
  std::string base_;
  std::vector<violation> violations_{};
  ha::epoch epoch_ = 0;
  bool epochs_excused_ = false;
  std::uint64_t generation_ = 0;
  /// Who holds the lock, by the record under it; empty: nobody.
  std::string holder_{};
  /// The text of each record of a run, by task.
  std::map<task_name, std::string> inflight_{};
  /// The newest values below the state.
  std::map<std::string, std::string> kept_{};
  consul_model::index kv_index_ = 0;
  /// Which instance was promoted in which epoch.
  std::map<ha::epoch, std::string> acquired_{};
  /// Lives that hold an epoch, by their own belief.
  std::map<std::string, ha::epoch> believes_{};
  /// Applying processes that live: machine and number, by task.
  std::map<task_name, std::map<std::uint64_t, std::string>> applying_{};
  std::map<task_name, std::set<std::string>> expected_{};
  /// What the newest apply of a task was given.
  std::map<task_name, std::string> applied_{};
  /// Tasks that must, or must not, be kept.
  std::map<task_name, bool> promised_{};
  std::size_t applies_ = 0;
};

} // namespace cts::simulation

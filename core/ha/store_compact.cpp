#include "core/ha/store_parts.hpp"

#include <set>

namespace cts::ha::store {

namespace {

/// What one compaction removes at most; the rest waits for the next one.
constexpr auto sweeps_max = std::size_t{1000};

/// Finds what nothing needs any more. Each removal is guarded by what makes it
/// right, so that it does nothing if that has changed.
class compactor {
public:
  compactor(turn& t, const consul::kv_entries& entries)
    : t_{t}, keys_{t.s.config.keys}, entries_{entries} {}

  void run() {
    find_generations();
    for (const auto& entry : entries_)
      if (auto key = keys_.parse(entry.key))
        look_at(entry, *key);
    for (auto& each : sweeps_)
      t_.s.waiting.push_back({.what = std::move(each)});
    t_.s.vacant = std::move(vacant_);
  }

private:
  void add(txn::operations payload) {
    if (sweeps_.size() < sweeps_max)
      sweeps_.push_back({std::move(payload)});
  }

  void find_generations() {
    auto others = std::set<std::uint64_t>{};
    for (const auto& entry : entries_)
      if (auto number = keys_.generation_of(entry.key))
        if (*number != t_.s.meta.generation)
          others.insert(*number);
    for (auto number : others)
      add({txn::check_index{keys_.meta(), t_.s.meta_index},
           txn::erase_tree{keys_.generation(number)}});
  }

  void look_at(const consul::kv_entry& entry, const known_key& key) {
    auto current = key.generation == t_.s.meta.generation;
    if (key.place == place::instance && entry.session.empty())
      look_at_instance(entry);
    else if (key.place == place::inflight)
      look_at_run(entry, key);
    else if (key.place == place::chunk && current)
      look_at_piece(key);
    else if (key.place == place::events && current && !task_of(key.name))
      add({txn::check_not_exists{keys_.task(key.generation, key.name)},
           txn::erase_cas{entry.key, entry.modify_index}});
  }

  /// Nothing of another host's clock counts: the time is our own.
  void look_at_instance(const consul::kv_entry& entry) {
    auto since = std::pair{entry.modify_index, t_.now};
    auto known = t_.s.vacant.find(entry.key);
    if (known != t_.s.vacant.end() && known->second.first == since.first)
      since = known->second;
    vacant_[entry.key] = since;
    if (t_.now - since.second >= t_.s.config.instance_kept)
      add({txn::erase_cas{entry.key, entry.modify_index}});
  }

  void look_at_run(const consul::kv_entry& entry, const known_key& key) {
    auto record = decode_inflight(entry.value);
    if (record && record->state == run_state::stopped && !task_of(key.name))
      add({txn::check_not_exists{keys_.task(t_.s.meta.generation, key.name)},
           txn::erase_cas{entry.key, entry.modify_index}});
  }

  void look_at_piece(const known_key& key) {
    if (!directories_.insert(key.directory).second)
      return;
    auto events = key.directory.starts_with("chunks/events/");
    auto at = record_slot{};
    if (auto found = t_.s.tasks.find(key.name); found != t_.s.tasks.end())
      at = events ? found->second.events_at : found->second.task_at;
    if (at.directory == key.directory)
      return;
    auto record = events ? keys_.events(key.generation, key.name)
                         : keys_.task(key.generation, key.name);
    auto guard = at.index != 0
                   ? txn::operation{txn::check_index{record, at.index}}
                   : txn::operation{txn::check_not_exists{record}};
    add({guard,
         txn::erase_tree{keys_.generation(key.generation) + key.directory}});
  }

  const stored_task* task_of(const task_name& name) const {
    auto found = t_.s.tasks.find(name);
    return found == t_.s.tasks.end() || found->second.task_at.index == 0
             ? nullptr
             : &found->second;
  }

  turn& t_;
  const layout& keys_;
  const consul::kv_entries& entries_;
  std::vector<sweep> sweeps_{};
  std::set<std::string> directories_{};
  std::map<std::string, std::pair<std::uint64_t, time_point>> vacant_{};
};

} // namespace

void compact(turn& t, const consul::kv_entries& entries) {
  t.s.compaction_at = t.now + t.s.config.compaction_every;
  t.out.push_back(arm_timer{t.s.compaction_at});
  compactor{t, entries}.run();
}

} // namespace cts::ha::store

#include "core/ha/store_parts.hpp"

#include <set>

namespace cts::ha::store {

namespace {

/// What the fence of a transaction takes.
std::size_t fence_bytes(const layout& keys) {
  // A session's id has 36 characters.
  return txn::body_bytes(
    txn::operations{txn::check_session{keys.leader(), std::string(36, 'x')}});
}

/// Writes records below a generation.
class writer {
public:
  writer(const layout& keys, std::uint64_t generation)
    : keys_{keys}, generation_{generation} {}

  void add(place kind, const task_name& task, const std::string& text) {
    auto key = kind == place::events ? keys_.events(generation_, task)
                                     : keys_.task(generation_, task);
    if (text.size() <= piece_bytes_max)
      return create(std::move(key), text);
    auto parts = cut(kind, task, text);
    for (auto i = std::size_t{0}; i < parts.pieces.size(); ++i)
      create(piece_key(keys_, generation_, parts.pointer.directory, i),
             parts.pieces[i]);
    create(std::move(key), encode(parts.pointer));
  }

  /// A record that cannot be read is kept for whoever can.
  void copy(const consul::kv_entry& from) {
    auto known = keys_.parse(from.key);
    auto key = known->place == place::events
                 ? keys_.events(generation_, known->name)
                 : keys_.task(generation_, known->name);
    create(std::move(key), from.value);
  }

  std::deque<txn::operations> steps() && {
    return packed(keys_, std::move(all_));
  }

private:
  /// Nobody else writes there, and no copy of ours comes twice.
  void create(std::string key, std::string text) {
    all_.push_back(
      txn::cas{.key = std::move(key), .value = std::move(text), .index = 0});
  }

  const layout& keys_;
  std::uint64_t generation_;
  txn::operations all_{};
};

/// No generation that has keys is used again, left behind or not.
std::uint64_t next_generation(const state& s, const meta_record& meta) {
  auto newest = meta.generation;
  for (const auto& entry : s.loading->entries)
    if (auto number = s.config.keys.generation_of(entry.key))
      newest = std::max(newest, *number);
  return newest + 1;
}

publication finished(const state& s, writer from, meta_record meta,
                     std::uint64_t meta_index) {
  auto out = publication{.generation = meta.generation,
                         .steps = std::move(from).steps()};
  // Alone: from here on, and not before, the new generation counts.
  out.steps.push_back({txn::cas{
    .key = s.config.keys.meta(), .value = encode(meta), .index = meta_index}});
  return out;
}

meta_record raised(const state& s, meta_record meta) {
  meta.generation = next_generation(s, meta);
  meta.schema = s.config.schema;
  meta.min_reader = s.config.schema;
  meta.writer = s.config.writer;
  return meta;
}

} // namespace

std::deque<txn::operations> packed(const layout& keys, txn::operations from) {
  auto out = std::deque<txn::operations>{};
  auto bytes = std::size_t{0};
  for (auto& x : from) {
    auto more = txn::body_bytes(x) + 1;
    if (out.empty() || out.back().size() == payload_max
        || bytes + more > packed_bytes_max) {
      out.emplace_back();
      bytes = fence_bytes(keys);
    }
    bytes += more;
    out.back().push_back(std::move(x));
  }
  return out;
}

publication publish_configured(const state& s, const meta_record& meta,
                               std::uint64_t meta_index) {
  auto next = raised(s, meta);
  auto to = writer{s.config.keys, next.generation};
  auto order = std::uint64_t{0};
  for (const auto& task : s.config.configured)
    to.add(place::task, task.name,
           encode(task_record{.name = task.name,
                              .source = "config",
                              .order = ++order,
                              .enabled = task.enabled,
                              .config = task.config,
                              .updated_at = s.loading->at,
                              .updated_by = s.config.instance,
                              .updated_in = s.term.epoch}));
  return finished(s, std::move(to), std::move(next), meta_index);
}

publication publish_again(const state& s, const meta_record& meta,
                          std::uint64_t meta_index) {
  auto old
    = read_generation(s.config.keys, meta.generation, s.loading->entries);
  auto next = raised(s, meta);
  auto to = writer{s.config.keys, next.generation};
  auto damaged = std::set<std::string>{};
  for (const auto& each : old.damaged)
    damaged.insert(each.key);
  for (const auto& entry : s.loading->entries)
    if (damaged.contains(entry.key))
      to.copy(entry);
  auto whole = [&](const record_slot& at, const std::string& key) {
    return at.index != 0 && !damaged.contains(key);
  };
  for (const auto& [name, task] : old.tasks) {
    if (whole(task.task_at, s.config.keys.task(meta.generation, name)))
      to.add(place::task, name, encode(task.record));
    if (whole(task.events_at, s.config.keys.events(meta.generation, name)))
      to.add(place::events, name, encode(task.events));
  }
  return finished(s, std::move(to), std::move(next), meta_index);
}

} // namespace cts::ha::store

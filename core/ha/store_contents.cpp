#include "core/ha/store_contents.hpp"

#include "core/sha256.hpp"

#include <algorithm>
#include <cstdio>

namespace cts::ha {

namespace {

using entries_by_key = std::map<std::string_view, const consul::kv_entry*>;

/// A generation being read.
class reader {
public:
  reader(const layout& keys, std::uint64_t number,
         const consul::kv_entries& entries)
    : keys_{keys}, number_{number} {
    for (const auto& entry : entries)
      if (keys_.generation_of(entry.key) == number_)
        by_key_.emplace(entry.key, &entry);
  }

  void remember(const known_contents& known) {
    if (known.entries == nullptr || known.tasks == nullptr)
      return;
    for (const auto& entry : *known.entries)
      known_.emplace(entry.key, &entry);
    tasks_ = known.tasks;
  }

  generation_contents run() {
    for (const auto& [key, entry] : by_key_) {
      auto known = keys_.parse(key);
      if (!known)
        out_.strange.emplace_back(key);
      else if (known->place == place::task)
        read_task(known->name, *entry);
      else if (known->place == place::events)
        read_events(known->name, *entry);
    }
    return std::move(out_);
  }

private:
  /// The text of a record, joined if it lies in pieces.
  result<std::string> text_of(const consul::kv_entry& entry, record_slot& at) {
    at.index = entry.modify_index;
    auto pointer = decode_chunked(entry.value);
    if (!pointer)
      return entry.value;
    at.directory = pointer->directory;
    auto text = std::string{};
    for (auto i = std::size_t{0}; i < pointer->pieces; ++i) {
      auto key = piece_key(keys_, number_, pointer->directory, i);
      auto piece = by_key_.find(key);
      if (piece == by_key_.end() || text.size() > record_bytes_max)
        return fail(errc::malformed, "piece ", i, " of ", pointer->pieces,
                    " is missing");
      text += piece->second->value;
    }
    if (text.size() != pointer->size || sha256_hex(text) != pointer->sha256)
      return fail(errc::malformed, "its pieces do not make the whole");
    return text;
  }

  /// What this text was read as before; nullptr: it was not, or with trouble,
  /// or lies in pieces.
  const stored_task* known(const std::string& name,
                           const consul::kv_entry& entry) const {
    auto before = known_.find(entry.key);
    if (before == known_.end() || before->second->value != entry.value)
      return nullptr;
    auto found = tasks_->find(name);
    return found == tasks_->end() ? nullptr : &found->second;
  }

  bool take_known_task(const std::string& name, const consul::kv_entry& entry) {
    const auto* before = known(name, entry);
    if (before == nullptr || before->task_at.index == 0
        || !before->task_at.directory.empty() || !before->problem.empty())
      return false;
    auto& to = out_.tasks[name];
    to.task_at.index = entry.modify_index;
    to.record = before->record;
    return true;
  }

  bool take_known_events(const std::string& name,
                         const consul::kv_entry& entry) {
    const auto* before = known(name, entry);
    if (before == nullptr || before->events_at.index == 0
        || !before->events_at.directory.empty())
      return false;
    auto& to = out_.tasks[name];
    to.events_at.index = entry.modify_index;
    to.events = before->events;
    return true;
  }

  void read_task(const std::string& name, const consul::kv_entry& entry) {
    if (take_known_task(name, entry))
      return;
    auto& to = out_.tasks[name];
    auto record = [&]() -> result<task_record> {
      auto text = text_of(entry, to.task_at);
      if (!text)
        return text.error();
      return decode_task_record(*text);
    }();
    if (record && record->name != name)
      record = fail(errc::malformed, "it names task '", record->name, "'");
    if (record) {
      to.record = *std::move(record);
      return;
    }
    to.record.name = name;
    to.problem = record.error().message;
    out_.damaged.push_back({entry.key, to.problem});
  }

  void read_events(const std::string& name, const consul::kv_entry& entry) {
    if (take_known_events(name, entry))
      return;
    auto& to = out_.tasks[name];
    auto text = text_of(entry, to.events_at);
    auto record
      = text ? decode_events(*text) : result<events_record>{text.error()};
    if (record)
      to.events = *std::move(record);
    else
      out_.damaged.push_back({entry.key, record.error().message});
  }

  const layout& keys_;
  std::uint64_t number_;
  entries_by_key by_key_{};
  entries_by_key known_{};
  const stored_tasks* tasks_ = nullptr;
  generation_contents out_{};
};

} // namespace

generation_contents read_generation(const layout& keys, std::uint64_t number,
                                    const consul::kv_entries& entries,
                                    const known_contents& known) {
  auto work = reader{keys, number, entries};
  work.remember(known);
  return work.run();
}

std::vector<const stored_task*> in_order(const stored_tasks& from) {
  auto out = std::vector<const stored_task*>{};
  for (const auto& [name, task] : from)
    if (task.task_at.index != 0)
      out.push_back(&task);
  std::stable_sort(out.begin(), out.end(), [](const auto* a, const auto* b) {
    if (a->problem.empty() != b->problem.empty())
      return a->problem.empty();
    return a->record.order < b->record.order;
  });
  return out;
}

chunked_text cut(place kind, std::string_view task, std::string_view text) {
  auto out = chunked_text{};
  out.pointer.sha256 = sha256_hex(text);
  out.pointer.size = text.size();
  out.pointer.directory = layout::chunks(kind, task, out.pointer.sha256);
  for (; !text.empty(); text.remove_prefix(out.pieces.back().size()))
    out.pieces.emplace_back(text.substr(0, piece_bytes_max));
  out.pointer.pieces = out.pieces.size();
  return out;
}

std::string piece_key(const layout& keys, std::uint64_t generation,
                      const std::string& directory, std::size_t number) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%04zu", number);
  return keys.generation(generation) + directory + digits;
}

} // namespace cts::ha

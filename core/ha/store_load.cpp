#include "core/ha/store_parts.hpp"

namespace cts::ha::store {

namespace {

constexpr auto nothing_readable
  = "the keys below the path are not all visible to the token";

void unavailable(turn& t, const error& problem) {
  if (t.now - t.s.loading->since < t.s.config.load_patience)
    return rest(t);
  load_failed(t, fail(errc::unavailable,
                      "the stored state cannot be read: ", problem.message));
}

bool is_ours(const layout& keys, const std::string& key) {
  return keys.parse(key).has_value() || keys.generation_of(key).has_value();
}

/// Keys below the base that this program did not write.
bool has_foreign_keys(const turn& t) {
  const auto& entries = t.s.loading->entries;
  return std::any_of(entries.begin(), entries.end(), [&](const auto& x) {
    return !is_ours(t.s.config.keys, x.key);
  });
}

bool has_state_of(const turn& t, std::uint64_t generation) {
  const auto& entries = t.s.loading->entries;
  return std::any_of(entries.begin(), entries.end(), [&](const auto& x) {
    return t.s.config.keys.generation_of(x.key) == generation;
  });
}

/// Whether each live instance can read what this one writes.
bool all_can_follow(const turn& t) {
  const auto prefix = t.s.config.keys.instances();
  for (const auto& entry : t.s.loading->entries) {
    if (!entry.key.starts_with(prefix) || entry.session.empty())
      continue;
    auto record = decode_instance(entry.value);
    if (!record || record->schema_max < t.s.config.schema)
      return false;
  }
  return true;
}

void begin(turn& t, publication made) {
  t.s.loading->publication = std::move(made);
  load_next(t);
}

void reset(turn& t) {
  log(t, severity::warning,
      "-reset-storage is set, stored state of generation "
        + std::to_string(t.s.meta.generation) + " is discarded");
  begin(t, publish_configured(t.s, t.s.meta, t.s.meta_index));
}

void opened(turn& t) {
  auto read = read_generation(t.s.config.keys, t.s.meta.generation,
                              t.s.loading->entries);
  t.s.tasks = std::move(read.tasks);
  ++t.s.revision;
  for (const auto& each : read.damaged)
    log(t, severity::error,
        "a stored record cannot be read, it is set apart: delete its key or "
        "write the task anew",
        {{"key", each.key}, {"error", each.reason}});
  warn_of_drift(t);
  t.s.loading.reset();
  t.s.phase = phase::open;
  t.out.push_back(report_loaded{});
  t.out.push_back(arm_timer{t.s.compaction_at});
}

/// `meta` is understood, and so is what lies below it.
void decide(turn& t) {
  auto& load = *t.s.loading;
  if (t.s.config.reset && !load.reset_done)
    return reset(t);
  if (t.s.meta.generation == 0) {
    if (has_foreign_keys(t))
      return load_failed(
        t, fail(errc::configuration, "the path '", t.s.config.keys.base(),
                "' holds keys that are not ours; choose another path, or "
                "start with -reset-storage"));
    return begin(t, publish_configured(t.s, t.s.meta, t.s.meta_index));
  }
  if (t.s.meta.schema < t.s.config.schema && all_can_follow(t))
    return begin(t, publish_again(t.s, t.s.meta, t.s.meta_index));
  if (!has_state_of(t, t.s.meta.generation))
    return ask(t, question::permission,
               t.s.config.keys.generation(t.s.meta.generation) + "tasks");
  opened(t);
}

/// Everything below the base was read at one moment.
void read_everything(turn& t, consul::kv_entries entries) {
  auto& load = *t.s.loading;
  load.entries = std::move(entries);
  const auto key = t.s.config.keys.meta();
  auto found = std::find_if(load.entries.begin(), load.entries.end(),
                            [&](const auto& x) { return x.key == key; });
  // It was there a moment ago.
  if (found == load.entries.end())
    return load_failed(t, denial(t.s, nothing_readable));
  auto meta = decode_meta(found->value);
  if (!meta && !t.s.config.reset)
    return load_failed(
      t, fail(errc::configuration, "the path '", t.s.config.keys.base(),
              "' holds state that is not understood (", meta.error().message,
              "); choose another path, or start with -reset-storage"));
  t.s.meta = meta ? *std::move(meta)
                  : meta_record{.cluster = t.s.config.keys.cluster(),
                                .epoch = t.s.term.epoch,
                                .created = load.at};
  t.s.meta_index = found->modify_index;
  if (t.s.meta.min_reader > t.s.config.schema) {
    auto sentence = "storage schema version "
                    + std::to_string(t.s.meta.min_reader)
                    + " is newer than supported version "
                    + std::to_string(t.s.config.schema);
    log(t, severity::error, sentence);
    return load_failed(t, fail(errc::configuration, sentence));
  }
  decide(t);
}

} // namespace

void load_failed(turn& t, error problem) {
  t.out.push_back(report_failed{std::move(problem)});
  t.s.phase = phase::closed;
  t.s.loading.reset();
  t.s.attempt.reset();
  t.s.awaited = 0;
  t.s.question = question::none;
}

void load_next(turn& t) {
  auto& load = *t.s.loading;
  if (load.publication)
    return send(t, purpose::publication, load.publication->steps.front());
  // A single key tells a denied read from a missing one; a prefix does not.
  ask(t, question::meta, t.s.config.keys.meta());
}

void load_read(turn& t, question what,
               const result<consul::kv_entries>& answer) {
  auto denied = !answer && answer.error().code == errc::refused;
  if (denied)
    return load_failed(t, denial(t.s, answer.error().message));
  if (!answer)
    return unavailable(t, answer.error());
  // The order of the questions: a key, all keys, and perhaps another key.
  if (what == question::meta && answer->empty())
    return load_failed(t, fail(errc::configuration, "the key '",
                               t.s.config.keys.meta(),
                               "' is missing although the lock is ours"));
  if (what == question::meta)
    return ask(t, question::everything, t.s.config.keys.base(), true);
  if (what == question::everything)
    return read_everything(t, *answer);
  opened(t);
}

void load_committed(turn& t) {
  auto& load = *t.s.loading;
  load.publication->steps.pop_front();
  load.since = t.now;
  if (!load.publication->steps.empty())
    return;
  // Now it is read like any other, and what was before is swept.
  load.publication.reset();
  load.reset_done = true;
  t.s.compaction_at = t.now;
}

} // namespace cts::ha::store

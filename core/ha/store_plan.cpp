#include "core/ha/store_parts.hpp"

namespace cts::ha::store {

namespace {

/// What is being put together for one job.
struct draft {
  const state& s;
  const job& from;
  plan to{};
};

std::string key_of(const state& s, place kind, const task_name& task) {
  return kind == place::events ? s.config.keys.events(s.meta.generation, task)
                               : s.config.keys.task(s.meta.generation, task);
}

/// The key gets the record, or where its pieces are.
result<void> write(draft& d, place kind, const std::string& text) {
  const auto& task = d.to.change.task;
  if (text.size() > record_bytes_max)
    return fail(errc::limit, "task '", task, "' takes ", text.size(),
                " bytes, more than the ", record_bytes_max,
                " that a stored record may have; make it smaller");
  auto& after = *d.to.change.after;
  auto& at = kind == place::events ? after.events_at : after.task_at;
  auto write = txn::cas{
    .key = key_of(d.s, kind, task), .value = text, .index = at.index};
  at.directory.clear();
  if (text.size() > piece_bytes_max) {
    d.to.pieces = cut(kind, task, text);
    write.value = encode(d.to.pieces->pointer);
    at.directory = d.to.pieces->pointer.directory;
  }
  d.to.payload.push_back(std::move(write));
  (kind == place::events ? d.to.change.writes_events : d.to.change.writes_task)
    = true;
  return {};
}

const stored_task* find(const state& s, const task_name& task) {
  auto found = s.tasks.find(task);
  return found == s.tasks.end() ? nullptr : &found->second;
}

result<void> add_run(draft& d, const std::optional<task_event>& event) {
  if (!event || !d.to.change.after || d.to.change.after->task_at.index == 0
      || !add_event(d.to.change.after->events, *event))
    return {};
  return write(d, place::events, encode(d.to.change.after->events));
}

void end_run(draft& d, std::uint64_t index) {
  auto key = d.s.config.keys.inflight(d.to.change.task);
  d.to.payload.push_back(txn::check_index{key, index});
  d.to.payload.push_back(txn::erase_cas{key, index});
}

result<void> draw(draft& d, const record_run& x) {
  if (x.permit && !x.record_gone)
    end_run(d, x.permit->index);
  return add_run(d, x.event);
}

result<void> draw(draft& d, const take_over_run& x) {
  end_run(d, x.index);
  return add_run(d, x.event);
}

std::uint64_t next_order(const state& s) {
  auto out = std::uint64_t{0};
  for (const auto& [name, task] : s.tasks)
    out = std::max(out, task.record.order);
  return out + 1;
}

result<void> draw(draft& d, const put_task& x) {
  if (!d.to.change.after)
    d.to.change.after = stored_task{};
  auto& after = *d.to.change.after;
  auto& record = after.record;
  auto exists = after.task_at.index != 0 && after.problem.empty();
  if (exists)
    ++record.rev;
  else
    record = {.name = x.name,
              .source = x.configured ? "config" : "api",
              .order = next_order(d.s)};
  after.problem.clear();
  if (!x.config.empty())
    record.config = x.config;
  record.enabled = x.enabled;
  record.deleting = x.deleting;
  record.updated_at = d.from.at;
  record.updated_by = d.s.config.instance;
  record.updated_in = d.s.term.epoch;
  return write(d, place::task, encode(record));
}

result<void> draw(draft& d, const drop_task&) {
  if (!d.to.change.after)
    return {};
  auto erase = [&d](place kind, const record_slot& at) {
    if (at.index != 0)
      d.to.payload.push_back(
        txn::erase_cas{key_of(d.s, kind, d.to.change.task), at.index});
  };
  // The events first: then the answer shows whether the task is gone.
  erase(place::events, d.to.change.after->events_at);
  erase(place::task, d.to.change.after->task_at);
  d.to.change.after.reset();
  return {};
}

result<void> draw(draft& d, const sweep& x) {
  d.to.payload = x.payload;
  return {};
}

void add_sweep(std::vector<sweep>& to, const state& s, place kind,
               const std::pair<task_name, std::string>& left,
               std::uint64_t index) {
  auto key = key_of(s, kind, left.first);
  // Only as long as the record does not point there again.
  auto guard = index != 0 ? txn::operation{txn::check_index{key, index}}
                          : txn::operation{txn::check_not_exists{key}};
  to.push_back(
    {{guard, txn::erase_tree{s.config.keys.generation(s.meta.generation)
                             + left.second}}});
}

} // namespace

task_name task_of(const change& x) {
  return std::visit(overloaded{
                      [](const record_run& run) { return run.event.task; },
                      [](const sweep&) { return task_name{}; },
                      [](const auto& other) { return other.name; },
                    },
                    x);
}

result<plan> plan_of(const state& s, const job& x) {
  auto d = draft{s, x};
  d.to.change.task = task_of(x.what);
  if (const auto* known = find(s, d.to.change.task))
    d.to.change.after = *known;
  auto drawn
    = std::visit([&d](const auto& what) { return draw(d, what); }, x.what);
  if (!drawn)
    return drawn.error();
  return std::move(d.to);
}

std::vector<sweep> sweeps_after(const state& s, const stored_task& before,
                                const std::optional<stored_task>& after) {
  auto out = std::vector<sweep>{};
  auto name = before.record.name;
  auto left = [&](place kind, const record_slot& was, const record_slot& is) {
    if (!was.directory.empty() && was.directory != is.directory)
      add_sweep(out, s, kind, {name, was.directory}, is.index);
  };
  auto is = after.value_or(stored_task{});
  left(place::task, before.task_at, is.task_at);
  left(place::events, before.events_at, is.events_at);
  return out;
}

} // namespace cts::ha::store

#include "core/ha/store_parts.hpp"

#include <set>

namespace cts::ha::store {

namespace {

error not_leader() {
  return fail(errc::conflict, "this instance does not lead any more");
}

/// A transaction being filled.
struct load {
  txn::operations payload{};
  std::size_t bytes = 0;
  std::set<task_name> tasks{};
};

bool fits(const load& to, const plan& more) {
  return to.payload.size() + more.payload.size() <= payload_max
         && to.bytes + txn::body_bytes(more.payload) + 256 <= packed_bytes_max;
}

void add(turn& t, load& to, plan more) {
  to.bytes += txn::body_bytes(more.payload);
  to.tasks.insert(more.change.task);
  to.payload.insert(to.payload.end(),
                    std::make_move_iterator(more.payload.begin()),
                    std::make_move_iterator(more.payload.end()));
  // Operation 0 is the fence.
  more.change.end = to.payload.size() + 1;
  t.s.plans.push_back(std::move(more.change));
  t.s.batch.push_back(std::move(t.s.waiting.front()));
  t.s.waiting.pop_front();
}

/// Whether a piece of the record is still to be written; sends it if it can.
bool lacks_pieces(turn& t, const plan& x) {
  if (!x.pieces)
    return false;
  auto& first = t.s.waiting.front();
  if (std::exchange(first.pieces_of, x.pieces->pointer.sha256)
      != x.pieces->pointer.sha256)
    first.pieces_written = 0;
  if (first.pieces_written == x.pieces->pieces.size())
    return false;
  if (!t.s.batch.empty())
    return true;
  auto key = piece_key(t.s.config.keys, t.s.meta.generation,
                       x.pieces->pointer.directory, first.pieces_written);
  send(t, purpose::piece,
       {txn::set{.key = std::move(key),
                 .value = x.pieces->pieces[first.pieces_written]}});
  return true;
}

/// A large record takes a while to encode, and as many transactions to write as
/// it has pieces.
result<plan> plan_of_first(turn& t) {
  auto& first = t.s.waiting.front();
  if (first.drawn && first.drawn_at == t.s.revision)
    return *first.drawn;
  auto made = plan_of(t.s, first);
  if (made && made->pieces) {
    first.drawn = std::make_shared<const plan>(*made);
    first.drawn_at = t.s.revision;
  }
  return made;
}

void pop_done(turn& t, std::optional<error> problem) {
  auto x = std::move(t.s.waiting.front());
  t.s.waiting.pop_front();
  done(t, x, std::move(problem));
}

/// False: what waits first has to wait for the next transaction.
bool take_first(turn& t, load& to) {
  const auto& first = t.s.waiting.front();
  auto alone = std::holds_alternative<sweep>(first.what);
  if (!to.payload.empty() && (alone || to.tasks.contains(task_of(first.what))))
    return false;
  auto made = plan_of_first(t);
  if (!made) {
    pop_done(t, made.error());
    return true;
  }
  if (made->payload.empty()) {
    pop_done(t, std::nullopt);
    return true;
  }
  if (lacks_pieces(t, *made) || (!to.payload.empty() && !fits(to, *made)))
    return false;
  add(t, to, *std::move(made));
  return !alone;
}

void apply(turn& t, planned& x, std::uint64_t index) {
  auto before = stored_task{};
  if (auto known = t.s.tasks.find(x.task); known != t.s.tasks.end())
    before = std::move(known->second);
  if (x.after && x.writes_task)
    x.after->task_at.index = index;
  if (x.after && x.writes_events)
    x.after->events_at.index = index;
  before.record.name = x.task;
  ++t.s.revision;
  for (auto& each : sweeps_after(t.s, before, x.after))
    t.s.waiting.push_front({.what = std::move(each)});
  if (x.after)
    t.s.tasks[x.task] = std::move(*x.after);
  else
    t.s.tasks.erase(x.task);
}

const std::string& key_of(const txn::operation& x) {
  return std::visit(
    [](const auto& one) -> const std::string& { return one.key; }, x);
}

/// The jobs of the batch wait again, in their order.
void put_back(turn& t) {
  for (auto x = t.s.batch.rbegin(); x != t.s.batch.rend(); ++x)
    t.s.waiting.push_front(std::move(*x));
  t.s.batch.clear();
  t.s.plans.clear();
  t.s.attempt.reset();
}

std::size_t job_of(const turn& t, std::size_t operation) {
  auto found = std::find_if(t.s.plans.begin(), t.s.plans.end(),
                            [&](const auto& x) { return operation < x.end; });
  return static_cast<std::size_t>(found - t.s.plans.begin());
}

/// What is to be done about one refused operation of a job. True: the job is
/// over.
bool ends_job(turn& t, job& x, const std::string& key) {
  if (std::holds_alternative<sweep>(x.what))
    return true;
  auto of_run = key.starts_with(t.s.config.keys.inflight());
  if (auto* run = std::get_if<record_run>(&x.what); run != nullptr && of_run) {
    if (!std::exchange(run->record_gone, true))
      log(t, severity::error,
          "the record of a run in flight was changed or deleted by somebody "
          "else, its event is stored",
          {{"task_name", run->event.task}, {"key", key}});
    return false;
  }
  if (of_run) {
    done(t, x,
         fail(errc::conflict, "the record of the run has changed: ", key));
    return true;
  }
  auto& keys = t.s.refreshes;
  if (std::find(keys.begin(), keys.end(), key) == keys.end())
    keys.push_back(key);
  return false;
}

} // namespace

void done(turn& t, job& x, std::optional<error> problem) {
  const auto* run = std::get_if<record_run>(&x.what);
  if (run != nullptr && run->permit) {
    // The task has done its part; the elector acknowledges what we cannot.
    t.out.push_back(close_run{.permit = *run->permit,
                              .unrecorded = problem ? std::optional{run->event}
                                                    : std::nullopt});
    problem.reset();
  }
  if (x.request != 0)
    t.out.push_back(answer_change{x.request, std::move(problem)});
}

void write_next(turn& t) {
  auto to = load{};
  while (!t.s.waiting.empty() && take_first(t, to))
    continue;
  if (!t.s.batch.empty())
    send(t, purpose::changes, std::move(to.payload));
}

void changes_committed(turn& t, std::uint64_t index) {
  for (auto i = std::size_t{0}; i < t.s.batch.size(); ++i) {
    if (!std::holds_alternative<sweep>(t.s.batch[i].what))
      apply(t, t.s.plans[i], index);
    done(t, t.s.batch[i], std::nullopt);
  }
  t.s.batch.clear();
  t.s.plans.clear();
}

void changes_refused(turn& t) {
  auto over = std::set<std::size_t>{};
  auto strange = false;
  for (const auto& each : t.s.attempt->refusals) {
    auto i = job_of(t, each.operation);
    strange = strange || i == t.s.batch.size()
              || (each.why != txn::reason::stale_index
                  && each.why != txn::reason::missing_key);
    if (i < t.s.batch.size() && !over.contains(i)
        && ends_job(t, t.s.batch[i],
                    key_of(t.s.attempt->operations[each.operation])))
      over.insert(i);
  }
  for (auto i = over.rbegin(); i != over.rend(); ++i)
    t.s.batch.erase(t.s.batch.begin() + static_cast<std::ptrdiff_t>(*i));
  put_back(t);
  // Nothing we know of is refused like that; do not hurry.
  if (strange)
    rest(t);
}

void changes_denied(turn& t, const std::string& words) {
  put_back(t);
  auto kept = std::deque<job>{};
  for (auto& x : t.s.waiting)
    // The end of a run is worth waiting for; who asked can ask again.
    if (std::holds_alternative<record_run>(x.what))
      kept.push_back(std::move(x));
    else
      done(t, x, denial(t.s, words));
  t.s.waiting = std::move(kept);
  rest(t);
}

void refreshed(turn& t, const consul::kv_entries& entries) {
  auto key = t.s.refreshes.back();
  t.s.refreshes.pop_back();
  auto known = t.s.config.keys.parse(key);
  if (!known || known->generation != t.s.meta.generation)
    return;
  log(t, severity::warning, "a stored record was changed by somebody else",
      {{"key", key}});
  ++t.s.revision;
  auto& task = t.s.tasks[known->name];
  auto events = known->place == place::events;
  auto& at = events ? task.events_at : task.task_at;
  at = {};
  if (entries.empty())
    return;
  at.index = entries.front().modify_index;
  if (auto pointer = decode_chunked(entries.front().value))
    at.directory = pointer->directory;
  else if (auto record = decode_events(entries.front().value); events && record)
    task.events = *std::move(record);
  else if (auto changed = decode_task_record(entries.front().value);
           !events && changed && changed->name == known->name)
    task.record = *std::move(changed);
}

void abandon(turn& t) {
  put_back(t);
  t.s.refreshes.clear();
  for (auto& x : std::exchange(t.s.waiting, {}))
    done(t, x, not_leader());
}

void give_up_late(turn& t) {
  auto late = [&t](const job& x) { return x.due <= t.now; };
  auto problem = fail(errc::unavailable, "Consul did not take the change in "
                                         "time; it may still take place");
  for (auto& x : t.s.batch)
    if (late(x) && x.request != 0) {
      done(t, x, problem);
      x.request = 0;
    }
  // A piece of the first one may be under way.
  auto skip = t.s.attempt && t.s.attempt->purpose == purpose::piece ? 1 : 0;
  auto first = t.s.waiting.begin()
               + std::min<std::ptrdiff_t>(skip, std::ssize(t.s.waiting));
  auto kept = std::stable_partition(first, t.s.waiting.end(),
                                    [&](const job& x) { return !late(x); });
  auto dropped = std::vector<job>(std::make_move_iterator(kept),
                                  std::make_move_iterator(t.s.waiting.end()));
  t.s.waiting.erase(kept, t.s.waiting.end());
  for (auto& x : dropped)
    done(t, x,
         fail(errc::unavailable,
              "Consul cannot be reached; the change did not take place"));
}

} // namespace cts::ha::store

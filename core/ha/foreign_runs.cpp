#include "core/ha/foreign_runs.hpp"

#include <algorithm>

namespace cts::ha::foreign_runs {

namespace {

using namespace std::chrono_literals;
using effects = std::vector<effect>;
using at = proof::step_at;

/// What nobody waits for is forgotten when no lease can be that long.
constexpr auto memory = 2min;
/// After a question without an answer.
constexpr auto pause = 1s;

answer nothing(state s) {
  return {std::move(s), {}};
}

process owner_of(const run_record& x) {
  return {x.owner, x.boot};
}

/// Remembers when the newest extension was first seen.
void note(state& s, const member_record& x, time_point now) {
  auto [entry, fresh] = s.seen.try_emplace(process{x.id, x.boot});
  auto& it = entry->second;
  // Any other number is news: two extensions may have come out of order.
  if (fresh || it.seq != x.seq)
    it.first = now;
  it.seq = x.seq;
  it.last = now;
  it.lease = x.lease;
}

bool is_over(const state& s, const foreign_run& x) {
  if (x.record.stopped)
    return false; // until its result is kept
  auto found = s.proofs.find(owner_of(x.record));
  return found != s.proofs.end() && found->second.at == at::over;
}

bool is_free(const state& s, const task_name& task) {
  if (s.exclusive)
    return std::ranges::all_of(
      s.open, [&](const auto& each) { return is_over(s, each.second); });
  auto found = s.open.find(task);
  return found == s.open.end() || is_over(s, found->second);
}

void look(state& s, const process& who, effects& out) {
  auto& it = s.proofs.at(who);
  it.asking = true;
  it.due.reset();
  it.ticket = ++s.ticket;
  out.push_back(read_member{it.ticket, who.first});
}

/// When the lease is over that was extended last.
void wait(state& s, const process& who, effects& out, time_point now) {
  auto& it = s.proofs.at(who);
  auto from = now;
  if (auto known = s.seen.find(who); known != s.seen.end()) {
    from = known->second.first;
    it.seq = known->second.seq;
    it.lease = std::max(it.lease, known->second.lease);
  }
  it.at = at::waiting;
  it.due = from + observer_lease(it.lease);
  out.push_back(arm_timer{*it.due});
}

void start_watch(state& s, effects& out) {
  if (s.watching || s.open.empty() || s.epoch == 0)
    return;
  s.watching = true;
  s.watch_due.reset();
  out.push_back(watch_runs{++s.watch, s.watch_index});
}

/// Has the store keep the results of the runs that have stopped.
void settle_stopped(state& s, effects& out, time_point now) {
  if (!s.ready)
    return;
  for (auto& [task, run] : s.open)
    if (run.record.stopped && !run.settling && (!run.due || now >= *run.due)) {
      run.settling = true;
      run.due.reset();
      out.push_back(settle{run.record, s.epoch});
    }
}

void give_turns(state& s, effects& out) {
  for (auto it = s.waiting.begin(); it != s.waiting.end();)
    if (is_free(s, *it)) {
      out.push_back(give_turn{*it});
      it = s.waiting.erase(it);
    } else {
      ++it;
    }
}

void judge(state& s, const process& who, const std::optional<member_record>& x,
           effects& out, time_point now) {
  auto& it = s.proofs.at(who);
  auto same = x && x->boot == who.second;
  if (same)
    note(s, *x, now);
  auto known = s.seen.find(who);
  auto unchanged
    = known == s.seen.end() ? !it.seq : it.seq && known->second.seq == *it.seq;
  if (it.at != at::proving || !unchanged)
    return wait(s, who, out, now);
  it.at = at::over;
  // Another process in its place proves that it cannot extend any more.
  it.guarded = same || !x;
  it.index = same ? x->index : 0;
}

} // namespace

std::optional<clearance> clearance_of(const state& s, const task_name& task) {
  if (!is_free(s, task))
    return std::nullopt;
  auto out = clearance{};
  if (auto known = s.former.find(task); known != s.former.end())
    out.former = known->second;
  auto found = s.open.find(task);
  if (found == s.open.end())
    return out;
  const auto& proof = s.proofs.at(owner_of(found->second.record));
  out.index = found->second.record.index;
  if (proof.guarded) {
    out.owner = found->second.record.owner;
    out.owner_index = proof.index;
  }
  return out;
}

answer step(state s, const members_seen& event, time_point now) {
  for (const auto& each : event.members)
    note(s, each, now);
  std::erase_if(s.seen, [&](const auto& each) {
    return now - each.second.last > memory && !s.proofs.contains(each.first);
  });
  return nothing(std::move(s));
}

answer step(state s, const term_began& event, time_point now) {
  auto out = effects{};
  s.epoch = event.epoch;
  s.ready = false;
  s.watch_index = 0;
  for (const auto& each : event.runs) {
    s.open[each.task] = {.record = each};
    auto& it = s.proofs[owner_of(each)];
    it.lease = std::max(it.lease, each.lease);
    // We lead again only after all that we ran has ended.
    if (each.owner == s.id && each.boot == s.boot)
      it.at = at::over;
  }
  for (const auto& [who, it] : s.proofs)
    if (it.at == at::looking)
      look(s, who, out);
  start_watch(s, out);
  settle_stopped(s, out, now);
  return {std::move(s), std::move(out)};
}

answer step(state s, const term_ready&, time_point now) {
  auto out = effects{};
  s.ready = s.epoch != 0;
  settle_stopped(s, out, now);
  return {std::move(s), std::move(out)};
}

answer step(state s, const term_over&, time_point) {
  auto out = effects{};
  for (const auto& each : s.waiting)
    out.push_back(refuse_turn{each});
  s.epoch = 0;
  s.ready = false;
  s.open.clear();
  s.proofs.clear();
  s.former.clear();
  s.waiting.clear();
  s.watching = false;
  s.watch_due.reset();
  ++s.watch;
  return {std::move(s), std::move(out)};
}

answer step(state s, const turn_awaited& event, time_point now) {
  if (s.epoch == 0)
    return {std::move(s), {refuse_turn{event.task}}};
  if (is_free(s, event.task))
    return {std::move(s), {give_turn{event.task}}};
  s.waiting.insert(event.task);
  auto in_the_way = s.open.find(event.task);
  if (in_the_way == s.open.end())
    in_the_way = s.open.begin();
  const auto& record = in_the_way->second.record;
  const auto& proof = s.proofs.at(owner_of(record));
  auto remaining = proof.due ? *proof.due - now : observer_lease(proof.lease);
  auto out = report_wait{.task = event.task,
                         .owner = record.owner,
                         .remaining = record.stopped
                                        ? duration{0}
                                        : std::max(remaining, duration{0})};
  return {std::move(s), {out}};
}

answer step(state s, const member_read& event, time_point now) {
  auto out = effects{};
  for (auto& [who, it] : s.proofs)
    if (it.asking && it.ticket == event.ticket) {
      it.asking = false;
      judge(s, who, event.found, out, now);
      break;
    }
  give_turns(s, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const member_unreadable& event, time_point now) {
  auto out = effects{};
  for (auto& [who, it] : s.proofs)
    if (it.asking && it.ticket == event.ticket) {
      it.asking = false;
      it.due = now + pause;
      out.push_back(arm_timer{*it.due});
    }
  return {std::move(s), std::move(out)};
}

answer step(state s, const runs_seen& event, time_point now) {
  if (!s.watching || event.watch != s.watch)
    return nothing(std::move(s));
  auto out = effects{};
  s.watching = false;
  s.watch_index = event.index < s.watch_index ? 0 : event.index;
  for (auto& entry : s.open) {
    const auto& task = entry.first;
    auto& run = entry.second;
    auto same = [&](const run_record& x) {
      return x.task == task && x.run == run.record.run
             && x.boot == run.record.boot;
    };
    auto found = std::ranges::find_if(event.runs, same);
    // A record that somebody deleted proves nothing about its run.
    if (found == event.runs.end() && !run.record.stopped)
      run.record.index = 0;
    else if (found != event.runs.end() && found->index > run.record.index)
      run.record = *found;
  }
  settle_stopped(s, out, now);
  start_watch(s, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const runs_unreadable& event, time_point now) {
  if (!s.watching || event.watch != s.watch)
    return nothing(std::move(s));
  s.watching = false;
  s.watch_index = 0;
  s.watch_due = now + pause;
  auto due = *s.watch_due;
  return {std::move(s), {arm_timer{due}}};
}

answer step(state s, const settled& event, time_point now) {
  auto found = s.open.find(event.task);
  if (event.epoch != s.epoch || found == s.open.end()
      || !found->second.settling)
    return nothing(std::move(s));
  auto out = effects{};
  if (!event.succeeded) {
    found->second.settling = false;
    found->second.due = now + 2 * pause;
    out.push_back(arm_timer{*found->second.due});
    return {std::move(s), std::move(out)};
  }
  const auto& record = found->second.record;
  if (record.killed)
    s.former[event.task] = {record.who, record.started_at};
  s.open.erase(found);
  give_turns(s, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const replaced& event, time_point) {
  auto out = effects{};
  s.open.erase(event.task);
  s.former.erase(event.task);
  give_turns(s, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const doubted& event, time_point now) {
  auto out = effects{};
  if (event.found && s.epoch != 0) {
    s.open[event.task] = {.record = *event.found};
    auto& it = s.proofs[owner_of(*event.found)];
    it.lease = std::max(it.lease, event.found->lease);
    if (event.found->owner == s.id && event.found->boot == s.boot)
      it.at = at::over;
  }
  auto found = s.open.find(event.task);
  if (found == s.open.end())
    return nothing(std::move(s));
  auto who = owner_of(found->second.record);
  auto& it = s.proofs.at(who);
  auto own = who == process{s.id, s.boot};
  if (it.at == at::over && !own)
    it.at = at::proving;
  if (!own && !it.asking && it.at != at::waiting)
    look(s, who, out);
  settle_stopped(s, out, now);
  start_watch(s, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const timer_elapsed&, time_point now) {
  auto out = effects{};
  for (auto& [who, it] : s.proofs) {
    if (!it.due || now < *it.due || it.asking)
      continue;
    if (it.at == at::waiting)
      it.at = at::proving;
    look(s, who, out);
  }
  if (s.watch_due && now >= *s.watch_due)
    start_watch(s, out);
  settle_stopped(s, out, now);
  return {std::move(s), std::move(out)};
}

} // namespace cts::ha::foreign_runs

#include "core/ha/lease.hpp"

#include <algorithm>
#include <utility>

namespace cts::ha::lease {

namespace {

using namespace std::chrono_literals;
using effects = std::vector<effect>;
using at = run::step_at;

/// After a question without an answer.
constexpr auto pause = 1s;

answer nothing(state s) {
  return {std::move(s), {}};
}

/// The task whose run asked with this ticket, and waits for the answer.
std::map<task_name, run>::iterator asker(state& s, std::uint64_t ticket) {
  return std::ranges::find_if(s.runs, [&](const auto& each) {
    return each.second.asking && each.second.ticket == ticket;
  });
}

std::uint64_t ask(state& s, run& x) {
  x.asking = true;
  x.due.reset();
  x.ticket = ++s.ticket;
  return x.ticket;
}

bool any_running(const state& s) {
  return std::ranges::any_of(
    s.runs, [](const auto& each) { return each.second.at == at::running; });
}

/// What may have processes or may get them.
bool any_in_flight(const state& s) {
  return std::ranges::any_of(
    s.runs, [](const auto& each) { return each.second.at != at::ended; });
}

void plan_extension(state& s, time_point due, effects& out) {
  s.extend_due = due;
  out.push_back(arm_timer{due});
}

/// Takes an extension into account. False: it came too late.
bool count(state& s, time_point sent, time_point now, effects& out) {
  // By then our processes were killed; what others saw changes nothing.
  if (any_running(s) && s.deadline && now >= *s.deadline)
    return false;
  auto until = sent + owner_lease(s.length);
  // Without a process there is nothing that the former lease still bounds.
  s.deadline
    = s.deadline && any_running(s) ? std::max(*s.deadline, until) : until;
  if (s.covering && !s.extending)
    plan_extension(s, sent + extend_every, out);
  return true;
}

void forget(state& s, std::map<task_name, run>::iterator x, effects& out) {
  s.runs.erase(x);
  if (!any_in_flight(s)) {
    s.deadline.reset();
    s.extend_due.reset();
  }
  if (s.runs.empty())
    out.push_back(all_closed{});
}

void send_acknowledgement(state& s, const task_name& task, effects& out) {
  auto& x = s.runs.at(task);
  x.at = at::ended;
  auto ticket = ask(s, x);
  out.push_back(acknowledge{.ticket = ticket,
                            .task = task,
                            .run = x.id,
                            .index = x.index,
                            .result = x.result});
  if (!any_in_flight(s)) {
    s.deadline.reset();
    s.extend_due.reset();
  }
}

void refuse(const task_name& task, const run& x, error reason, effects& out) {
  if (!x.abandoned)
    out.push_back(deny{task, std::move(reason)});
}

error lock_lost_error(const task_name& task) {
  return fail(errc::conflict, "run of task '", task,
              "' is not started: this instance does not lead any more");
}

/// The intent is in Consul: the run may start, or its record has to go.
void commit(state& s, const task_name& task, effects& out, time_point now) {
  auto& x = s.runs.at(task);
  if (x.abandoned)
    return send_acknowledgement(s, task, out);
  auto counted = count(s, x.sent, now, out);
  if (counted)
    out.push_back(extend_processes{*s.deadline});
  out.push_back(confirmed{});
  out.push_back(replaced{task});
  if (!counted || *s.deadline - now < start_margin) {
    refuse(task, x,
           fail(errc::unavailable, "run of task '", task,
                "' is not started: Consul answered too late"),
           out);
    return send_acknowledgement(s, task, out);
  }
  x.at = at::running;
  out.push_back(grant{{.epoch = x.epoch,
                       .task = task,
                       .run = x.id,
                       .index = x.index,
                       .former = x.former}});
}

void resolve(state& s, const task_name& task, effects& out) {
  auto& x = s.runs.at(task);
  x.at = at::resolving;
  auto ticket = ask(s, x);
  out.push_back(read_run{ticket, task});
}

void extend(state& s, effects& out, time_point now) {
  s.extending = true;
  s.extension_sent = now;
  s.extend_due.reset();
  ++s.extension;
  out.push_back(send_extension{.extension = s.extension, .seq = ++s.seq});
}

bool may_extend(const state& s, time_point now) {
  return s.covering && !s.extending && any_in_flight(s) && s.deadline
         && now < *s.deadline;
}

/// Who waits for a permit is told that there will be none.
void abandon_intents(state& s, effects& out) {
  for (auto& [task, x] : s.runs)
    if (x.at == at::intending || x.at == at::resolving) {
      refuse(task, x, lock_lost_error(task), out);
      x.abandoned = true;
    }
}

} // namespace

answer step(state s, const term_began& event, time_point) {
  s.epoch = event.epoch;
  s.granting = false;
  s.covering = true;
  return nothing(std::move(s));
}

answer step(state s, const granting_changed& event, time_point) {
  s.granting = event.granting;
  return nothing(std::move(s));
}

answer step(state s, const permit_requested& event, time_point now) {
  auto refused = [&](errc code, const char* why) -> answer {
    auto reason
      = fail(code, "run of task '", event.task, "' is not started: ", why);
    return {std::move(s), {deny{event.task, std::move(reason)}}};
  };
  if (!s.granting)
    return refused(errc::unavailable, "leadership cannot be confirmed");
  if (s.runs.contains(event.task))
    return refused(errc::unavailable, "its former run is not closed yet");
  if (any_running(s) && s.deadline && now >= *s.deadline)
    return refused(errc::unavailable, "the lease is over");
  auto x = run{.id = event.run,
               .epoch = s.epoch,
               .sent = now,
               .former = event.clearance.former};
  auto ticket = ask(s, x);
  s.runs[event.task] = std::move(x);
  auto out = send_intent{.ticket = ticket,
                         .task = event.task,
                         .run = event.run,
                         .epoch = s.epoch,
                         .seq = ++s.seq,
                         .clearance = event.clearance};
  return {std::move(s), {out}};
}

answer step(state s, const intent_committed& event, time_point now) {
  auto found = asker(s, event.ticket);
  if (found == s.runs.end() || found->second.at != at::intending)
    return nothing(std::move(s));
  auto out = effects{};
  found->second.asking = false;
  found->second.index = event.index;
  commit(s, task_name{found->first}, out, now);
  return {std::move(s), std::move(out)};
}

answer step(state s, const intent_refused& event, time_point) {
  auto found = asker(s, event.ticket);
  if (found == s.runs.end() || found->second.at != at::intending)
    return nothing(std::move(s));
  auto out = effects{};
  auto task = found->first;
  auto& x = found->second;
  x.asking = false;
  if (event.why == refusal::run_changed) { // by an intent of ours, perhaps
    resolve(s, task, out);
    return {std::move(s), std::move(out)};
  }
  if (event.why == refusal::owner_changed)
    out.push_back(doubt{.task = task});
  else if (event.why != refusal::other)
    out.push_back(report_refusal{event.why, x.epoch, event.message});
  auto stays = event.why == refusal::denied || event.why == refusal::other;
  auto code = stays                                 ? errc::refused
              : event.why == refusal::owner_changed ? errc::unavailable
                                                    : errc::conflict;
  refuse(task, x,
         fail(code, "run of task '", task, "' is not started: ", event.message),
         out);
  forget(s, found, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const intent_unclear& event, time_point) {
  auto found = asker(s, event.ticket);
  if (found == s.runs.end() || found->second.at != at::intending)
    return nothing(std::move(s));
  auto out = effects{};
  resolve(s, task_name{found->first}, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const run_read& event, time_point now) {
  auto it = asker(s, event.ticket);
  if (it == s.runs.end() || it->second.at != at::resolving)
    return nothing(std::move(s));
  auto out = effects{};
  auto task = it->first;
  auto& x = it->second;
  x.asking = false;
  if (event.found && event.found->run == x.id) {
    x.index = event.found->index;
    commit(s, task, out, now);
    return {std::move(s), std::move(out)};
  }
  out.push_back(doubt{.task = task, .found = event.found});
  refuse(task, x,
         fail(errc::unavailable, "run of task '", task,
              "' is not started: its record in Consul has changed"),
         out);
  forget(s, it, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const run_unreadable& event, time_point now) {
  auto found = asker(s, event.ticket);
  if (found == s.runs.end() || found->second.at != at::resolving)
    return nothing(std::move(s));
  found->second.asking = false;
  found->second.due = now + pause;
  return {std::move(s), {arm_timer{now + pause}}};
}

answer step(state s, const extended& event, time_point now) {
  if (!s.extending || event.extension != s.extension)
    return nothing(std::move(s));
  auto out = effects{};
  s.extending = false;
  if (!any_in_flight(s) || !count(s, s.extension_sent, now, out))
    return {std::move(s), std::move(out)};
  if (s.covering)
    out.push_back(extend_processes{*s.deadline});
  out.push_back(confirmed{});
  return {std::move(s), std::move(out)};
}

answer step(state s, const extension_refused& event, time_point now) {
  if (!s.extending || event.extension != s.extension)
    return nothing(std::move(s));
  auto out = effects{};
  s.extending = false;
  if (event.why == refusal::denied || event.why == refusal::other)
    plan_extension(s, now + pause, out);
  if (event.why != refusal::other)
    out.push_back(report_refusal{event.why, s.epoch, event.message});
  return {std::move(s), std::move(out)};
}

answer step(state s, const extension_failed& event, time_point now) {
  if (!s.extending || event.extension != s.extension)
    return nothing(std::move(s));
  auto out = effects{};
  s.extending = false;
  plan_extension(s, now + pause, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const clock_jumped&, time_point now) {
  auto out = effects{};
  if (may_extend(s, now))
    extend(s, out, now);
  return {std::move(s), std::move(out)};
}

answer step(state s, const run_closed& event, time_point) {
  auto found = s.runs.find(event.permit.task);
  if (found == s.runs.end() || found->second.id != event.permit.run
      || found->second.at != at::running)
    return nothing(std::move(s));
  auto out = effects{};
  if (event.unrecorded) {
    found->second.result = event.unrecorded;
    send_acknowledgement(s, task_name{found->first}, out);
  } else {
    forget(s, found, out);
  }
  return {std::move(s), std::move(out)};
}

answer step(state s, const lock_released&, time_point) {
  auto out = effects{};
  s.granting = false;
  abandon_intents(s, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const lock_lost&, time_point) {
  auto out = effects{};
  s.granting = false;
  if (std::exchange(s.covering, false))
    out.push_back(revoke_processes{});
  s.extending = false;
  ++s.extension;
  s.extend_due.reset();
  abandon_intents(s, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const term_over&, time_point) {
  auto out = effects{};
  s.granting = false;
  s.covering = false;
  auto ended = std::vector<task_name>{};
  for (const auto& [task, x] : s.runs)
    if (x.at == at::running)
      ended.push_back(task);
  for (const auto& task : ended)
    send_acknowledgement(s, task, out);
  if (s.runs.empty())
    out.push_back(all_closed{});
  return {std::move(s), std::move(out)};
}

answer step(state s, const acknowledged& event, time_point) {
  auto found = asker(s, event.ticket);
  if (found == s.runs.end() || found->second.at != at::ended)
    return nothing(std::move(s));
  auto out = effects{};
  forget(s, found, out);
  return {std::move(s), std::move(out)};
}

answer step(state s, const acknowledge_failed& event, time_point now) {
  auto found = asker(s, event.ticket);
  if (found == s.runs.end() || found->second.at != at::ended)
    return nothing(std::move(s));
  found->second.asking = false;
  found->second.due = now + pause;
  return {std::move(s), {arm_timer{now + pause}}};
}

answer step(state s, const timer_elapsed&, time_point now) {
  auto out = effects{};
  auto due = std::vector<task_name>{};
  for (const auto& [task, x] : s.runs)
    if (x.due && now >= *x.due && !x.asking)
      due.push_back(task);
  for (const auto& task : due)
    if (s.runs.at(task).at == at::ended)
      send_acknowledgement(s, task, out);
    else
      resolve(s, task, out);
  if (s.extend_due && now >= *s.extend_due && may_extend(s, now))
    extend(s, out, now);
  return {std::move(s), std::move(out)};
}

} // namespace cts::ha::lease

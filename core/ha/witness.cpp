#include "core/ha/witness.hpp"

#include "core/consul/kv.hpp"

#include <algorithm>
#include <utility>

namespace cts::ha::witness {

namespace {

using effects = std::vector<effect>;
using requests = std::map<std::string, request_state>;

bool is_over(const request_state& x) {
  return x.settled || x.unsent;
}

/// Whether the worker leads, as far as its will says.
bool leads(const state& s) {
  return std::ranges::any_of(s.will, [](const auto& each) {
    return each.second.what.purpose == purpose::release;
  });
}

/// Whether the request belongs to what is being carried out.
bool is_wanted(const state& s, const request_state& x) {
  switch (s.phase) {
    case phase::stalled: return x.what.purpose <= purpose::acknowledge;
    case phase::executing: return true;
    default: return false;
  }
}

bool is_open(const state& s, const request_state& x) {
  return is_wanted(s, x) && !is_over(x);
}

/// One purpose after the other, in the order of the enumeration.
std::optional<purpose> purpose_in_turn(const state& s) {
  auto first = std::optional<purpose>{};
  for (const auto& [name, x] : s.will)
    if (is_open(s, x) && (!first || x.what.purpose < *first))
      first = x.what.purpose;
  return first;
}

std::set<task_name> tasks_with_processes(const state& s) {
  auto out = std::set<task_name>{};
  for (const auto& [ticket, task] : s.processes)
    out.insert(task);
  return out;
}

std::size_t count_sending(const state& s) {
  auto under_way = std::ranges::count_if(
    s.will, [](const auto& each) { return each.second.sending; });
  return s.orphans.size() + static_cast<std::size_t>(under_way);
}

bool is_complete(const request_state& x) {
  return x.what.purpose != purpose::resolve || x.resolved;
}

/// Completes the request by what its record says. False: the intent was not
/// committed, or the end of the run is told already.
bool resolve(request_state& x, const std::string& record) {
  // The value is encoded, so this is not part of it.
  constexpr auto unknown = std::string_view{"\"Index\":0"};
  auto found = consul::decode_entries(record);
  auto& body = x.what.request.body;
  auto at = body.find(unknown);
  // No list of entries is no entry.
  if (!found || found->size() != 1 || found->front().value != x.what.text
      || at == std::string::npos)
    return false;
  body.replace(at + unknown.size() - 1, 1,
               std::to_string(found->front().modify_index));
  x.resolved = true;
  return true;
}

void send_due(state& s, effects& out, boot_time now) {
  auto turn = purpose_in_turn(s);
  if (!turn)
    return;
  auto busy = tasks_with_processes(s);
  auto sending = count_sending(s);
  for (auto& [name, x] : s.will) {
    if (x.what.purpose != *turn || is_over(x) || x.sending || now < x.due
        || s.orphans.contains(name))
      continue;
    auto tells_an_end
      = *turn == purpose::acknowledge || *turn == purpose::resolve;
    if (tells_an_end && busy.contains(x.what.task))
      continue;
    if (sending == sending_max)
      return;
    ++sending;
    x.sending = true;
    x.tried = true;
    out.emplace_back(
      send{name, is_complete(x) ? x.what.request : x.what.record});
  }
}

/// What is under way may still be answered.
void drop_late(state& s, effects& out, boot_time now) {
  if (now < s.give_up)
    return;
  for (auto& [name, x] : s.will)
    if (is_open(s, x) && !x.sending) {
      x.unsent = true;
      out.emplace_back(report_unsent{name});
    }
}

void leave_if_done(state& s, effects& out) {
  auto ending = s.phase == phase::executing || s.phase == phase::leaving;
  if (!ending || !s.processes.empty())
    return;
  if (std::ranges::any_of(
        s.will, [&](const auto& each) { return is_open(s, each.second); }))
    return;
  s.phase = phase::over;
  out.emplace_back(leave{});
}

/// When something is to be done that no event announces.
std::optional<boot_time> next_due(const state& s, boot_time now) {
  if (s.phase == phase::watching && leads(s))
    return s.beat + s.settings.stall_timeout;
  auto next = std::optional<boot_time>{};
  for (const auto& [name, x] : s.will) {
    if (!is_open(s, x) || x.sending)
      continue;
    auto due = x.due > now ? std::min(x.due, s.give_up) : s.give_up;
    next = std::min(next.value_or(due), due);
  }
  return next;
}

// An alarm that comes too early is armed again: so a beat costs none.
void arm(state& s, effects& out, boot_time now) {
  auto due = next_due(s, now);
  if (!due) {
    if (std::exchange(s.timer, std::nullopt))
      out.emplace_back(disarm_timer{});
  } else if (!s.timer || *due < *s.timer) {
    s.timer = due;
    out.emplace_back(arm_timer{*due});
  }
}

transition settle(state s, effects out, boot_time now) {
  drop_late(s, out, now);
  send_due(s, out, now);
  leave_if_done(s, out);
  arm(s, out, now);
  return {std::move(s), std::move(out)};
}

transition nothing(state s) {
  return {std::move(s), {}};
}

/// What was not answered in an earlier attempt is tried again.
void begin(state& s, phase next, effects& out, boot_time now) {
  s.phase = next;
  s.give_up = std::max(s.deadline.value_or(now), now) + patience;
  for (auto& [name, x] : s.will)
    x.unsent = false;
  if (!std::exchange(s.stopping, true))
    out.emplace_back(
      stop_processes{std::min(now + grace, s.deadline.value_or(now + grace))});
}

void hear(state& s, boot_time now) {
  s.beat = now;
  if (s.phase != phase::stalled)
    return;
  s.phase = phase::watching;
  s.stopping = false;
  for (auto& [name, x] : s.will) {
    x.unsent = false;
    x.failures = 0;
    x.due = boot_time{0};
  }
}

/// Its answer, if it comes, is nobody's.
void forget(state& s, requests::iterator x) {
  if (x->second.sending)
    s.orphans.insert(x->first);
  s.will.erase(x);
}

/// Who is answered; nobody if that is not wanted any more.
request_state* asker(state& s, const std::string& name) {
  s.orphans.erase(name);
  auto found = s.will.find(name);
  if (found == s.will.end() || !found->second.sending)
    return nullptr;
  found->second.sending = false;
  return &found->second;
}

boot_time pause_after(std::uint32_t failures) {
  auto doubled = pause_min * (1U << std::min(failures - 1, 8U));
  return std::min<boot_time>(doubled, pause_max);
}

bool is_done_for(const state& s) {
  return s.phase == phase::leaving || s.phase == phase::over;
}

} // namespace

transition step(state s, bequeathed event, boot_time now) {
  if (is_done_for(s))
    return nothing(std::move(s));
  auto out = effects{};
  hear(s, now);
  auto known = s.will.find(event.what.name);
  if (known != s.will.end())
    forget(s, known);
  auto name = event.what.name;
  if (s.will.size() < requests_max)
    s.will[name].what = std::move(event.what);
  else
    out.emplace_back(report_unsent{name});
  return settle(std::move(s), std::move(out), now);
}

transition step(state s, withdrawn event, boot_time now) {
  if (is_done_for(s))
    return nothing(std::move(s));
  hear(s, now);
  auto known = s.will.find(event.name);
  if (known != s.will.end())
    forget(s, known);
  return settle(std::move(s), {}, now);
}

transition step(state s, worker_beat, boot_time now) {
  hear(s, now);
  return settle(std::move(s), {}, now);
}

transition step(state s, lease_extended event, boot_time now) {
  s.deadline = std::max(s.deadline.value_or(event.deadline), event.deadline);
  return settle(std::move(s), {}, now);
}

transition step(state s, process_started event, boot_time now) {
  s.processes[event.ticket] = std::move(event.task);
  return settle(std::move(s), {}, now);
}

transition step(state s, process_ended event, boot_time now) {
  s.processes.erase(event.ticket);
  return settle(std::move(s), {}, now);
}

transition step(state s, worker_left, boot_time now) {
  if (s.phase == phase::watching || s.phase == phase::stalled)
    s.phase = phase::leaving;
  return settle(std::move(s), {}, now);
}

transition step(state s, worker_died, boot_time now) {
  if (s.phase != phase::watching && s.phase != phase::stalled)
    return nothing(std::move(s));
  auto out = effects{report_death{s.processes.size()}};
  begin(s, phase::executing, out, now);
  return settle(std::move(s), std::move(out), now);
}

transition step(state s, answered event, boot_time now) {
  if (auto* x = asker(s, event.name))
    x->settled = is_complete(*x) || !resolve(*x, event.body);
  return settle(std::move(s), {}, now);
}

transition step(state s, unanswered event, boot_time now) {
  if (auto* x = asker(s, event.name))
    x->due = now + pause_after(++x->failures);
  return settle(std::move(s), {}, now);
}

transition step(state s, timer_elapsed, boot_time now) {
  auto out = effects{};
  if (s.timer && now >= *s.timer) {
    if (s.phase == phase::watching && now > *s.timer + standstill)
      s.beat = now;
    s.timer.reset();
  }
  auto silent = now - s.beat;
  if (s.phase == phase::watching && leads(s)
      && silent >= s.settings.stall_timeout) {
    out.emplace_back(report_stall{silent});
    begin(s, phase::stalled, out, now);
  }
  return settle(std::move(s), std::move(out), now);
}

bool may_start(const state& s, const task_name& task) {
  if (s.phase != phase::watching)
    return false;
  return std::ranges::none_of(s.will, [&](const auto& each) {
    const auto& x = each.second;
    return x.what.purpose == purpose::acknowledge && x.what.task == task
           && x.tried;
  });
}

} // namespace cts::ha::witness

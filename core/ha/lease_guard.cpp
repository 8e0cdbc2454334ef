#include "core/ha/lease_guard.hpp"

#include <algorithm>

namespace cts::ha::lease_guard {

namespace {

using effects = std::vector<effect>;

/// When a process must be gone. Without a lease: at once.
boot_time end_of(const state& s, const guarded& x) {
  auto end = s.deadline.value_or(boot_time::min());
  return x.end_by ? std::min(end, *x.end_by) : end;
}

/// How far a process must have come by `now`.
stage wanted_stage(boot_time end, boot_time now) {
  if (now >= end)
    return stage::killed;
  if (now >= end - second_interrupt)
    return stage::pressed;
  if (now >= end - first_interrupt)
    return stage::interrupted;
  return stage::running;
}

/// When the next signal is due; absent after the last one.
std::optional<boot_time> due_of(boot_time end, stage at) {
  switch (at) {
    case stage::running: return end - first_interrupt;
    case stage::interrupted: return end - second_interrupt;
    case stage::pressed: return end;
    case stage::killed: return std::nullopt;
  }
  return std::nullopt;
}

// Who comes late gets one interrupt: a second one right behind the first would
// have Terraform drop what it is about to save.
void press(process_id id, guarded& x, stage wanted, effects& out) {
  x.stage = wanted;
  auto what = wanted == stage::killed ? signal::kill : signal::interrupt;
  out.emplace_back(send_signal{id, what});
}

transition settle(state s, boot_time now) {
  auto out = effects{};
  auto next = std::optional<boot_time>{};
  for (auto& [id, x] : s.processes) {
    auto wanted = wanted_stage(end_of(s, x), now);
    if (wanted > x.stage) {
      press(id, x, wanted, out);
      if (!x.end_by)
        out.emplace_back(report_stop{id});
      x.end_by = x.end_by.value_or(now + farewell_max);
    }
    auto due = due_of(end_of(s, x), x.stage);
    if (due && (!next || *due < *next))
      next = due;
  }
  if (next != s.timer)
    out.push_back(next ? effect{arm_timer{*next}} : effect{disarm_timer{}});
  s.timer = next;
  return {std::move(s), std::move(out)};
}

} // namespace

transition step(state s, extended event, boot_time now) {
  s.revoked = false;
  s.deadline = std::max(s.deadline.value_or(event.deadline), event.deadline);
  return settle(std::move(s), now);
}

transition step(state s, revoked, boot_time now) {
  s.revoked = true;
  return settle(std::move(s), now);
}

transition step(state s, process_started event, boot_time now) {
  s.processes.try_emplace(event.id);
  return settle(std::move(s), now);
}

transition step(state s, process_interrupted event, boot_time now) {
  auto found = s.processes.find(event.id);
  if (found != s.processes.end())
    found->second.stage = std::max(found->second.stage, stage::interrupted);
  return settle(std::move(s), now);
}

transition step(state s, process_ended event, boot_time now) {
  s.processes.erase(event.id);
  return settle(std::move(s), now);
}

transition step(state s, timer_elapsed, boot_time now) {
  if (s.timer && now >= *s.timer)
    s.timer.reset();
  return settle(std::move(s), now);
}

std::optional<boot_time> latest_start(const state& s) {
  if (s.revoked || !s.deadline)
    return std::nullopt;
  return *s.deadline - start_margin;
}

bool may_start(const state& s, boot_time now) {
  auto latest = latest_start(s);
  return latest && now <= *latest;
}

} // namespace cts::ha::lease_guard

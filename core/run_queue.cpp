#include "core/run_queue.hpp"

#include <algorithm>
#include <tuple>

namespace cts::run_queue {

namespace {

using effects = std::vector<effect>;

bool counts(const state& s, time_point since, time_point now) {
  return s.hung_after == duration{0} || now - since < s.hung_after;
}

bool has_free_slot(const state& s, time_point now) {
  auto limit = s.lowered_max.value_or(s.slots_max);
  return limit == 0 || counting(s, now) < limit;
}

bool may_prepare(const state& s, time_point now) {
  if (s.preparations_max == 0)
    return true;
  auto count = std::ranges::count_if(s.preparing, [&](auto ticket) {
    return counts(s, s.granted.at(ticket), now);
  });
  return static_cast<std::size_t>(count) < s.preparations_max;
}

/// The first that may have a slot now.
std::vector<entry>::iterator next_of(state& s, time_point now) {
  if (!has_free_slot(s, now))
    return s.waiting.end();
  auto prepares = may_prepare(s, now);
  return std::ranges::find_if(
    s.waiting, [&](const entry& x) { return x.priority <= 0 || prepares; });
}

/// Looks again when the oldest slot that counts has become too old.
void arm(state& s, effects& out, time_point now) {
  if (s.hung_after == duration{0} || s.waiting.empty())
    return;
  auto due = std::optional<time_point>{};
  for (const auto& [ticket, since] : s.granted)
    if (since + s.hung_after > now)
      due = std::min(due.value_or(since + s.hung_after), since + s.hung_after);
  if (!due || (s.look_at && *s.look_at <= *due))
    return;
  s.look_at = due;
  out.push_back(arm_timer{*due});
}

transition<state, effect> grant_free_slots(state s, effects out,
                                           time_point now) {
  for (auto next = next_of(s, now); next != s.waiting.end();
       next = next_of(s, now)) {
    auto ticket = next->ticket;
    if (next->priority > 0)
      s.preparing.insert(ticket);
    s.waiting.erase(next);
    s.granted.emplace(ticket, now);
    out.push_back(grant{ticket});
  }
  arm(s, out, now);
  return {std::move(s), std::move(out)};
}

void lower(state& s, effects& out, time_point now) {
  auto before = s.lowered_max.value_or(s.slots_max);
  if (before == 0)
    before = s.granted.size();
  auto lowered = std::max<std::size_t>(1, before / 2);
  s.lowered_at = now;
  if (s.lowered_max == lowered)
    return;
  s.lowered_max = lowered;
  out.push_back(report_limit{.slots_max = lowered, .lowered = true});
}

} // namespace

std::size_t counting(const state& s, time_point now) {
  return static_cast<std::size_t>(std::ranges::count_if(
    s.granted, [&](const auto& x) { return counts(s, x.second, now); }));
}

transition<state, effect> step(state s, const slot_wanted& event,
                               time_point now) {
  auto before = [](const entry& a, const entry& b) {
    return std::tie(a.priority, a.arrived, a.order)
           < std::tie(b.priority, b.arrived, b.order);
  };
  auto request = entry{.ticket = event.ticket,
                       .priority = event.priority,
                       .arrived = now,
                       .order = event.order};
  auto at
    = std::upper_bound(s.waiting.begin(), s.waiting.end(), request, before);
  s.waiting.insert(at, request);
  return grant_free_slots(std::move(s), {}, now);
}

transition<state, effect> step(state s, const slot_released& event,
                               time_point now) {
  auto out = effects{};
  if (auto held = s.granted.find(event.ticket); held != s.granted.end()) {
    if (event.starved) {
      lower(s, out, now);
    } else if (s.lowered_max && held->second >= s.lowered_at) {
      s.lowered_max.reset();
      out.push_back(report_limit{.slots_max = s.slots_max});
    }
    s.granted.erase(held);
    s.preparing.erase(event.ticket);
  }
  std::erase_if(s.waiting,
                [&](const entry& x) { return x.ticket == event.ticket; });
  return grant_free_slots(std::move(s), std::move(out), now);
}

transition<state, effect> step(state s, const timer_elapsed&, time_point now) {
  if (s.look_at && now >= *s.look_at)
    s.look_at.reset();
  return grant_free_slots(std::move(s), {}, now);
}

} // namespace cts::run_queue

#include "core/run_queue.hpp"

#include <algorithm>
#include <tuple>

namespace cts::run_queue {

namespace {

using effects = std::vector<effect>;

bool has_free_slot(const state& s, time_point now) {
  auto limit = s.lowered_max.value_or(s.slots_max);
  return limit == 0 || counting(s, now) < limit;
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
  while (!s.waiting.empty() && has_free_slot(s, now)) {
    auto next = s.waiting.front().ticket;
    s.waiting.erase(s.waiting.begin());
    s.granted.emplace(next, now);
    out.push_back(grant{next});
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
  if (s.hung_after == duration{0})
    return s.granted.size();
  return static_cast<std::size_t>(
    std::count_if(s.granted.begin(), s.granted.end(), [&](const auto& x) {
      return now - x.second < s.hung_after;
    }));
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

#include "core/run_queue.hpp"

#include <algorithm>
#include <tuple>

namespace cts::run_queue {

namespace {

transition<state, effect> grant_free_slots(state s) {
  auto out = std::vector<effect>{};
  auto unlimited = s.slots_max == 0;
  while (!s.waiting.empty() && (unlimited || s.granted.size() < s.slots_max)) {
    auto next = s.waiting.front().ticket;
    s.waiting.erase(s.waiting.begin());
    s.granted.insert(next);
    out.push_back(grant{next});
  }
  return {std::move(s), std::move(out)};
}

} // namespace

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
  return grant_free_slots(std::move(s));
}

transition<state, effect> step(state s, const slot_released& event,
                               time_point) {
  s.granted.erase(event.ticket);
  std::erase_if(s.waiting,
                [&](const entry& x) { return x.ticket == event.ticket; });
  return grant_free_slots(std::move(s));
}

} // namespace cts::run_queue

#include "core/ticks.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace cts::ticks {

namespace {

using effects = std::vector<effect>;

/// The first tick after `wall` that has not been met.
void find_next(state& s, wall_time wall) {
  if (s.last && wall < *s.last - same_time)
    s.last.reset();
  auto after = s.last ? std::max(wall, *s.last) : wall;
  s.next = schedule::next_tick(s.expression, after, s.zone);
}

/// Looks again when the next tick is due, as far as the clock is to be trusted.
void look_again(state& s, effects& out, wall_time wall, time_point now) {
  auto pause = duration{look_pause};
  if (s.next)
    pause = std::clamp<duration>(*s.next - wall, std::chrono::milliseconds{1},
                                 pause);
  s.look_at = now + pause;
  out.push_back(arm_timer{s.look_at});
}

void meet_tick(state& s, effects& out) {
  s.last = s.next;
  if (s.disabled) {
    out.push_back(report_disabled{});
  } else if (!s.busy) {
    s.ours = true;
    out.push_back(request_run{});
  } else if (!s.ours) {
    out.push_back(report_busy{});
  }
}

} // namespace

transition<state, effect> step(state s, const task_followed& event,
                               time_point now) {
  auto out = effects{};
  auto begins = event.serving && !s.serving;
  auto run_is_over = s.busy && !event.busy;
  s.serving = event.serving;
  s.disabled = event.disabled;
  s.busy = event.busy;
  s.ours = s.ours && !run_is_over;
  if (!s.serving || !(begins || run_is_over))
    return {std::move(s), std::move(out)};
  find_next(s, event.wall);
  out.push_back(report_next{.next = s.next, .now = event.wall});
  look_again(s, out, event.wall, now);
  return {std::move(s), std::move(out)};
}

transition<state, effect> step(state s, const timer_elapsed& event,
                               time_point now) {
  auto out = effects{};
  if (!s.serving || now < s.look_at)
    return {std::move(s), std::move(out)};
  if (s.next && event.wall >= *s.next)
    meet_tick(s, out);
  find_next(s, event.wall);
  look_again(s, out, event.wall, now);
  return {std::move(s), std::move(out)};
}

} // namespace cts::ticks

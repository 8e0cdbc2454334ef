#pragma once

#include "core/machine.hpp"

#include <algorithm>
#include <deque>
#include <optional>

/// May a supervisor restart this child again, and when? The pause doubles with
/// each failure in a row and starts anew after a healthy time; too many
/// failures within a window, and the supervisor gives up. Source: Erlang/OTP
/// design principles, maximum restart intensity.
namespace cts::restart_intensity {

struct limits {
  duration pause_min = std::chrono::milliseconds{100};
  duration pause_max = std::chrono::seconds{30};
  /// A child that lived this long has recovered.
  duration healthy_after = std::chrono::minutes{1};
  /// More failures than this within `window`: give up. 0: never.
  std::size_t failures_max = 0;
  duration window = std::chrono::minutes{1};
};

struct state {
  restart_intensity::limits limits{};
  time_point started_at{};
  /// Failures since the child was last healthy.
  unsigned in_a_row = 0;
  /// When the newest ones happened, oldest first; at most `failures_max` + 1.
  std::deque<time_point> recent{};
};

struct child_started {};
struct child_failed {};

/// Start it again at `due`.
struct restart {
  time_point due;
  bool operator==(const restart&) const = default;
};

/// End, and let the parent decide.
struct give_up {
  bool operator==(const give_up&) const = default;
};

using effect = std::variant<restart, give_up>;

inline transition<state, effect> step(state s, child_started, time_point now) {
  s.started_at = now;
  return {std::move(s), {}};
}

inline transition<state, effect> step(state s, child_failed, time_point now) {
  const auto& x = s.limits;
  if (now - s.started_at >= x.healthy_after)
    s.in_a_row = 0;
  while (!s.recent.empty() && now - s.recent.front() > x.window)
    s.recent.pop_front();
  if (x.failures_max > 0) {
    s.recent.push_back(now);
    if (s.recent.size() > x.failures_max)
      return {std::move(s), {give_up{}}};
  }
  auto doublings = std::min(s.in_a_row++, 20u);
  auto pause
    = std::min<duration>(x.pause_min * (1LL << doublings), x.pause_max);
  return {std::move(s), {restart{now + pause}}};
}

} // namespace cts::restart_intensity

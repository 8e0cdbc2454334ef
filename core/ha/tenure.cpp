#include "core/ha/tenure.hpp"

#include <utility>

namespace cts::ha::tenure {

namespace {

using effects = std::vector<effect>;

answer nothing(state s) {
  return {std::move(s), {}};
}

// The store may still have to write what the last runs did.
answer close_when_done(state s) {
  if (s.runs_open || s.lock_open)
    return nothing(std::move(s));
  auto epoch = s.term.epoch;
  return {std::move(s), {close_state{epoch}}};
}

bool holds(const state& s, ha::epoch epoch) {
  return s.term.epoch == epoch;
}

} // namespace

answer step(state s, const started&, time_point) {
  if (s.at != step_at::idle)
    return nothing(std::move(s));
  s.at = step_at::following;
  if (s.once)
    return {std::move(s), {join{}}};
  return {std::move(s), {follow_state{}, join{}}};
}

answer step(state s, const copied&, time_point) {
  if (s.at != step_at::following || s.once)
    return nothing(std::move(s));
  return {std::move(s), {stand_by{}}};
}

answer step(state s, const promoted& event, time_point) {
  if (s.at != step_at::following)
    return nothing(std::move(s));
  s.term = event.term;
  if (!s.once) {
    s.at = step_at::loading;
    return {std::move(s), {load{event.term}}};
  }
  s.at = step_at::leading;
  return {std::move(s),
          {report_ready{event.term.epoch}, start{event.term.epoch}}};
}

answer step(state s, const loaded& event, time_point) {
  if (s.at != step_at::loading || !holds(s, event.epoch))
    return nothing(std::move(s));
  s.at = step_at::leading;
  return {std::move(s), {report_ready{event.epoch}, start{event.epoch}}};
}

answer step(state s, const load_failed& event, time_point) {
  if (!holds(s, event.epoch))
    return nothing(std::move(s));
  // A leader whose store was restarted has runs; the loss of the lock that
  // follows ends them.
  if (s.at == step_at::loading)
    s.at = step_at::following;
  else if (s.at != step_at::leading)
    return nothing(std::move(s));
  return {std::move(s), {report_failed{event.epoch, event.reason}}};
}

answer step(state s, const revoked& event, time_point) {
  if (!holds(s, event.epoch))
    return nothing(std::move(s));
  if (s.at == step_at::loading) {
    s.at = step_at::ending;
    return close_when_done(std::move(s));
  }
  if (s.at != step_at::leading)
    return nothing(std::move(s));
  s.at = step_at::ending;
  s.runs_open = true;
  auto how = event.graceful ? ending::drain : ending::interrupt;
  if (!s.once)
    return {std::move(s), {end_runs{how}}};
  return {std::move(s),
          {end_runs{how},
           answer_once{"the leadership lock was lost while the tasks ran; "
                       "run again"}}};
}

answer step(state s, const once_over& event, time_point) {
  if (!s.once || s.at != step_at::leading)
    return nothing(std::move(s));
  return {std::move(s), {answer_once{event.error}}};
}

answer step(state s, const runs_ended&, time_point) {
  if (!std::exchange(s.runs_open, false))
    return nothing(std::move(s));
  return close_when_done(std::move(s));
}

answer step(state s, const state_closed&, time_point) {
  auto epoch = s.term.epoch;
  if (s.at == step_at::leaving && !s.runs_open && !s.lock_open
      && !std::exchange(s.leave_asked, true))
    return {std::move(s), {leave{}}};
  if (s.at != step_at::ending)
    return nothing(std::move(s));
  s.at = step_at::following;
  auto out = effects{report_over{epoch}, renew_tasks{}};
  if (!s.once)
    out.push_back(follow_state{});
  return {std::move(s), std::move(out)};
}

answer step(state s, const tasks_lost&, time_point) {
  if (s.at == step_at::leading) {
    auto epoch = s.term.epoch;
    return {std::move(s), {start{.epoch = epoch, .resume = true}}};
  }
  if (s.at == step_at::following && !s.once)
    return {std::move(s), {stand_by{}}};
  return nothing(std::move(s));
}

answer step(state s, const store_lost&, time_point) {
  if (s.once)
    return nothing(std::move(s));
  auto term = s.term;
  if (s.at == step_at::leading || s.at == step_at::loading)
    return {std::move(s), {load{term}}};
  if (s.at == step_at::following)
    return {std::move(s), {follow_state{}}};
  return nothing(std::move(s));
}

answer step(state s, const stop_requested&, time_point) {
  switch (s.at) {
    case step_at::idle:
      s.at = step_at::left;
      return {std::move(s), {report_stopped{}}};
    case step_at::left: return nothing(std::move(s));
    case step_at::leaving:
      if (!s.runs_open)
        return nothing(std::move(s));
      return {std::move(s), {end_runs{ending::hurry}}};
    case step_at::ending:
      s.at = step_at::leaving;
      s.lock_open = true;
      if (s.runs_open)
        return {std::move(s), {release_lock{}}};
      // The state is being closed already; its answer leads on.
      s.runs_open = true;
      return {std::move(s), {release_lock{}, end_runs{ending::hurry}}};
    default:
      s.at = step_at::leaving;
      s.lock_open = true;
      s.runs_open = true;
      return {std::move(s), {release_lock{}, end_runs{ending::drain}}};
  }
}

answer step(state s, const lock_released&, time_point) {
  if (!std::exchange(s.lock_open, false))
    return nothing(std::move(s));
  return close_when_done(std::move(s));
}

answer step(state s, const session_ended&, time_point) {
  if (s.at != step_at::leaving)
    return nothing(std::move(s));
  s.at = step_at::left;
  return {std::move(s), {report_stopped{}}};
}

} // namespace cts::ha::tenure

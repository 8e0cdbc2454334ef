#include "core/registration.hpp"

#include <algorithm>
#include <utility>

namespace cts::registration {

namespace {

answer wait_until(state s, time_point due, std::vector<effect> out = {}) {
  s.next = due;
  out.push_back(arm_timer{due});
  return {std::move(s), std::move(out)};
}

duration pause_after(unsigned failures, double jitter) {
  using seconds = std::chrono::duration<double>;
  auto base = static_cast<double>(1U << std::min(failures - 1, 10U));
  return std::chrono::duration_cast<duration>(seconds{base * (1 + jitter / 2)});
}

answer leave(state s) {
  s.at = step_at::leaving;
  s.next.reset();
  return {std::move(s), {deregister_service{}}};
}

} // namespace

answer step(state s, const started&, time_point) {
  if (s.at == step_at::registered && s.next) { // no look is under way
    s.next.reset();
    return {std::move(s), {look_up{}}};
  }
  if (s.at == step_at::registering && s.next && !s.asking) {
    s.next.reset();
    s.asking = true;
    return {std::move(s), {register_service{.again = true}}};
  }
  if (s.at != step_at::idle)
    return {std::move(s), {}};
  s.at = step_at::registering;
  s.asking = true;
  return {std::move(s), {register_service{}}};
}

answer step(state s, const registered&, time_point now) {
  s.asking = false;
  if (s.at == step_at::waiting_to_leave)
    return leave(std::move(s));
  if (s.at != step_at::registering)
    return {std::move(s), {}};
  s.at = step_at::registered;
  s.failures = 0;
  s.reported = false;
  return wait_until(std::move(s), now + look_after, {report_registered{}});
}

answer step(state s, const register_failed& event, time_point now) {
  s.asking = false;
  if (s.at == step_at::waiting_to_leave) // it may have arrived all the same
    return leave(std::move(s));
  if (s.at != step_at::registering)
    return {std::move(s), {}};
  ++s.failures;
  if (!event.final && s.failures < attempts_max)
    return wait_until(std::move(s),
                      now + pause_after(s.failures, event.jitter));
  auto out = std::vector<effect>{};
  if (!std::exchange(s.reported, true))
    out.push_back(report_failure{event.message});
  if (event.final) { // the operator must act, and then start us again
    s.next.reset();
    return {std::move(s), std::move(out)};
  }
  return wait_until(std::move(s), now + look_after, std::move(out));
}

answer step(state s, const looked_up& event, time_point now) {
  if (s.at != step_at::registered)
    return {std::move(s), {}};
  if (event.present)
    return wait_until(std::move(s), now + look_after);
  s.at = step_at::registering;
  s.asking = true;
  return {std::move(s), {register_service{.again = true}}};
}

answer step(state s, const timer_elapsed&, time_point now) {
  if (!s.next || now < *s.next)
    return {std::move(s), {}};
  s.next.reset();
  if (s.at == step_at::waiting_to_leave)
    return leave(std::move(s));
  if (s.at == step_at::registered)
    return {std::move(s), {look_up{}}};
  if (s.at != step_at::registering)
    return {std::move(s), {}};
  s.asking = true;
  return {std::move(s), {register_service{.again = true}}};
}

answer step(state s, const stop_requested&, time_point now) {
  if (s.at == step_at::idle) {
    s.at = step_at::leaving;
    return {std::move(s), {report_left{}}};
  }
  if (s.at == step_at::leaving || s.at == step_at::waiting_to_leave)
    return {std::move(s), {}};
  if (!s.asking)
    return leave(std::move(s));
  s.at = step_at::waiting_to_leave;
  return wait_until(std::move(s), now + leave_patience);
}

answer step(state s, const deregistered&, time_point) {
  return {std::move(s), {report_left{.was_registered = true}}};
}

answer step(state s, const deregister_failed& event, time_point) {
  return {std::move(s),
          {report_left{.was_registered = true, .error = event.message}}};
}

} // namespace cts::registration

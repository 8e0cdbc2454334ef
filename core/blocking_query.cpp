#include "core/blocking_query.hpp"

#include <algorithm>
#include <utility>

namespace cts::blocking_query {

namespace {

using effects = std::vector<effect>;

constexpr auto plain_deadline = std::chrono::seconds{30};
constexpr auto transfer_allowance = std::chrono::seconds{15};

/// Consul adds up to a sixteenth to `wait`.
duration deadline_of(const state& s) {
  if (s.index == 0)
    return plain_deadline;
  return s.config.wait + s.config.wait / 16 + transfer_allowance;
}

/// Asks now if that is allowed, else when it will be.
void ask(state& s, effects& out, time_point now) {
  if (now >= s.due && take_token(s.config.rate, now)) {
    s.asking = true;
    s.asked_at = now;
    out.push_back(send_query{
      .index = s.index, .wait = s.config.wait, .deadline = deadline_of(s)});
    return;
  }
  s.due = std::max(s.due, next_token(s.config.rate));
  out.push_back(arm_timer{s.due});
}

/// The index to wait past after this answer, or 0 if it cannot be trusted.
std::uint64_t next_index(const state& s, const reply_arrived& event,
                         time_point now) {
  auto index = event.index.value_or(0);
  if (index < s.index || event.closing)
    return 0;
  // An agent that is about to stop ends its polls early and changes nothing.
  auto early = now < s.asked_at + s.config.wait;
  return index == s.index && early ? 0 : index;
}

bool is_news(const state& s, const snapshot_ptr& data) {
  return !s.published || (s.published != data && *s.published != *data);
}

duration pause_after(const state& s, const query_failed& event) {
  auto pause = event.permanent
                 ? s.config.retry.cap
                 : delay_of(s.config.retry, s.setbacks, event.jitter);
  if (event.retry_after)
    pause = std::max(pause,
                     std::min<duration>(*event.retry_after, retry_after_max));
  return pause;
}

} // namespace

transition<state, effect> step(state s, reply_arrived event, time_point now) {
  auto out = effects{};
  if (!s.asking)
    return {std::move(s), std::move(out)};
  s.asking = false;
  auto old = s.newer && event.index.value_or(0) < *s.newer;
  s.newer.reset();
  s.index = old ? 0 : next_index(s, event, now);
  if (s.failing) {
    out.push_back(
      report_recovery{now - s.failing->since, s.failing->unreachable});
    s.failing.reset();
    s.setbacks = 0;
  }
  if (event.filtered_by_acls && !s.filtered)
    out.push_back(report_filtered{});
  s.filtered = event.filtered_by_acls;
  if (!old && is_news(s, event.data)) {
    s.published = std::move(event.data);
    out.push_back(publish{});
  }
  // Without an index there is nothing to wait past: poll, ever more slowly.
  s.setbacks = event.index ? 0 : s.setbacks + 1;
  s.due = s.setbacks > 0
            ? now + delay_of(s.config.retry, s.setbacks, event.jitter)
            : now;
  ask(s, out, now);
  return {std::move(s), std::move(out)};
}

transition<state, effect> step(state s, query_failed event, time_point now) {
  auto out = effects{};
  if (!s.asking)
    return {std::move(s), std::move(out)};
  s.asking = false;
  s.newer.reset();
  if (event.index_lost)
    s.index = 0;
  if (!s.failing)
    s.setbacks = 0;
  ++s.setbacks;
  auto pause = pause_after(s, event);
  auto unreachable
    = event.unreachable && (!s.failing || s.failing->unreachable);
  if (!s.failing || (event.permanent && !s.failing->permanent)
      || s.failing->unreachable != unreachable)
    out.push_back(report_failure{event.text, event.permanent, unreachable});
  out.push_back(note_attempt{event.text, s.setbacks, pause});
  s.failing = failure{.text = std::move(event.text),
                      .permanent = event.permanent,
                      .unreachable = unreachable,
                      .since = s.failing ? s.failing->since : now};
  s.due = now + pause;
  out.push_back(arm_timer{s.due});
  return {std::move(s), std::move(out)};
}

transition<state, effect> step(state s, refreshed event, time_point) {
  auto out = effects{};
  if (s.asking)
    s.newer = event.index;
  if (is_news(s, event.data)) {
    s.published = std::move(event.data);
    out.push_back(publish{});
  }
  return {std::move(s), std::move(out)};
}

transition<state, effect> step(state s, timer_elapsed, time_point now) {
  auto out = effects{};
  if (!s.asking && now >= s.due)
    ask(s, out, now);
  return {std::move(s), std::move(out)};
}

} // namespace cts::blocking_query

#include "core/ha/election_parts.hpp"

#include <algorithm>
#include <utility>

// Holding the lock, losing it and giving it back.

namespace cts::ha::election {

namespace {

using namespace std::chrono_literals;

constexpr auto release_pause = 250ms;
/// How often it is tried whether we may write again.
constexpr auto trial_pause = 5s;
constexpr auto rest_after_step_down = 10s;
constexpr auto rest_after_failure = 30s;

answer nothing(state s) {
  return {std::move(s), {}};
}

duration patience(const state& s) {
  return s.config.lease / 3;
}

void confirm(draft& d) {
  d.s.confirmed_at = d.now;
  d.add(arm_timer{d.now + patience(d.s)});
}

/// The lock is not ours any more, by our own will.
void released_now(draft& d) {
  d.s.releasing = false;
  d.s.release_due.reset();
  if (std::exchange(d.s.stepping_down, false))
    d.add(stepped_down{});
  if (std::exchange(d.s.failed_to_load, false) || d.s.role == role::follower)
    follow(d);
}

void give_back(draft& d, std::string reason, bool clean) {
  d.s.release_epoch = d.s.epoch;
  d.s.release_reason = std::move(reason);
  d.s.clean = clean;
  begin_release(d);
}

/// The term is over, or was not begun: what Consul denies does not matter.
void forget_denial(draft& d) {
  d.s.denied = false;
  d.s.trial_due.reset();
}

} // namespace

void begin_release(draft& d) {
  auto& s = d.s;
  s.releasing = true;
  s.release_due.reset();
  d.add(release_lock{.release = ++s.release,
                     .session = s.session,
                     .epoch = s.release_epoch,
                     .clean = s.clean,
                     .reason = s.release_reason});
}

void win(draft& d, const run_records& runs) {
  auto& s = d.s;
  s.resolving = false;
  if (auto stored = std::exchange(s.fallen_to, std::nullopt))
    d.add(report_backwards{.stored = *stored, .seen = s.attempted - 1});
  s.epoch = std::exchange(s.attempted, 0);
  s.highest = std::max(s.highest, s.epoch);
  s.garbled = false;
  s.vacant_since.reset();
  s.rest_until.reset();
  s.followed.clear();
  d.add(remember_epoch{s.epoch});
  if (s.leaving || s.stepping_down) { // told so while competing
    s.role = role::draining;
    s.failed_to_load = true;
    rest(d, rest_after_step_down, true);
    return give_back(d, "stepped down", true);
  }
  s.role = role::loading;
  d.add(promote{.term = {.epoch = s.epoch, .session = s.session},
                .detector = s.detector,
                .runs = runs});
  confirm(d);
  // What is under way may show the time before.
  s.watch_index = 0;
  watch(d);
  read(d);
}

void lose(draft& d, const std::string& reason) {
  forget_denial(d);
  d.s.role = role::lost;
  d.s.leader.reset();
  d.s.vacant_since.reset();
  d.add(revoke{.epoch = d.s.epoch, .reason = reason});
}

answer step(state s, const session_lost& event, time_point now) {
  if (s.role == role::stopped)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  d.s.session.clear();
  d.s.attempted = 0;
  if (in_office(d.s))
    lose(d, event.reason);
  auto open = d.s.role == role::lost || d.s.role == role::draining;
  if (d.s.releasing) // it went with the session
    released_now(d);
  if (!open)
    fall_back(d);
  return d.finish();
}

answer step(state s, const confirmed&, time_point now) {
  if (!in_office(s))
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  confirm(d);
  // The session may be renewed by who may not write.
  if (d.s.role == role::suspended && !d.s.denied) {
    d.s.role = role::leader;
    d.add(resume{d.s.epoch});
  }
  if (std::exchange(d.s.garbled, false))
    d.add(rewrite_lock{d.s.epoch});
  return d.finish();
}

answer step(state s, const released& event, time_point now) {
  if (!s.releasing || event.release != s.release)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  d.add(report_released{d.s.release_epoch});
  released_now(d);
  return d.finish();
}

answer step(state s, const release_refused& event, time_point now) {
  if (!s.releasing || event.release != s.release)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  released_now(d);
  return d.finish();
}

answer step(state s, const release_failed& event, time_point now) {
  if (!s.releasing || event.release != s.release)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  d.arm(d.s.release_due, now + release_pause);
  return d.finish();
}

answer step(state s, const tenure_ready& event, time_point) {
  if (s.role == role::loading && event.epoch == s.epoch)
    s.role = role::leader;
  return nothing(std::move(s));
}

answer step(state s, const tenure_failed& event, time_point now) {
  if (!in_office(s) || event.epoch != s.epoch)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  d.s.failed_to_load = d.s.role == role::loading;
  lose(d, event.reason);
  rest(d, rest_after_failure, false);
  give_back(d, event.reason, true);
  return d.finish();
}

answer step(state s, const term_closed&, time_point now) {
  auto open = s.role == role::lost || s.role == role::draining;
  if (!open || s.leaving)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  d.s.failed_to_load = false;
  follow(d);
  return d.finish();
}

answer step(state s, const lock_refused& event, time_point now) {
  if (!in_office(s) || event.epoch != s.epoch)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  lose(d, "a write was refused because the lock is not held");
  return d.finish();
}

answer step(state s, const write_denied& event, time_point now) {
  auto works = s.role == role::leader || s.role == role::suspended;
  if (!works || event.epoch != s.epoch || s.denied)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  d.s.denied = true;
  d.s.role = role::suspended;
  d.add(suspend{.epoch = d.s.epoch, .denial = event.message});
  d.arm(d.s.trial_due, now + trial_pause);
  return d.finish();
}

answer step(state s, const write_tried& event, time_point now) {
  if (!s.denied || event.trial != s.trial)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  if (!event.succeeded) {
    d.arm(d.s.trial_due, now + trial_pause);
    return d.finish();
  }
  forget_denial(d);
  d.s.role = role::leader;
  d.add(resume{d.s.epoch});
  confirm(d);
  return d.finish();
}

answer step(state s, const step_down& event, time_point now) {
  auto d = draft{std::move(s), now};
  d.s.leaving = d.s.leaving || event.leave;
  if (in_office(d.s)) {
    forget_denial(d);
    d.s.role = role::draining;
    d.s.leader.reset();
    d.s.stepping_down = true;
    d.add(revoke{.epoch = d.s.epoch, .reason = "released", .graceful = true});
    rest(d, rest_after_step_down, true);
    give_back(d, event.leave ? "stopped" : "stepped down", event.clean);
  } else if (d.s.role == role::candidate || d.s.releasing) {
    d.s.stepping_down = true;
  } else {
    d.add(stepped_down{});
  }
  return d.finish();
}

answer step(state s, const stop&, time_point now) {
  auto d = draft{std::move(s), now};
  if (in_office(d.s))
    lose(d, "the instance ends");
  d.s.role = role::stopped;
  d.s.releasing = false;
  if (std::exchange(d.s.stepping_down, false))
    d.add(stepped_down{});
  return d.finish();
}

answer step(state s, const timer_elapsed&, time_point now) {
  if (s.role == role::stopped)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  if (d.s.watch_due && now >= *d.s.watch_due)
    watch(d);
  if (d.s.read_due && now >= *d.s.read_due)
    read(d);
  if (d.s.release_due && now >= *d.s.release_due)
    begin_release(d);
  if (d.s.trial_due && now >= *d.s.trial_due) {
    d.s.trial_due.reset();
    d.add(try_write{.trial = ++d.s.trial, .epoch = d.s.epoch});
  }
  auto silence = now - d.s.confirmed_at;
  if (d.s.role == role::leader && silence >= patience(d.s)) {
    d.s.role = role::suspended;
    d.add(suspend{d.s.epoch, silence});
  }
  compete(d);
  return d.finish();
}

} // namespace cts::ha::election

#include "core/ha/election_parts.hpp"

#include <algorithm>
#include <utility>

// Observing the lock and competing for it.

namespace cts::ha::election {

namespace {

using namespace std::chrono_literals;

constexpr auto read_pause = 5s;
constexpr auto attempts_max = 5U;
/// The longest start delay, and the time for an attempt.
constexpr auto courtesy = 2s;

duration pause_after(unsigned failures) {
  return std::min<duration>(250ms * (1U << std::min(failures - 1, 4U)), 1s);
}

answer nothing(state s) {
  return {std::move(s), {}};
}

bool is_attempt(const state& s, std::uint64_t attempt) {
  return s.role == role::candidate && s.attempt == attempt;
}

/// The less is ready, the later (4.6).
duration start_delay(const state& s) {
  if (!s.others || s.config.reset)
    return 0ms;
  if (s.incompatible > 0)
    return std::min<duration>(500ms + 50ms * s.incompatible, 1s);
  return s.warm ? 0ms : 250ms;
}

bool is_ours(const state& s, const lock_view& x, ha::epoch epoch) {
  return x.leader && x.boot == s.config.boot && x.leader->epoch == epoch;
}

void remember(draft& d, ha::epoch epoch) {
  if (epoch <= d.s.highest)
    return;
  d.s.highest = epoch;
  d.add(remember_epoch{epoch});
}

/// What a holder of the lock sees of it.
void check_lock(draft& d, const lock_seen& x) {
  auto& s = d.s;
  auto written = x.view.modify_index != 0 ? x.view.modify_index : x.index;
  // A watch may show what was so before we took the lock.
  if (x.from == source::watch && written < s.lock_index)
    return;
  if (x.view.session != s.session)
    return lose(d, x.view.modify_index == 0 ? "the lock was deleted"
                   : x.view.session.empty() ? "the lock was released"
                                            : "the lock is held by another "
                                              "session");
  s.leader = x.view.leader;
  s.garbled = !is_ours(s, x.view, s.epoch);
}

void note_holder(draft& d, const lock_view& x) {
  auto& s = d.s;
  s.leader = x.session.empty() ? std::nullopt : x.leader;
  s.holder.reset();
  if (x.session.empty()) {
    if (!s.vacant_since)
      s.vacant_since = d.now;
    auto by_us = s.deposed && s.deposed->boot == x.boot;
    s.detector = by_us && x.detector == "session" ? "peer" : x.detector;
    return;
  }
  if (x.leader && x.leader->id != s.config.id)
    s.holder
      = lock_holder{.leader = *x.leader, .boot = x.boot, .session = x.session};
  s.vacant_since.reset();
  if (s.role != role::follower || x.session == s.session || !x.leader
      || x.leader->id == s.followed)
    return;
  s.followed = x.leader->id;
  d.add(report_following{s.followed});
}

/// Our session holds the lock, and we do not know that we lead: an attempt that
/// came through after all, or a release that did not.
void take_or_drop(draft& d, const lock_view& x) {
  auto& s = d.s;
  if (s.attempted != 0 && is_ours(s, x, s.attempted)) {
    s.role = role::candidate;
    s.resolving = true;
    s.lock_index = x.modify_index;
    d.add(read_runs{s.attempt});
  } else if (!s.releasing) {
    s.release_epoch = x.leader ? x.leader->epoch : 0;
    s.release_reason = "left over";
    s.clean = true;
    begin_release(d);
  }
}

void observe(draft& d, const lock_seen& x) {
  auto& s = d.s;
  if (x.view.leader)
    remember(d, x.view.leader->epoch);
  if (in_office(s))
    return check_lock(d, x);
  if (s.role == role::joining && !s.session.empty())
    s.role = role::follower;
  note_holder(d, x.view);
  auto held_by_us = !s.session.empty() && x.view.session == s.session;
  if (s.role == role::candidate && s.resolving && x.from == source::read) {
    if (held_by_us && is_ours(s, x.view, s.attempted))
      return take_or_drop(d, x.view);
    return fall_back(d);
  }
  if (s.role == role::follower && held_by_us)
    return take_or_drop(d, x.view);
  compete(d);
}

} // namespace

bool in_office(const state& s) {
  return s.role == role::loading || s.role == role::leader
         || s.role == role::suspended;
}

void watch(draft& d) {
  d.s.watch_due.reset();
  d.add(watch_lock{++d.s.watch, d.s.watch_index});
}

void read(draft& d) {
  d.s.reading = true;
  d.s.read_due.reset();
  d.add(read_lock{++d.s.read});
}

void rest(draft& d, duration span, bool for_others) {
  d.s.rest_until = d.now + span;
  d.s.rest_for_others = for_others;
}

void complain(draft& d, const std::string& message) {
  if (std::exchange(d.s.reported, message) != message)
    d.add(report_trouble{message});
}

/// When an instance that left the lock to others takes it all the same. One
/// that was not the last to give it back waits only until the others have had
/// their chance: they may all be resting.
time_point rest_end(const state& s) {
  auto gave_back = s.epoch == s.highest;
  if (!s.rest_for_others || gave_back)
    return *s.rest_until;
  return std::min(*s.rest_until, *s.vacant_since + courtesy);
}

void compete(draft& d) {
  auto& s = d.s;
  if (s.role != role::follower || s.session.empty() || s.leaving || s.releasing
      || !s.vacant_since)
    return;
  auto due = *s.vacant_since + start_delay(s);
  if (s.rest_until && (s.others || !s.rest_for_others))
    due = std::max(due, rest_end(s));
  if (d.now < due)
    return d.add(arm_timer{due});
  s.role = role::candidate;
  s.stale_meta = 0;
  d.add(read_meta{++s.attempt});
}

void follow(draft& d) {
  auto& s = d.s;
  s.vacant_since.reset();
  s.resolving = false;
  if (s.session.empty()) {
    s.role = role::joining;
    d.add(term_ended{});
    return;
  }
  s.role = role::follower;
  read(d);
}

void fall_back(draft& d) {
  follow(d);
  if (std::exchange(d.s.stepping_down, false))
    d.add(stepped_down{});
}

answer step(state s, const joined& event, time_point now) {
  if (s.role == role::stopped)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  d.s.session = event.session;
  if (d.s.watch == 0)
    watch(d);
  read(d);
  return d.finish();
}

answer step(state s, const lock_seen& event, time_point now) {
  auto by_watch = event.from == source::watch;
  if (s.role == role::stopped || event.ticket != (by_watch ? s.watch : s.read)
      || (!by_watch && !s.reading))
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  if (by_watch) {
    d.s.watch_failures = 0;
    d.s.watch_index = event.index < d.s.watch_index ? 0 : event.index;
    if (event.index == 0) // nothing to wait past: not at once again
      d.arm(d.s.watch_due, now + 1s);
    else
      watch(d);
  } else {
    d.s.reading = false;
    d.arm(d.s.read_due, now + read_pause);
  }
  observe(d, event);
  if (!by_watch)
    judge_suspect(d, event.view);
  return d.finish();
}

answer step(state s, const lock_unseen& event, time_point now) {
  auto by_watch = event.from == source::watch;
  if (s.role == role::stopped || event.ticket != (by_watch ? s.watch : s.read))
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  if (event.denied && d.s.role == role::joining && !d.s.accepted)
    d.add(expel{event.message});
  if (by_watch) {
    d.s.watch_index = 0;
    d.arm(d.s.watch_due, now + pause_after(++d.s.watch_failures));
  } else {
    d.s.reading = false;
    auto urgent = d.s.resolving || d.s.suspect;
    d.arm(d.s.read_due, now + (urgent ? 250ms : 1000ms));
  }
  return d.finish();
}

answer step(state s, const meta_read& event, time_point now) {
  if (!is_attempt(s, event.attempt) || s.resolving)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  const auto& view = event.view;
  d.s.accepted = true;
  auto problem = view.problem;
  if (view.min_reader > d.s.config.schema_max)
    problem = "storage schema version " + std::to_string(view.schema)
              + " is newer than supported version "
              + std::to_string(d.s.config.schema_max);
  else if (d.s.config.reset)
    problem.clear();
  if (!problem.empty()) {
    complain(d, problem);
    rest(d, 30s, false);
    fall_back(d);
    return d.finish();
  }
  d.s.fallen_to.reset();
  if (view.epoch < d.s.highest)
    d.s.fallen_to = view.epoch;
  d.s.reported.clear();
  d.s.attempted = 1 + std::max(view.epoch, d.s.highest);
  d.add(acquire{.attempt = d.s.attempt,
                .session = d.s.session,
                .epoch = d.s.attempted,
                .meta_index = view.index});
  return d.finish();
}

answer step(state s, const attempt_failed& event, time_point now) {
  if (!is_attempt(s, event.attempt))
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  if (d.s.resolving) { // we hold the lock: nothing but to read again
    d.s.reading = false;
    d.arm(d.s.read_due, now + 250ms);
    return d.finish();
  }
  if (event.denied && !d.s.accepted)
    d.add(expel{event.message});
  else
    complain(d, event.message);
  rest(d, event.denied ? 5s : 1s, false);
  fall_back(d);
  return d.finish();
}

answer step(state s, const acquired& event, time_point now) {
  if (!is_attempt(s, event.attempt) || s.resolving || s.attempted == 0)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  d.s.lock_index = event.lock_index;
  win(d, event.runs);
  return d.finish();
}

answer step(state s, const acquire_refused& event, time_point now) {
  if (!is_attempt(s, event.attempt) || s.resolving || s.attempted == 0)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  d.s.attempted = 0;
  if (event.why == refusal::stale_meta && ++d.s.stale_meta < attempts_max) {
    d.add(read_meta{++d.s.attempt});
    return d.finish();
  }
  if (event.why == refusal::stale_meta)
    rest(d, 1s, false);
  if (event.why == refusal::other) {
    complain(d, event.message);
    rest(d, 5s, false);
  }
  if (event.why == refusal::session_over)
    d.add(session_ended{d.s.session});
  fall_back(d);
  return d.finish();
}

answer step(state s, const acquire_unclear& event, time_point now) {
  if (!is_attempt(s, event.attempt) || s.resolving || s.attempted == 0)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  d.s.resolving = true;
  read(d);
  return d.finish();
}

answer step(state s, const runs_read& event, time_point now) {
  if (!is_attempt(s, event.attempt) || !s.resolving)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  win(d, event.runs);
  return d.finish();
}

answer step(state s, const others_seen& event, time_point now) {
  if (s.role == role::stopped)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  d.s.others = event.any;
  compete(d);
  return d.finish();
}

answer step(state s, const readiness_changed& event, time_point now) {
  if (s.role == role::stopped)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  d.s.warm = event.warm;
  d.s.incompatible = event.incompatible;
  compete(d);
  return d.finish();
}

} // namespace cts::ha::election

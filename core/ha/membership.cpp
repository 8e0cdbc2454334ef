#include "core/ha/membership.hpp"

#include <algorithm>
#include <utility>

namespace cts::ha::membership {

namespace {

using namespace std::chrono_literals;
using effects = std::vector<effect>;

/// How long a session waits for its check, and how often it asks.
constexpr auto check_patience = 2s;
constexpr auto check_pause = 200ms;
/// How often a record that is held is read, and the operator is told.
constexpr auto look_pause = 1s;
constexpr auto say_pause = 10s;
/// How often a record without runs in flight is written.
constexpr auto refresh_pause = 60s;

answer nothing(state s) {
  return {std::move(s), {}};
}

/// Only the newest question's answer counts, and only once.
bool answered(state& s, std::uint64_t ticket) {
  return ticket == s.ticket && std::exchange(s.asking, false);
}

/// The ticket of a new question.
std::uint64_t ask(state& s, step_at at) {
  s.at = at;
  s.asking = true;
  s.due.reset();
  return ++s.ticket;
}

duration pause_after(unsigned failures) {
  return std::min<duration>(250ms * (1U << std::min(failures - 1, 4U)), 1s);
}

answer wait(state s, time_point due, effects out = {}) {
  s.due = due;
  out.push_back(arm_timer{due});
  return {std::move(s), std::move(out)};
}

answer create(state s) {
  auto ticket = ask(s, step_at::creating);
  return {std::move(s),
          {create_session{.ticket = ticket, .process_check = s.process_check}}};
}

answer look(state s) {
  auto ticket = ask(s, step_at::looking);
  return {std::move(s), {read_record{ticket}}};
}

answer claim(state s) {
  auto ticket = ask(s, step_at::claiming);
  auto session = s.session;
  return {std::move(s), {claim_record{ticket, session}}};
}

answer renew(state s, time_point now) {
  s.renewing = true;
  s.renewal_sent = now;
  s.renew_due.reset();
  auto out = renew_session{
    .renewal = ++s.renewal, .session = s.session, .timeout = s.config.ttl / 6};
  return {std::move(s), {out}};
}

answer plan_renewal(state s, time_point due, effects out) {
  s.renew_due = due;
  out.push_back(arm_timer{due});
  return {std::move(s), std::move(out)};
}

/// The session is gone. As a member, what it covered has to end first.
answer lose(state s, const std::string& reason) {
  auto was_member = s.at == step_at::member;
  s.session.clear();
  s.renewing = false;
  s.renew_due.reset();
  s.refresh_due.reset();
  ++s.renewal;
  ++s.ticket;
  s.asking = false;
  if (s.at == step_at::leaving) {
    s.at = step_at::gone;
    return {std::move(s), {left{}}};
  }
  if (!was_member)
    return create(std::move(s));
  s.at = step_at::bereft;
  return {std::move(s), {session_lost{reason}}};
}

std::string in_use(const state& s, const std::string& host) {
  return "instance id '" + s.config.id
         + "' is already used by a running instance on host '" + host + "'";
}

answer end(state s, std::string message) {
  s.at = step_at::gone;
  s.asking = false;
  ++s.ticket;
  ++s.renewal;
  s.renewing = false;
  s.due.reset();
  s.renew_due.reset();
  s.refresh_due.reset();
  return {std::move(s), {expel{std::move(message)}}};
}

bool same_machine(const state& s, const holder& x) {
  return x.host == s.config.host && x.host_boot_id == s.config.host_boot_id;
}

void note_rival(state& s, const holder& found, time_point now) {
  s.found = found;
  if (s.rival && s.rival->boot == found.boot)
    return;
  s.rival = found;
  s.rival_since = now;
  s.say_waiting = now;
}

/// The record is held, or its process is alive: wait for it to become free. One
/// without runs proves itself by writing the record once a minute.
answer stand_back(state s, time_point now) {
  auto alive = s.found.seq > s.rival->seq || s.found.index > s.rival->index;
  if (alive && now - *s.rival_since >= 2 * s.config.ttl + 10s) {
    auto message = in_use(s, s.found.host);
    return end(std::move(s), std::move(message));
  }
  auto out = effects{};
  if (now >= *s.say_waiting) {
    s.say_waiting = now + say_pause;
    out.push_back(report_waiting{});
  }
  s.at = step_at::looking;
  return wait(std::move(s), now + look_pause, std::move(out));
}

answer retry(state s, const std::string& message, time_point now) {
  auto out = effects{};
  if (s.failures++ == 0)
    out.push_back(report_trouble{message});
  auto due = now + pause_after(s.failures);
  return wait(std::move(s), due, std::move(out));
}

/// Asks again what the state is about.
answer ask_again(state s) {
  if (s.at == step_at::creating)
    return create(std::move(s));
  if (s.at == step_at::claiming)
    return claim(std::move(s));
  return look(std::move(s));
}

} // namespace

duration renew_every(const state& s) {
  return std::min<duration>(s.config.ttl / 3, 5s);
}

answer step(state s, const started& event, time_point) {
  if (s.at != step_at::idle)
    return nothing(std::move(s));
  s.process_check = event.process_check;
  return create(std::move(s));
}

answer step(state s, const session_created& event, time_point now) {
  if (s.at != step_at::creating || !answered(s, event.ticket))
    return nothing(std::move(s));
  s.session = event.session;
  s.failures = 0;
  s.check_since.reset();
  auto due = now + renew_every(s);
  auto [next, out] = look(std::move(s));
  return plan_renewal(std::move(next), due, std::move(out));
}

answer step(state s, const session_refused& event, time_point now) {
  if (s.at != step_at::creating || !answered(s, event.ticket))
    return nothing(std::move(s));
  if (event.check && s.process_check) {
    if (!s.check_since)
      s.check_since = now;
    if (now - *s.check_since < check_patience)
      return wait(std::move(s), now + check_pause);
    s.process_check = false;
    auto [next, out] = create(std::move(s));
    out.insert(out.begin(), report_without_check{event.message});
    return {std::move(next), std::move(out)};
  }
  if (event.final)
    return end(std::move(s), event.message);
  return retry(std::move(s), event.message, now);
}

answer step(state s, const record_read& event, time_point now) {
  if (!answered(s, event.ticket))
    return nothing(std::move(s));
  const auto& found = event.found;
  if (s.at == step_at::member && found)
    return step(std::move(s),
                record_seen{found->boot, found->session, found->host}, now);
  if (s.at != step_at::looking)
    return nothing(std::move(s));
  s.failures = 0;
  if (found && found->boot == s.config.boot && !found->session.empty()
      && found->session != s.session) { // a session that we have given up
    auto ticket = ask(s, step_at::removing);
    auto old = found->session;
    return {std::move(s), {destroy_session{ticket, old}}};
  }
  if (!found || found->boot == s.config.boot)
    return claim(std::move(s));
  note_rival(s, *found, now);
  if (same_machine(s, *found)) {
    auto ticket = ask(s, step_at::proving);
    auto out = look_for_process{ticket, found->pid, found->pid_start};
    return {std::move(s), {out}};
  }
  if (found->session.empty())
    return claim(std::move(s));
  return stand_back(std::move(s), now);
}

answer step(state s, const process_looked_up& event, time_point now) {
  if (s.at != step_at::proving || !answered(s, event.ticket))
    return nothing(std::move(s));
  // One that lives and has lost its session will see our claim and end.
  if (event.alive && s.found.session.empty())
    return claim(std::move(s));
  if (event.alive)
    return stand_back(std::move(s), now);
  auto boot = s.found.boot;
  auto ticket = ask(s, step_at::sweeping);
  return {std::move(s), {sweep_host{ticket, boot}}};
}

answer step(state s, const done& event, time_point now) {
  if (!answered(s, event.ticket))
    return nothing(std::move(s));
  s.failures = 0;
  switch (s.at) {
    case step_at::sweeping: {
      auto boot = s.found.boot;
      auto ticket = ask(s, step_at::settling);
      return {std::move(s), {settle_former{ticket, boot}}};
    }
    case step_at::settling: {
      if (s.found.session.empty())
        return claim(std::move(s));
      auto old = s.found.session;
      auto ticket = ask(s, step_at::removing);
      return {std::move(s), {destroy_session{ticket, old}}};
    }
    case step_at::removing: return claim(std::move(s));
    case step_at::claiming: {
      s.at = step_at::member;
      s.rival.reset();
      s.refresh_due = now + refresh_pause;
      auto out = effects{joined{s.session}, arm_timer{*s.refresh_due}};
      return {std::move(s), std::move(out)};
    }
    case step_at::leaving:
      s.at = step_at::gone;
      s.session.clear();
      return {std::move(s), {left{}}};
    default: return nothing(std::move(s));
  }
}

answer step(state s, const failed& event, time_point now) {
  if (!answered(s, event.ticket))
    return nothing(std::move(s));
  if (s.at == step_at::leaving) {
    s.at = step_at::gone;
    return {std::move(s), {left{}}};
  }
  if (event.session_over)
    return lose(std::move(s), event.message);
  if (s.at == step_at::member) // the next refresh will tell
    return nothing(std::move(s));
  if (event.denied)
    return end(std::move(s), event.message);
  if (s.at == step_at::sweeping || s.at == step_at::settling
      || s.at == step_at::removing || s.at == step_at::proving)
    s.at = step_at::looking;
  return retry(std::move(s), event.message, now);
}

answer step(state s, const record_held& event, time_point now) {
  if (!answered(s, event.ticket))
    return nothing(std::move(s));
  if (s.at == step_at::claiming)
    return look(std::move(s));
  return step(std::move(s), record_doubted{}, now);
}

answer step(state s, const record_doubted&, time_point) {
  if (s.at != step_at::member)
    return nothing(std::move(s));
  auto ticket = ask(s, step_at::member); // who holds it?
  return {std::move(s), {read_record{ticket}}};
}

answer step(state s, const renewed& event, time_point) {
  if (!s.renewing || event.renewal != s.renewal)
    return nothing(std::move(s));
  s.renewing = false;
  s.renew_failures = 0;
  auto due = s.renewal_sent + renew_every(s);
  auto out = effects{};
  if (s.at == step_at::member)
    out.push_back(confirmed{});
  return plan_renewal(std::move(s), due, std::move(out));
}

answer step(state s, const renew_failed& event, time_point now) {
  if (!s.renewing || event.renewal != s.renewal)
    return nothing(std::move(s));
  s.renewing = false;
  if (event.vanished)
    return lose(std::move(s), "the session has ended");
  auto due = now + pause_after(++s.renew_failures);
  return plan_renewal(std::move(s), due, {});
}

answer step(state s, const record_seen& event, time_point) {
  if (s.at != step_at::member || event.boot == s.config.boot
      || event.session.empty())
    return nothing(std::move(s));
  auto message = in_use(s, event.host);
  return end(std::move(s), std::move(message));
}

answer step(state s, const session_ended& event, time_point) {
  if (s.at == step_at::gone || s.session.empty() || event.session != s.session)
    return nothing(std::move(s));
  return lose(std::move(s), "the session has ended");
}

answer step(state s, const rejoin&, time_point) {
  if (s.at != step_at::bereft)
    return nothing(std::move(s));
  return create(std::move(s));
}

answer step(state s, const leave&, time_point) {
  if (s.at == step_at::leaving)
    return nothing(std::move(s));
  s.renew_due.reset();
  s.refresh_due.reset();
  s.renewing = false;
  if (s.session.empty()) {
    s.at = step_at::gone;
    s.due.reset();
    return {std::move(s), {left{}}};
  }
  auto session = s.session;
  auto ticket = ask(s, step_at::leaving);
  return {std::move(s), {destroy_session{ticket, session}}};
}

answer step(state s, const timer_elapsed&, time_point now) {
  auto out = effects{};
  if (s.renew_due && now >= *s.renew_due) {
    auto [next, more] = renew(std::move(s), now);
    s = std::move(next);
    out = std::move(more);
  }
  if (s.at == step_at::member && s.refresh_due && now >= *s.refresh_due) {
    s.refresh_due = now + refresh_pause;
    out.push_back(arm_timer{*s.refresh_due});
    s.asking = true;
    out.push_back(refresh_record{++s.ticket, s.session});
  }
  if (s.due && now >= *s.due && !s.asking) {
    s.due.reset();
    auto [next, more] = ask_again(std::move(s));
    s = std::move(next);
    out.insert(out.end(), more.begin(), more.end());
  }
  return {std::move(s), std::move(out)};
}

} // namespace cts::ha::membership

#include "core/ha/peer_link.hpp"

#include <algorithm>
#include <utility>

namespace cts::ha::peer_link {

namespace {

using namespace std::chrono_literals;

/// A step in the making.
struct draft {
  state s;
  time_point now;
  std::vector<effect> out{};

  template <class Effect>
  void add(Effect x) {
    out.push_back(std::move(x));
  }

  answer finish() { return {std::move(s), std::move(out)}; }
};

answer nothing(state s) {
  return {std::move(s), {}};
}

void greet_at(draft& d, time_point due) {
  d.s.due = due;
  d.add(arm_timer{due});
}

// While it is in doubt whether the process lives, the answer must not wait.
void greet_now(draft& d) {
  auto& s = d.s;
  s.due.reset();
  s.open = true;
  s.sent_at = d.now;
  d.add(greet{.ticket = ++s.ticket, .hold = s.met && !s.suspected});
}

void hang_up_now(draft& d) {
  d.s.due.reset();
  if (std::exchange(d.s.open, false))
    d.add(hang_up{d.s.ticket});
}

bool is_current(const state& s, std::uint64_t ticket) {
  return s.peer && s.open && s.ticket == ticket;
}

void forget_what_was_seen(state& s) {
  s.met = false;
  s.suspected = false;
  s.refusals = 0;
  s.tries = 0;
}

std::optional<time_point> off_until(const state& s) {
  auto found = s.records.find(s.peer->leader.id);
  return found == s.records.end() ? std::nullopt : found->second.off_until;
}

/// Begins to watch the peer, unless it is not to be.
void begin(draft& d) {
  forget_what_was_seen(d.s);
  if (base_url(d.s.peer->leader).empty())
    return;
  if (auto until = off_until(d.s); until && d.now < *until)
    return greet_at(d, *until);
  greet_now(d);
}

void declare_dead(draft& d, std::string evidence) {
  const auto& x = *d.s.peer;
  d.add(report_dead{
    .session = x.session, .boot = x.boot, .evidence = std::move(evidence)});
  forget_what_was_seen(d.s);
  // Should it lead on, it lives after all.
  greet_at(d, d.now + rest_after_report);
}

/// The next try to find out whether the process lives.
void try_again(draft& d) {
  auto early = d.s.suspected && ++d.s.tries <= tries_max;
  greet_at(d, d.now + (early ? duration{again_after} : duration{pause}));
}

void on_refused(draft& d) {
  auto& s = d.s;
  // Who never answered may be where we cannot reach it.
  s.suspected = s.suspected || s.met;
  if (s.suspected && ++s.refusals >= 2)
    return declare_dead(d, "connection refused twice");
  try_again(d);
}

void on_closed(draft& d) {
  auto& s = d.s;
  auto is_first = s.met && !std::exchange(s.suspected, s.met || s.suspected);
  s.refusals = 0;
  if (is_first)
    return greet_now(d);
  try_again(d);
}

void complain(draft& d, const std::string& message) {
  if (std::exchange(d.s.told, message) != message)
    d.add(report_trouble{message});
}

bool has_port(const std::string& address) {
  auto last = address.rfind(':');
  if (last == std::string::npos)
    return false;
  if (address.starts_with('['))
    return !address.ends_with(']');
  return address.find(':') == last;
}

} // namespace

std::string base_url(const leader_identity& x) {
  if (x.address.empty() || x.port == 0)
    return {};
  auto scheme = x.scheme.empty() ? std::string{"http"} : x.scheme;
  if (has_port(x.address))
    return scheme + "://" + x.address;
  auto is_bare_v6
    = x.address.find(':') != std::string::npos && !x.address.starts_with('[');
  auto host = is_bare_v6 ? "[" + x.address + "]" : x.address;
  return scheme + "://" + host + ":" + std::to_string(x.port);
}

answer step(state s, const leader_seen& event, time_point now) {
  if (s.peer == event.peer)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  hang_up_now(d);
  d.s.peer = event.peer;
  d.s.told.clear();
  if (d.s.peer)
    begin(d);
  return d.finish();
}

answer step(state s, const answered& event, time_point now) {
  if (!is_current(s, event.ticket))
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  const auto& peer = *d.s.peer;
  d.s.open = false;
  if (event.id != peer.leader.id) {
    complain(d, "at the address of '" + peer.leader.id + "' instance '"
                  + event.id + "' answers: set instance.address to an address "
                  + "of the instance alone");
    d.s.met = false;
    d.s.suspected = false;
    greet_at(d, now + 30s);
    return d.finish();
  }
  if (event.boot != peer.boot) {
    declare_dead(d, "another process has its id");
    return d.finish();
  }
  auto was_held = d.s.met && !d.s.suspected;
  if (!d.s.met)
    d.add(report_watching{});
  forget_what_was_seen(d.s);
  d.s.met = true;
  d.s.told.clear();
  // One that does not wait must not make us ask without a pause.
  if (was_held && now - d.s.sent_at < duration{heartbeat} / 2)
    greet_at(d, d.s.sent_at + heartbeat);
  else
    greet_now(d);
  return d.finish();
}

answer step(state s, const failed& event, time_point now) {
  if (!is_current(s, event.ticket))
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  d.s.open = false;
  switch (event.how) {
    case failure::refused: on_refused(d); break;
    case failure::closed: on_closed(d); break;
    case failure::silent:
      d.s.refusals = 0;
      greet_at(d, now + pause);
      break;
    case failure::strange:
      d.s.refusals = 0;
      if (d.s.suspected) { // the end of a process has many faces
        try_again(d);
        break;
      }
      complain(d, event.message);
      greet_at(d, now + 30s);
      break;
  }
  return d.finish();
}

answer step(state s, const survived& event, time_point now) {
  auto d = draft{std::move(s), now};
  auto& known = d.s.records[event.id];
  known.needless.push_back(now);
  while (now - known.needless.front() > needless_within)
    known.needless.pop_front();
  if (known.needless.size() < needless_max)
    return d.finish();
  known.needless.clear();
  known.off_until = now + off_for;
  d.add(report_off{event.id});
  if (d.s.peer && d.s.peer->leader.id == event.id) {
    hang_up_now(d);
    begin(d);
  }
  return d.finish();
}

answer step(state s, const timer_elapsed&, time_point now) {
  if (!s.peer || s.open || !s.due || now < *s.due)
    return nothing(std::move(s));
  auto d = draft{std::move(s), now};
  greet_now(d);
  return d.finish();
}

} // namespace cts::ha::peer_link

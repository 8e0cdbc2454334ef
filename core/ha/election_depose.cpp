#include "core/ha/election_parts.hpp"

#include <utility>

// Taking the lock from a holder whose process is said to be dead (D3). It is
// only as safe as taking it away in any other way, and that is safe: no start
// goes without a transaction under the lock.

namespace cts::ha::election {

namespace {

using namespace std::chrono_literals;

/// For as long the word of a detector is worth acting on.
constexpr auto suspicion_valid = 10s;
constexpr auto pause = 250ms;

bool competes(const state& s) {
  return s.role == role::follower || s.role == role::candidate;
}

bool is(const std::optional<lock_holder>& x, const std::string& session,
        const std::string& boot) {
  return x && x->session == session && x->boot == boot;
}

} // namespace

answer draft::finish() {
  auto wanted = competes(s) ? s.holder : std::nullopt;
  if (wanted != s.watched) {
    s.watched = wanted;
    add(watch_holder{std::move(wanted)});
  }
  return {std::move(s), std::move(out)};
}

void judge_suspect(draft& d, const lock_view& x) {
  auto suspect = std::exchange(d.s.suspect, std::nullopt);
  if (!is(suspect, x.session, x.boot) || !competes(d.s)
      || d.now > d.s.suspect_until)
    return;
  d.s.deposed = suspect;
  d.add(depose{*std::move(suspect)});
}

answer step(state s, const peer_died& event, time_point now) {
  if (!competes(s) || !is(s.holder, event.session, event.boot))
    return {std::move(s), {}};
  auto d = draft{std::move(s), now};
  d.s.suspect = d.s.holder;
  d.s.suspect_until = now + suspicion_valid;
  read(d);
  return d.finish();
}

answer step(state s, const depose_failed& event, time_point now) {
  if (!s.deposed || s.deposed->session != event.session)
    return {std::move(s), {}};
  auto d = draft{std::move(s), now};
  auto missed = std::exchange(d.s.deposed, std::nullopt);
  if (event.denied) {
    complain(d, "the session of instance '" + missed->leader.id
                  + "', whose process is dead, cannot be destroyed: the token "
                    "needs write on sessions of all nodes (session_prefix "
                    "\"\")");
    return d.finish();
  }
  d.s.suspect = std::move(missed);
  d.s.reading = false;
  d.arm(d.s.read_due, now + pause);
  return d.finish();
}

answer step(state s, const member_lives& event, time_point now) {
  if (!s.deposed || s.deposed->boot != event.boot
      || s.deposed->session == event.session)
    return {std::move(s), {}};
  auto d = draft{std::move(s), now};
  d.add(report_needless{d.s.deposed->leader.id});
  d.s.deposed.reset();
  return d.finish();
}

} // namespace cts::ha::election

#include "actors/elector_shell.hpp"
#include "core/consul/session.hpp"

// Taking the lock from a dead leader, and the account of elections.

namespace cts {

namespace {

using namespace std::chrono_literals;
namespace election = ha::election;

constexpr auto destroy_deadline = 2000ms;

} // namespace

void elector_shell::attach(const peer_link_known& x) {
  link_ = x.link;
  caf::anon_send(link_, watched_);
}

void elector_shell::take_death(const peer_dead& x) {
  on(election::peer_died{.session = x.session, .boot = x.boot});
}

void elector_shell::perform(const election::watch_holder& x) {
  watched_.who.reset();
  if (x.holder)
    watched_.who = ha::peer_link::peer{.leader = x.holder->leader,
                                       .boot = x.holder->boot,
                                       .session = x.holder->session};
  if (link_)
    caf::anon_send(link_, watched_);
}

void elector_shell::perform(const election::depose& x) {
  log::info("ha", "taking the lock from the dead leader",
            {{"leader", x.holder.leader.id}, {"session", x.holder.session}});
  auto session = x.holder.session;
  auto failed = [this, session](bool denied) {
    on(election::depose_failed{.session = session, .denied = denied});
  };
  ask(
    consul::destroy_session(session, ha().ns), destroy_deadline,
    [failed](const consul::reply& reply) {
      using consul::session_outcome;
      auto changed = consul::decode_session_changed(reply);
      if (!changed || changed->outcome != session_outcome::done)
        failed(changed && changed->outcome == session_outcome::denied);
    },
    [failed](const error&) { failed(false); });
}

void elector_shell::perform(const election::report_needless& x) {
  log::warn("ha", "the leader that was taken for dead is alive",
            {{"leader", x.id}});
  if (link_)
    caf::anon_send(link_, peer_survived{x.id});
}

// -- the account --------------------------------------------------------------

void elector_shell::measure_role() {
  const auto& now = machine_.election;
  if (tally_.role == now.role && tally_.epoch == now.highest)
    return;
  tally_.role = now.role;
  tally_.epoch = now.highest;
  send_tally();
}

void elector_shell::measure_renewal(bool taken) {
  if (taken)
    tally_.renewed_at = self_->clock().now();
  else
    ++tally_.renewals_failed;
  send_tally();
}

void elector_shell::send_tally() {
  measure(options_.meter, election_measured{tally_});
}

} // namespace cts

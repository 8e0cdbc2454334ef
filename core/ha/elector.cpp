#include "core/ha/elector.hpp"

#include <algorithm>
#include <utility>

namespace cts::ha::elector {

namespace {

using namespace std::chrono_literals;

/// How long acknowledgements hold up the end of the instance.
constexpr auto leave_patience = 5s;

} // namespace

state make(const settings& x) {
  auto s = state{};
  s.member.config = x.member;
  s.election.config = x.election;
  s.election.highest = x.highest;
  s.election.warm = true;
  s.lease.length = x.election.lease;
  s.foreign.id = x.member.id;
  s.foreign.boot = x.member.boot;
  s.foreign.exclusive = x.exclusive;
  s.foreign.keeps_results = x.keeps_results;
  return s;
}

void exchange::on(const permit_wanted& x) {
  auto refuse = [&](errc code, const char* why) {
    out_.push_back(lease::effect{lease::deny{
      x.task, fail(code, "run of task '", x.task, "' is not started: ", why)}});
  };
  if (!election::in_office(s_.election) || x.epoch != s_.election.epoch)
    return refuse(errc::conflict, "this instance does not lead any more");
  auto clearance = foreign_runs::clearance_of(s_.foreign, x.task);
  if (!clearance)
    return refuse(errc::unavailable,
                  "a run of a former leader may still go on");
  on(lease::permit_requested{
    .task = x.task, .run = x.run, .clearance = *clearance});
}

void exchange::on(const turn_wanted& x) {
  if (election::in_office(s_.election) && x.epoch == s_.election.epoch)
    return on(foreign_runs::turn_awaited{x.task});
  out_.push_back(foreign_runs::effect{foreign_runs::refuse_turn{x.task}});
}

void exchange::on(const state_loaded& x) {
  on(election::tenure_ready{x.epoch});
  if (s_.election.role == role::leader && x.epoch == s_.election.epoch)
    on(foreign_runs::term_ready{});
}

void exchange::on(const term_reported_over& x) {
  auto role = s_.election.role;
  if (x.epoch != s_.election.epoch
      || (role != role::lost && role != role::draining))
    return;
  s_.term_over = true;
  on(lease::term_over{});
}

void exchange::on(const release_wanted& x) {
  on(election::step_down{.leave = x.leave, .clean = s_.lease.runs.empty()});
}

void exchange::on(const leave_wanted&) {
  if (std::exchange(s_.leaving, true))
    return;
  s_.leave_due = now_ + leave_patience;
  out_.push_back(lease::effect{lease::arm_timer{*s_.leave_due}});
  on(lease::term_over{});
  leave_if_done();
}

void exchange::on(const members_watched& x) {
  auto any = std::ranges::any_of(x.members, [&](const auto& each) {
    return each.id != s_.member.config.id && !each.session.empty();
  });
  on(foreign_runs::members_seen{x.members});
  if (any != s_.election.others)
    on(election::others_seen{any});
  for (const auto& each : x.members)
    if (!each.session.empty())
      on(election::member_lives{.boot = each.boot, .session = each.session});
  for (const auto& each : x.members)
    if (each.id == s_.member.config.id)
      on(membership::record_seen{each.boot, each.session, each.host});
}

void exchange::on(const timer_elapsed&) {
  on(membership::timer_elapsed{});
  on(election::timer_elapsed{});
  on(lease::timer_elapsed{});
  on(foreign_runs::timer_elapsed{});
  leave_if_done();
}

answer exchange::finish() {
  // Permits are given by a leader only, whatever it came from.
  s_.lease.granting = s_.election.role == role::leader;
  return {std::move(s_), std::move(out_)};
}

void exchange::route(const membership::joined& x) {
  on(election::joined{x.session});
}

void exchange::route(const membership::confirmed&) {
  on(election::confirmed{});
}

void exchange::route(const membership::session_lost& x) {
  on(election::session_lost{x.reason});
  // Nothing is covered without a session, in order or not.
  on(lease::lock_lost{});
}

void exchange::route(const membership::expel&) {
  on(election::stop{});
  on(lease::lock_lost{});
}

void exchange::route(const election::promote& x) {
  s_.term_over = false;
  on(lease::term_began{x.term.epoch});
  on(foreign_runs::term_began{.epoch = x.term.epoch, .runs = x.runs});
}

void exchange::route(const election::revoke& x) {
  if (x.graceful)
    on(lease::lock_released{});
  else
    on(lease::lock_lost{});
  on(foreign_runs::term_over{});
}

void exchange::route(const election::session_ended& x) {
  on(membership::session_ended{x.session});
}

void exchange::route(const election::term_ended&) {
  on(membership::rejoin{});
}

void exchange::route(const lease::confirmed&) {
  on(election::confirmed{});
}

void exchange::route(const lease::report_refusal& x) {
  if (x.why == lease::refusal::not_leader)
    on(election::lock_refused{x.epoch});
  else if (x.why == lease::refusal::session_over)
    on(membership::session_ended{s_.member.session});
  else if (x.why == lease::refusal::denied)
    on(election::write_denied{x.epoch, x.message});
  else // who is it?
    on(membership::record_doubted{});
}

void exchange::route(const lease::replaced& x) {
  on(foreign_runs::replaced{x.task});
}

void exchange::route(const lease::doubt& x) {
  on(foreign_runs::doubted{.task = x.task, .found = x.found});
}

void exchange::route(const lease::all_closed&) {
  close_term();
  leave_if_done();
}

void exchange::close_term() {
  if (s_.term_over && s_.lease.runs.empty()) {
    s_.term_over = false;
    on(election::term_closed{});
  }
}

void exchange::leave_if_done() {
  if (!s_.leaving || !s_.leave_due)
    return;
  if (!s_.lease.runs.empty() && now_ < *s_.leave_due)
    return;
  s_.leave_due.reset();
  on(election::stop{});
  on(membership::leave{});
}

} // namespace cts::ha::elector

#include "tests/core/ha/elector_performer.hpp"

#include <algorithm>

// The runs, ours and those of former leaders.

namespace cts::ha::model {

using namespace std::chrono_literals;

void performer::want_turn(const task_name& task, duration after) {
  auto epoch = x.term ? x.term->epoch : 0;
  c.at(c.now + after,
       [&c = c, &x = x, self = *this, task, epoch, life = x.life]() mutable {
         if (x.life == life && x.leads && x.term && x.term->epoch == epoch)
           c.tell(x, elector::turn_wanted{epoch, task});
       });
}

void performer::operator()(const foreign_runs::give_turn& e) {
  if (!x.term)
    return;
  c.tell(x, elector::permit_wanted{.epoch = x.term->epoch,
                                   .task = e.task,
                                   .run = "run " + std::to_string(++c.names_)});
}

void performer::operator()(const foreign_runs::report_wait&) {
  ++c.waits;
}

bool performer::commit_intent(const lease::send_intent& e, lease::refusal& why,
                              std::uint64_t& index) {
  auto& consul = c.consul;
  auto session = x.machine.member.session;
  auto refuse = [&](lease::refusal reason) {
    why = reason;
    return false;
  };
  if (session.empty() || consul.lock.session != session)
    return refuse(lease::refusal::not_leader);
  auto found = consul.runs.find(e.task);
  auto current = found == consul.runs.end() ? 0 : found->second.index;
  if (current != e.clearance.index)
    return refuse(lease::refusal::run_changed);
  if (!e.clearance.owner.empty()) {
    const auto* owner = consul.member(e.clearance.owner);
    if ((owner ? owner->index : 0) != e.clearance.owner_index)
      return refuse(lease::refusal::owner_changed);
  }
  if (!consul.lock_member(own_record(e.seq)))
    return refuse(lease::refusal::record_taken);
  if (e.epoch != consul.meta.epoch)
    c.violate(x.id + " commits an intent of a former epoch");
  index = ++consul.index;
  consul.runs[e.task] = {.task = e.task,
                         .owner = x.id,
                         .boot = x.boot,
                         .run = e.run,
                         .epoch = e.epoch,
                         .lease = 30s,
                         .index = index};
  return true;
}

void performer::operator()(const lease::send_intent& e) {
  c.ask(
    x, 5s,
    [&c = c, &x = x, self = *this, e]() mutable -> answer_call {
      auto why = lease::refusal::other;
      auto index = std::uint64_t{0};
      if (self.commit_intent(e, why, index))
        return [&c, &x, e, index, at = c.consul.member(x.id)->index] {
          if (at > x.record_index)
            x.record_seq = e.seq;
          x.record_index = std::max(at, x.record_index);
          c.tell(x, lease::intent_committed{e.ticket, index});
        };
      return [&c, &x, e, why] {
        c.tell(x, lease::intent_refused{.ticket = e.ticket, .why = why});
      };
    },
    [&c = c, &x = x, e] { c.tell(x, lease::intent_unclear{e.ticket}); });
}

void performer::operator()(const lease::read_run& e) {
  c.ask(
    x, 5s,
    [&c = c, &x = x, e]() -> answer_call {
      auto seen = lease::run_read{.ticket = e.ticket};
      if (auto it = c.consul.runs.find(e.task); it != c.consul.runs.end())
        seen.found = it->second;
      return [&c, &x, seen] { c.tell(x, seen); };
    },
    [&c = c, &x = x, e] { c.tell(x, lease::run_unreadable{e.ticket}); });
}

void performer::operator()(const lease::send_extension& e) {
  c.ask(
    x, 5s,
    [&c = c, &x = x, e, mine = own_record(e.seq)]() -> answer_call {
      if (c.consul.lock_member(mine))
        return [&c, &x, e, at = c.consul.member(x.id)->index] {
          if (at > x.record_index)
            x.record_seq = e.seq;
          x.record_index = std::max(at, x.record_index);
          c.tell(x, lease::extended{e.extension});
        };
      return [&c, &x, e] {
        c.tell(x, lease::extension_refused{e.extension,
                                           lease::refusal::session_over});
      };
    },
    [&c = c, &x = x, e] { c.tell(x, lease::extension_failed{e.extension}); });
  // The answer may be the first thing that a worker hears when it wakes up.
  if (c.options_.faults > 0 && c.chance(1))
    c.pause(x, c.between(5500ms, 25s));
}

void performer::operator()(const lease::extend_processes& e) {
  x.lease_deadline = c.real(x, e.deadline);
  x.may_start = true;
  for (auto& each : c.processes)
    if (each.alive && each.boot == x.boot && each.killed > c.now
        && !each.stopping)
      each.killed = x.lease_deadline;
  c.tell(x.witness, witness::lease_extended{e.deadline.time_since_epoch()});
  c.at(x.lease_deadline, [&c = c, &x = x] { c.kill_late(x); });
}

void performer::operator()(const lease::revoke_processes&) {
  x.may_start = false;
}

void performer::operator()(const lease::acknowledge& e) {
  c.ask(
    x, 5s,
    [&c = c, &x = x, e]() -> answer_call {
      auto found = c.consul.runs.find(e.task);
      if (found != c.consul.runs.end() && found->second.index == e.index) {
        for (const auto& each : c.processes)
          if (each.permit.run == e.run && each.alive && each.killed > c.now)
            c.violate("a run is acknowledged that goes on");
        found->second.stopped = true;
        found->second.index = ++c.consul.index;
      }
      return [&c, &x, e] { c.tell(x, lease::acknowledged{e.ticket}); };
    },
    [&c = c, &x = x, e] { c.tell(x, lease::acknowledge_failed{e.ticket}); });
}

void performer::operator()(const lease::grant& e) {
  if (!x.leads || x.machine.election.role == role::follower)
    c.violate(x.id + " gets a permit without leading");
  c.at(c.now + c.between(0ms, c.chance(10) ? 20s : 50ms),
       [&c = c, &x = x, e, life = x.life] {
         c.at(x.paused_until, [&c, &x, e, life] { // as soon as it is awake
           if (x.life == life)
             c.start_run(x, e.permit);
         });
       });
  want_turn(e.permit.task, c.between(1s, 45s));
}

void performer::operator()(const lease::deny& e) {
  want_turn(e.task, c.between(500ms, 3s));
}

void performer::operator()(const foreign_runs::read_member& e) {
  c.ask(
    x, 5s,
    [&c = c, &x = x, e]() -> answer_call {
      auto seen = foreign_runs::member_read{.ticket = e.ticket};
      if (const auto* known = c.consul.member(e.owner))
        seen.found = *known;
      return [&c, &x, seen] { c.tell(x, seen); };
    },
    [&c = c, &x = x, e] {
      c.tell(x, foreign_runs::member_unreadable{e.ticket});
    });
}

void performer::operator()(const foreign_runs::watch_runs& e) {
  c.at(
    c.now + c.between(10ms, 4s), [&c = c, &x = x, self = *this, e]() mutable {
      c.ask(
        x, 6s,
        [&c, &x, e, self]() -> answer_call {
          auto seen = foreign_runs::runs_seen{
            .watch = e.watch, .index = c.consul.index, .runs = self.all_runs()};
          return [&c, &x, seen] { c.tell(x, seen); };
        },
        [&c, &x, e] { c.tell(x, foreign_runs::runs_unreadable{e.watch}); });
    });
}

void performer::operator()(const foreign_runs::settle& e) {
  c.ask(
    x, 5s,
    [&c = c, &x = x, e]() -> answer_call {
      auto found = c.consul.runs.find(e.record.task);
      auto good = x.term && c.consul.lock.session == x.term->session
                  && (found == c.consul.runs.end()
                      || found->second.index == e.record.index);
      if (good && found != c.consul.runs.end()) {
        if (!found->second.stopped)
          c.violate("a record is removed whose run is not over");
        c.consul.runs.erase(found);
      }
      return [&c, &x, e, good] {
        c.tell(x, foreign_runs::settled{e.record.task, e.epoch, good});
      };
    },
    [&c = c, &x = x, e] {
      c.tell(x, foreign_runs::settled{e.record.task, e.epoch, false});
    });
}

} // namespace cts::ha::model

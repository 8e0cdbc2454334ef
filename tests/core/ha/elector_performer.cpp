#include "tests/core/ha/elector_performer.hpp"

#include <algorithm>

namespace cts::ha::model {

using namespace std::chrono_literals;

void performer::wake(time_point due) {
  c.at(c.real(x, due), [&c = c, &x = x, life = x.life] {
    if (x.life == life)
      c.tell(x, elector::timer_elapsed{});
  });
}

member_record performer::own_record(std::uint64_t seq) const {
  return {.id = x.id,
          .boot = x.boot,
          .session = x.machine.member.session,
          .host = "host of " + x.id,
          .seq = seq,
          .lease = 30s};
}

run_records performer::all_runs() const {
  auto out = run_records{};
  for (const auto& [task, each] : c.consul.runs)
    out.push_back(each);
  return out;
}

// -- membership ---------------------------------------------------------------

void performer::operator()(const membership::create_session& e) {
  c.ask(
    x, 5s,
    [&c = c, &x = x, e]() -> answer_call {
      auto id = "s" + std::to_string(++c.consul.sessions_made);
      c.consul.sessions[id] = {c.now + 2 * c.consul.ttl};
      return [&c, &x, e, id] {
        c.tell(x, membership::session_created{e.ticket, id});
      };
    },
    [&c = c, &x = x, e] {
      c.tell(x, membership::session_refused{.ticket = e.ticket});
    });
}

void performer::operator()(const membership::read_record& e) {
  c.ask(
    x, 5s,
    [&c = c, &x = x, e]() -> answer_call {
      auto found = membership::record_read{.ticket = e.ticket};
      if (const auto* known = c.consul.member(x.id))
        found.found = membership::holder{.boot = known->boot,
                                         .session = known->session,
                                         .host = known->host,
                                         .host_boot_id = "1",
                                         .pid = 1,
                                         .seq = known->seq,
                                         .index = known->index};
      return [&c, &x, found] { c.tell(x, found); };
    },
    [&c = c, &x = x, e] { c.tell(x, membership::failed{.ticket = e.ticket}); });
}

void performer::operator()(const membership::look_for_process& e) {
  c.tell(x, membership::process_looked_up{e.ticket, false});
}

void performer::operator()(const membership::sweep_host& e) {
  for (auto& each : c.processes)
    if (each.node == x.id)
      each.alive = false;
  c.tell(x, membership::done{e.ticket});
}

void performer::operator()(const membership::settle_former& e) {
  c.ask(
    x, 5s,
    [&c = c, &x = x, e]() -> answer_call {
      for (auto& [task, each] : c.consul.runs)
        if (each.owner == x.id && each.boot == e.boot) {
          each.stopped = true;
          each.index = ++c.consul.index;
        }
      return [&c, &x, e] { c.tell(x, membership::done{e.ticket}); };
    },
    [&c = c, &x = x, e] { c.tell(x, membership::failed{.ticket = e.ticket}); });
}

void performer::operator()(const membership::destroy_session& e) {
  c.ask(
    x, 5s,
    [&c = c, &x = x, e]() -> answer_call {
      c.consul.end_session(e.session);
      return [&c, &x, e] { c.tell(x, membership::done{e.ticket}); };
    },
    [&c = c, &x = x, e] { c.tell(x, membership::failed{.ticket = e.ticket}); });
}

void performer::operator()(const membership::claim_record& e) {
  c.ask(
    x, 5s,
    [&c = c, &x = x, e, mine = own_record(0)]() -> answer_call {
      if (c.consul.lock_member(mine))
        return [&c, &x, e, index = c.consul.member(x.id)->index] {
          x.record_index = index;
          x.record_seq = 0;
          c.tell(x, membership::done{e.ticket});
        };
      auto over = !c.consul.alive(mine.session);
      return [&c, &x, e, over] {
        if (over)
          c.tell(x,
                 membership::failed{.ticket = e.ticket, .session_over = true});
        else
          c.tell(x, membership::record_held{e.ticket});
      };
    },
    [&c = c, &x = x, e] { c.tell(x, membership::failed{.ticket = e.ticket}); });
}

void performer::operator()(const membership::refresh_record& e) {
  c.ask(
    x, 5s,
    [&c = c, &x = x, e, mine = own_record(x.record_seq),
     index = x.record_index]() -> answer_call {
      auto* known = c.consul.member(x.id);
      if (known == nullptr || known->index != index)
        return [&c, &x, e] { c.tell(x, membership::record_held{e.ticket}); };
      known->seq = mine.seq;
      known->index = ++c.consul.index;
      return [&c, &x, e, now = known->index] {
        x.record_index = now;
        c.tell(x, membership::done{e.ticket});
      };
    },
    [&c = c, &x = x, e] { c.tell(x, membership::failed{.ticket = e.ticket}); });
}

void performer::operator()(const membership::renew_session& e) {
  c.ask(
    x, e.timeout,
    [&c = c, &x = x, e]() -> answer_call {
      auto found = c.consul.sessions.find(e.session);
      if (found == c.consul.sessions.end())
        return [&c, &x, e] {
          c.tell(x, membership::renew_failed{e.renewal, true});
        };
      found->second.ends = c.now + 2 * c.consul.ttl;
      return [&c, &x, e] { c.tell(x, membership::renewed{e.renewal}); };
    },
    [&c = c, &x = x, e] {
      c.tell(x, membership::renew_failed{e.renewal, false});
    });
}

void performer::operator()(const membership::session_lost&) {}

void performer::operator()(const membership::expel&) {
  c.violate(x.id + " was expelled");
}

// -- election -----------------------------------------------------------------

void performer::look_at_lock(election::source from, std::uint64_t ticket) {
  c.ask(
    x, 6s,
    [&c = c, &x = x, from, ticket]() -> answer_call {
      auto seen = election::lock_seen{.from = from,
                                      .ticket = ticket,
                                      .index = c.consul.index,
                                      .view = c.consul.lock};
      return [&c, &x, seen] { c.tell(x, seen); };
    },
    [&c = c, &x = x, from, ticket] {
      c.tell(x, election::lock_unseen{.from = from, .ticket = ticket});
    });
}

void performer::operator()(const election::watch_lock& e) {
  c.at(c.now + (e.index == 0 ? 0s : c.between(10ms, 2s)),
       [&c = c, &x = x, self = *this, e]() mutable {
         self.look_at_lock(election::source::watch, e.ticket);
       });
}

void performer::operator()(const election::read_lock& e) {
  look_at_lock(election::source::read, e.ticket);
}

void performer::operator()(const election::read_meta& e) {
  c.ask(
    x, 5s,
    [&c = c, &x = x, e]() -> answer_call {
      return [&c, &x, e, view = c.consul.meta] {
        c.tell(x, election::meta_read{e.attempt, view});
      };
    },
    [&c = c, &x = x, e] {
      c.tell(x, election::attempt_failed{.attempt = e.attempt});
    });
}

void performer::operator()(const election::acquire& e) {
  auto call = [&c = c, &x = x, self = *this, e]() mutable -> answer_call {
    auto& consul = c.consul;
    auto refuse = [&](election::refusal why) -> answer_call {
      return [&c, &x, e, why] {
        c.tell(x, election::acquire_refused{.attempt = e.attempt, .why = why});
      };
    };
    if (!consul.alive(e.session))
      return refuse(election::refusal::session_over);
    if (!consul.lock.session.empty() && consul.lock.session != e.session)
      return refuse(election::refusal::held);
    if (consul.meta.index != e.meta_index)
      return refuse(election::refusal::stale_meta);
    consul.lock = {.modify_index = ++consul.index,
                   .session = e.session,
                   .leader = leader_identity{.id = x.id, .epoch = e.epoch},
                   .boot = x.boot};
    consul.meta
      = {.index = consul.index, .epoch = e.epoch, .schema = 1, .min_reader = 1};
    if (!c.epochs.empty() && e.epoch <= c.epochs.back())
      c.violate("epoch " + std::to_string(e.epoch) + " does not grow");
    c.epochs.push_back(e.epoch);
    auto won = election::acquired{.attempt = e.attempt,
                                  .lock_index = consul.index,
                                  .runs = self.all_runs()};
    return [&c, &x, won] { c.tell(x, won); };
  };
  c.ask(x, 5s, call, [&c = c, &x = x, e] {
    c.tell(x, election::acquire_unclear{e.attempt});
  });
}

void performer::operator()(const election::read_runs& e) {
  c.ask(
    x, 5s,
    [&c = c, &x = x, e, self = *this]() -> answer_call {
      return [&c, &x, e, runs = self.all_runs()] {
        c.tell(x, election::runs_read{e.attempt, runs});
      };
    },
    [&c = c, &x = x, e] {
      c.tell(x, election::attempt_failed{.attempt = e.attempt});
    });
}

void performer::operator()(const election::release_lock& e) {
  c.ask(
    x, 5s,
    [&c = c, &x = x, e]() -> answer_call {
      if (c.consul.lock.session != e.session)
        return [&c, &x, e] { c.tell(x, election::release_refused{e.release}); };
      c.consul.lock.session.clear();
      c.consul.lock.modify_index = ++c.consul.index;
      return [&c, &x, e] { c.tell(x, election::released{e.release}); };
    },
    [&c = c, &x = x, e] { c.tell(x, election::release_failed{e.release}); });
}

void performer::operator()(const election::promote& e) {
  if (!x.told.insert(e.term.epoch).second)
    c.violate(x.id + " is promoted twice in one epoch");
  if (x.term || x.ending != 0)
    c.violate(x.id + " is promoted within a term");
  x.term = e.term;
  c.at(c.now + c.between(1ms, 2s),
       [&c = c, &x = x, self = *this, epoch = e.term.epoch,
        life = x.life]() mutable {
         if (x.life != life || !x.term || x.term->epoch != epoch)
           return;
         x.leads = true;
         c.tell(x, elector::state_loaded{epoch});
         for (auto i = std::size_t{0}; i < c.options_.tasks; ++i)
           self.want_turn("task_" + std::to_string(i), 1ms);
       });
}

void performer::operator()(const election::revoke& e) {
  if (!x.term || x.term->epoch != e.epoch)
    c.violate(x.id + " is revoked without a term");
  c.end_runs(x, e.epoch);
}

void performer::operator()(const election::suspend&) {
  ++c.suspensions;
}

} // namespace cts::ha::model

#include "tests/core/ha/elector_performer.hpp"

#include <algorithm>

// The witnesses of the instances, and what they do for dead and silent ones.

namespace cts::ha::model {

using namespace std::chrono_literals;

void cluster::start_guard(node& x) {
  x.witness = std::make_shared<guard>();
  x.witness->host = &x;
  x.witness->boot = x.boot;
  x.will.clear();
}

/// The shims stop the runs; the instance starts nothing until they are gone and
/// there is a new witness, which is told everything anew.
void cluster::kill_guard(node& x) {
  if (!x.witness->up)
    return;
  x.witness->up = false;
  stop_runs(x.boot, now + 10s);
  at(now + 10s + 100ms, [this, &x, life = x.life] {
    if (x.life != life)
      return;
    start_guard(x);
    keep_will(x);
  });
}

void cluster::beat(node& x) {
  at(now + 500ms, [this, &x, life = x.life] {
    if (x.life != life)
      return;
    at(x.paused_until, [this, &x, life] {
      if (x.life != life)
        return;
      tell(x.witness, witness::worker_beat{});
      beat(x);
    });
  });
}

void cluster::keep_will(node& x) {
  auto wanted = last_will::wishes_of(x.machine, "");
  for (const auto& [name, each] : x.will)
    if (!wanted.contains(name))
      tell(x.witness, witness::withdrawn{name});
  for (const auto& [name, each] : wanted) {
    auto known = x.will.find(name);
    if (known != x.will.end() && known->second == each)
      continue;
    auto number = std::to_string(++names_);
    x.witness->wishes[number] = each;
    tell(x.witness, witness::bequeathed{{.name = name,
                                         .purpose = each.purpose,
                                         .task = each.task,
                                         .request = {.path = number},
                                         .record = {.path = number}}});
  }
  x.will = std::move(wanted);
}

struct guard_performer {
  cluster& c;
  guard_ptr x;

  /// What is only said.
  template <class Effect>
  void operator()(const Effect&) {}

  void operator()(const witness::send& e) { c.send(x, e); }

  void operator()(const witness::report_stall&) { ++c.stalls; }

  void operator()(const witness::arm_timer& e) {
    c.at(c.real(*x->host, time_point{e.due}),
         [&c = c, x = x] { c.tell(x, witness::timer_elapsed{}); });
  }

  void operator()(const witness::stop_processes& e) {
    if (x->host->boot == x->boot)
      x->host->may_start = false;
    auto kill_at = c.real(*x->host, time_point{e.kill_at});
    c.stop_runs(x->boot, kill_at);
  }

  void operator()(const witness::leave&) {
    x->up = false;
    if (c.any_run(x->boot))
      c.violate("a witness leaves while a run of its instance goes on");
  }
};

template <class Event>
void cluster::tell(const guard_ptr& x, const Event& event) {
  if (!x->up)
    return;
  auto boot_now = clock(*x->host).time_since_epoch();
  feed(x->machine, event, boot_now, guard_performer{*this, x});
}

// For the files of the instances.
template void cluster::tell(const guard_ptr&, const witness::worker_died&);
template void cluster::tell(const guard_ptr&, const witness::process_started&);
template void cluster::tell(const guard_ptr&, const witness::process_ended&);
template void cluster::tell(const guard_ptr&, const witness::lease_extended&);

/// Nothing of what stands still or crashes beside it concerns a witness.
void cluster::send(const guard_ptr& x, const witness::send& what) {
  auto wish = x->wishes.at(what.request.path);
  auto unanswered = witness::unanswered{what.name};
  auto reachable = [this, x] { return now >= x->host->cut_until; };
  if (!reachable() || chance(2))
    return at(now + 2s, [this, x, unanswered] { tell(x, unanswered); });
  at(now + between(1ms, 20ms), [=, this] {
    carry_out(wish);
    if (!reachable() || chance(2))
      return at(now + 2s, [=, this] { tell(x, unanswered); });
    at(now + between(1ms, 20ms),
       [=, this] { tell(x, witness::answered{what.name}); });
  });
}

void cluster::carry_out(const last_will::wish& x) {
  using witness::purpose;
  if (x.purpose == purpose::farewell)
    return consul.end_session(x.id);
  if (x.purpose == purpose::release) {
    if (consul.lock.session != x.id)
      return;
    consul.lock.session.clear();
    consul.lock.modify_index = ++consul.index;
    consul.lock.detector = "witness";
    ++released;
    return;
  }
  auto found = consul.runs.find(x.task);
  if (found == consul.runs.end())
    return;
  if (x.purpose == purpose::resolve ? found->second.run != x.run
                                    : found->second.index != x.index)
    return;
  for (const auto& each : processes)
    if (each.permit.run == x.run && each.alive && each.killed > now)
      violate("a witness acknowledges a run that goes on");
  found->second.stopped = true;
  found->second.index = ++consul.index;
  ++acknowledged;
}

} // namespace cts::ha::model

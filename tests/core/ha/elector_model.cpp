#include "tests/core/ha/elector_model.hpp"

#include "tests/core/ha/elector_performer.hpp"

#include <algorithm>

namespace cts::ha::model {

using namespace std::chrono_literals;

// By value: what it is taken from is cleared here.
void server::end_session(std::string id) {
  if (sessions.erase(id) == 0)
    return;
  if (lock.session == id) {
    lock.session.clear();
    lock.modify_index = ++index;
    lock.detector = "session";
  }
  for (auto& each : members)
    if (each.session == id) {
      each.session.clear();
      each.index = ++index;
    }
}

void server::expire(real_time now) {
  auto over = std::vector<std::string>{};
  for (const auto& [id, each] : sessions)
    if (each.ends <= now)
      over.push_back(id);
  for (const auto& each : over)
    end_session(each);
}

member_record* server::member(const std::string& id) {
  auto found = std::ranges::find(members, id, &member_record::id);
  return found == members.end() ? nullptr : &*found;
}

bool server::lock_member(const member_record& x) {
  if (!alive(x.session))
    return false;
  auto* known = member(x.id);
  if (known == nullptr)
    known = &members.emplace_back();
  else if (!known->session.empty() && known->session != x.session)
    return false;
  *known = x;
  known->index = ++index;
  return true;
}

cluster::cluster(options x) : options_(x), random_(x.seed) {
  nodes.resize(x.nodes);
  for (auto i = std::size_t{0}; i < x.nodes; ++i) {
    auto& each = nodes[i];
    each.id = "cts-" + std::to_string(i + 1);
    each.rate = 1 + std::uniform_real_distribution{-0.009, 0.009}(random_);
    each.offset = between(1h, 100h);
    boot(each);
    poll_members(each);
  }
  if (options_.faults > 0)
    at(20s, [this] { random_fault(); });
}

const node* cluster::leader() const {
  auto found = std::ranges::find_if(nodes, [](const node& x) {
    return x.up && x.machine.election.role == role::leader;
  });
  return found == nodes.end() ? nullptr : &*found;
}

void cluster::run_for(duration span) {
  auto end = now + span;
  while (!queue_.empty() && queue_.top().when <= end) {
    auto next = queue_.top();
    queue_.pop();
    now = std::max(now, next.when);
    consul.expire(now);
    next.what();
  }
  now = end;
}

void cluster::at(real_time when, std::function<void()> what) {
  queue_.push({std::max(when, now), ++order_, std::move(what)});
}

time_point cluster::clock(const node& x) const {
  auto elapsed = static_cast<double>(now.count()) * x.rate;
  return time_point{x.offset + real_time{static_cast<std::int64_t>(elapsed)}};
}

real_time cluster::real(const node& x, time_point when) const {
  auto elapsed = when.time_since_epoch() - x.offset;
  return real_time{
    static_cast<std::int64_t>(static_cast<double>(elapsed.count()) / x.rate)
    + 1};
}

duration cluster::between(duration low, duration high) {
  return duration{std::uniform_int_distribution<duration::rep>{
    low.count(), high.count()}(random_)};
}

bool cluster::chance(int percent) {
  return std::uniform_int_distribution{1, 100}(random_) <= percent;
}

void cluster::violate(const std::string& what) {
  violations.push_back("seed " + std::to_string(options_.seed) + " at "
                       + std::to_string(now / 1ms) + " ms: " + what);
}

void cluster::boot(node& x) {
  ++x.life;
  x.up = true;
  x.boot = x.id + "#" + std::to_string(x.life);
  x.term.reset();
  x.ending = 0;
  x.leads = false;
  x.may_start = false;
  x.told.clear();
  auto config = elector::settings{};
  config.member = {.id = x.id,
                   .boot = x.boot,
                   .host = "host of " + x.id,
                   .host_boot_id = "1",
                   .ttl = consul.ttl};
  config.election = {.id = x.id, .boot = x.boot};
  config.exclusive = options_.exclusive;
  x.machine = elector::make(config);
  start_guard(x);
  beat(x);
  tell(x, membership::started{});
}

void cluster::crash(node& x, bool with_witness) {
  x.up = false;
  ++x.life;
  if (with_witness)
    x.witness->up = false;
  tell(x.witness, witness::worker_died{});
  at(now + between(500ms, 60s), [this, &x] { boot(x); });
}

void cluster::cut(node& x, duration span) {
  x.cut_until = std::max(x.cut_until, now + span);
}

void cluster::pause(node& x, duration span) {
  x.paused_until = std::max(x.paused_until, now + span);
}

void cluster::step_down(node& x) {
  tell(x, elector::release_wanted{});
}

void cluster::random_fault() {
  if (options_.faults == 0)
    return;
  auto& x = nodes[random_() % nodes.size()];
  switch (random_() % 8) {
    case 0:
      if (x.up)
        crash(x, chance(40));
      break;
    case 1: cut(x, between(1s, 70s)); break;
    case 2: pause(x, between(1s, 60s)); break;
    case 3: step_down(x); break;
    case 4: // an operator deletes the lock
      consul.lock = {};
      ++consul.index;
      break;
    case 5: // or ends the leader's session
      consul.end_session(consul.lock.session);
      break;
    case 6:
      if (x.up)
        kill_guard(x);
      break;
    default: // a server of Consul takes over: sessions begin anew
      for (auto& [id, each] : consul.sessions)
        each.ends = now + 2 * consul.ttl;
  }
  at(now + between(1s, 2 * 60s / options_.faults), [this] { random_fault(); });
}

void cluster::poll_members(node& x) {
  auto found = consul.members;
  if (x.up && now >= x.cut_until)
    tell(x, elector::members_watched{found});
  at(now + between(10ms, 3s), [this, &x] { poll_members(x); });
}

// -- the instance around the elector ------------------------------------------

void cluster::start_run(node& x, const run_permit& permit) {
  auto holds = x.term && x.term->epoch == permit.epoch;
  if (!x.up || !holds || !x.may_start || real_time{now} + 2s > x.lease_deadline
      || !x.witness->up
      || !witness::may_start(x.witness->machine, permit.task)) {
    tell(x, lease::run_closed{permit, task_event{.id = permit.run}});
    return;
  }
  for (const auto& each : processes)
    if (each.alive && each.killed > now
        && (each.permit.task == permit.task
            || (options_.exclusive && each.node != x.id)))
      violate(x.id + " runs " + permit.task + " while " + each.node + " does");
  auto written = consul.runs.find(permit.task);
  if (written == consul.runs.end() || written->second.run != permit.run)
    violate(x.id + " runs " + permit.task + " without a record");
  ++runs;
  processes.push_back({.node = x.id,
                       .boot = x.boot,
                       .permit = permit,
                       .killed = x.lease_deadline});
  tell(x.witness, witness::process_started{processes.size(), permit.task});
  at(now + between(100ms, 40s), [this, key = permit.run] { run_over(key); });
}

void cluster::run_over(const std::string& key) {
  auto found = std::ranges::find_if(
    processes, [&](const process& x) { return x.permit.run == key; });
  if (found == processes.end() || !found->alive)
    return;
  found->alive = false;
  auto& owner = *std::ranges::find(nodes, found->node, &node::id);
  auto ticket = static_cast<std::uint64_t>(found - processes.begin()) + 1;
  if (owner.witness->boot == found->boot)
    tell(owner.witness, witness::process_ended{ticket});
  if (!owner.up || owner.boot != found->boot)
    return;
  at(owner.paused_until,
     [this, &owner, permit = found->permit, life = owner.life] {
       if (owner.life == life)
         close(owner, permit);
     });
}

void cluster::stop_runs(const std::string& boot, real_time kill_at) {
  for (auto& each : processes)
    if (each.alive && each.boot == boot) {
      each.stopping = true;
      each.killed = std::min(each.killed, kill_at);
      at(std::min(now + between(0ms, 10s), each.killed),
         [this, key = each.permit.run] { run_over(key); });
    }
}

bool cluster::any_run(const std::string& boot) const {
  return std::ranges::any_of(processes, [&](const process& each) {
    return each.alive && each.boot == boot;
  });
}

void cluster::kill_late(const node& x) {
  auto late = std::vector<std::string>{};
  for (const auto& each : processes)
    if (each.node == x.id && each.alive && each.killed <= now)
      late.push_back(each.permit.run);
  for (const auto& each : late)
    run_over(each);
}

/// TX-DONE, or the end of the run without it.
void cluster::close(node& x, const run_permit& permit) {
  auto lost = lease::run_closed{permit, task_event{.id = permit.run}};
  if (!x.term || x.term->epoch != permit.epoch)
    return tell(x, lost);
  auto session = x.term->session;
  ask(
    x, 5s,
    [this, session, permit, &x, lost]() -> std::function<void()> {
      if (consul.lock.session != session)
        return [this, &x, lost] { tell(x, lost); };
      // Its record may be another one by now.
      auto found = consul.runs.find(permit.task);
      if (found != consul.runs.end() && found->second.index == permit.index)
        consul.runs.erase(found);
      return [this, &x, permit] { tell(x, lease::run_closed{permit, {}}); };
    },
    [this, permit, &x] { close(x, permit); });
}

void cluster::end_runs(node& x, ha::epoch epoch) {
  x.ending = epoch;
  x.leads = false;
  x.term.reset();
  stop_runs(x.boot, now + 10s);
  report_over(x);
}

void cluster::report_over(node& x) {
  if (x.ending == 0 || !x.up)
    return;
  if (!any_run(x.boot))
    tell(x, elector::term_reported_over{std::exchange(x.ending, 0)});
  else
    at(now + 100ms, [this, &x, life = x.life] {
      if (x.life == life)
        report_over(x);
    });
}

} // namespace cts::ha::model

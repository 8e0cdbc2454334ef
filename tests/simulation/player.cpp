#include "tests/simulation/player.hpp"

#include "tests/simulation/record_text.hpp"

#include <boost/json/value.hpp>

#include <algorithm>

namespace cts::simulation {

namespace {

using namespace std::chrono_literals;

/// Sessions, leases, back-offs and pauses of whatever length are over then.
constexpr auto patience = 150s;
constexpr auto tasks_known = 3U;

api_request request_of(std::string method, std::string target,
                       std::string body = {}) {
  auto out = api_request{.method = std::move(method),
                         .target = std::move(target),
                         .host = "localhost",
                         .remote = "127.0.0.1:1"};
  if (!body.empty())
    out.fields = {{"content-type", "application/json"}};
  out.body = std::move(body);
  return out;
}

task_name configured_task(const incident& x) {
  return "t" + std::to_string(x.number % tasks_known);
}

task_name extra_task(const incident& x) {
  return "x" + std::to_string(x.number % tasks_known);
}

} // namespace

player::player(const history_options& options)
  : options_(options), world_({.seed = options.seed,
                               .machines = options.machines,
                               .session_ttl = options.session_ttl,
                               .exclusive = options.exclusive,
                               .trace_lines = options.trace_lines,
                               .tamper = options.tamper,
                               .adjust = options.adjust}),
    oracle_(world_, {.exclusive = options.exclusive,
                     .watches_delays = options.watches_delays,
                     .watches_wakes = options.watches_wakes}) {}

player::~player() {
  is_ending_ = true;
  world_.observe({});
}

outcome player::play() {
  world_.boot_all();
  for (const auto& x : options_.incidents) {
    if (x.at > world_.engine().now())
      world_.advance(x.at - world_.engine().now());
    happen(x);
    if (is_over())
      break;
  }
  if (!is_over()) {
    heal();
    wait();
  }
  return {.violations = oracle_.violations(),
          .trace = world_.engine().trace().text(),
          .simulated = world_.engine().now(),
          .steps = world_.engine().steps(),
          .elections = oracle_.elections(),
          .applies = oracle_.applies(),
          .incidents = options_.incidents.size(),
          .thaw_overlaps = oracle_.thaw_overlaps(),
          .witness_releases = oracle_.witness_releases(),
          .acknowledged = oracle_.acknowledged()};
}

// -- what goes wrong ----------------------------------------------------------

void player::happen(const incident& x) {
  auto& where = world_.at(x.machine);
  world_.engine().note([&] {
    return "INCIDENT " + std::string{to_string(x.what)} + " " + where.name();
  });
  if (x.what <= fault::power_off)
    hurt_instance(x, where);
  else if (x.what <= fault::heal_agent)
    hurt_agent(x, where);
  else if (x.what <= fault::allow_writes)
    hurt_servers(x, where);
  else if (x.what <= fault::deregister_instance)
    operate(x);
  else if (x.what <= fault::mend_modules)
    hurt_machine(x, where);
  else
    ask_api(x, where);
}

void player::hurt_instance(const incident& x, machine& where) {
  switch (x.what) {
    case fault::kill: return where.kill();
    case fault::boot: return where.boot();
    case fault::terminate: return where.terminate();
    case fault::pause: return where.pause(true);
    case fault::resume: return where.pause(false);
    case fault::freeze: return where.freeze(true);
    case fault::thaw: where.freeze(false); return oracle_.thawed(where.name());
    case fault::suspend: return suspend(x, where);
    case fault::wake: return wake(where);
    case fault::starve:
      return where.starve(std::chrono::seconds{x.number % 30});
    case fault::kill_witness: return where.kill_witness();
    case fault::kill_both: where.kill_witness(); return where.kill();
    default: return where.power_off();
  }
}

// Whether the others notice depends on whether its agent is there.
void player::suspend(const incident& x, machine& where) {
  if (where.is_suspended())
    return;
  where.suspend(true);
  if (x.number % 2 == 0)
    set_agent(where, agent_fault::cut);
}

void player::wake(machine& where) {
  if (!where.is_suspended())
    return;
  set_agent(where, agent_fault::none);
  where.suspend(false);
  oracle_.woken(where.name());
}

void player::hurt_agent(const incident& x, machine& where) {
  switch (x.what) {
    case fault::cut_agent: return set_agent(where, agent_fault::cut);
    case fault::kill_agent: return set_agent(where, agent_fault::killed);
    case fault::mute_agent: return set_agent(where, agent_fault::mute);
    case fault::throttle_agent: return set_agent(where, agent_fault::throttled);
    case fault::blind_agent: return set_agent(where, agent_fault::blind);
    case fault::cut_peers: return world_.peers().cut(where.name(), true);
    case fault::reset_peers:
      return world_.peers().reset(where.name(), x.number % 2 == 1);
    default:
      world_.peers().cut(where.name(), false);
      return set_agent(where, agent_fault::none);
  }
}

void player::hurt_servers(const incident& x, machine& where) {
  auto& network = world_.network();
  switch (x.what) {
    case fault::elect_consul_leader:
      return network.tell(
        elect_leader{.outage = 500ms + milliseconds{x.number % 4'000},
                     .holds_requests = x.number % 2 == 0});
    case fault::lose_quorum:
      return network.tell(
        elect_leader{.outage = 8s + milliseconds{x.number % 52'000}});
    case fault::lose_transaction:
      return network.tell(lose_answers{.node = where.name(),
                                       .matching = "PUT /v1/txn",
                                       .count = 1 + x.number % 3,
                                       .is_applied = x.number % 4 != 0,
                                       .is_abrupt = x.number % 2 == 0});
    case fault::hang_polls:
      return network.tell(hang_polls{.node = where.name(),
                                     .span = milliseconds{x.number % 30'000}});
    case fault::lag_stale_reads:
      return network.tell(lag_stale_reads{x.number % 2 == 1});
    case fault::deny_writes: return set_rights(where, false);
    default: return set_rights(where, true);
  }
}

void player::set_agent(machine& where, agent_fault what) {
  world_.network().tell(set_agent_fault{what, where.name()});
}

void player::set_rights(machine& where, bool may_write) {
  world_.network().tell(set_agent_rights{.node = where.name(),
                                         .rights = {.write_keys = may_write}});
}

void player::operate(const incident& x) {
  auto base = "/kv/" + world_.base();
  switch (x.what) {
    case fault::destroy_sessions:
      if (!oracle_.lock_session().empty())
        world_.operate("PUT", "/session/destroy/" + oracle_.lock_session());
      return;
    case fault::delete_lock: return world_.operate("DELETE", base + "leader");
    case fault::overwrite_lock:
      return world_.operate("PUT", base + "leader", "garbage");
    case fault::delete_record:
      return world_.operate("DELETE", base + "inflight/" + configured_task(x));
    case fault::lower_epoch: return lower_epoch(1 + x.number % 2);
    case fault::lock_state: return world_.lock_state(configured_task(x));
    case fault::unlock_state: return world_.unlock_states();
    default: return change_service(x, x.what == fault::register_instance);
  }
}

void player::change_service(const incident& x, bool is_there) {
  auto task = configured_task(x);
  auto id = task + "-" + std::to_string(x.number / tasks_known % 4);
  if (is_there)
    world_.register_service(task, id);
  else
    world_.deregister_service(id);
  oracle_.registered(task, id, is_there);
}

// Only `meta` goes back, which is the worst: tasks and records are newer.
void player::lower_epoch(std::uint64_t by) {
  auto text = oracle_.meta();
  auto member = "\"epoch\":" + std::to_string(oracle_.epoch());
  auto at = text.find(member);
  if (at == std::string::npos || oracle_.epoch() <= by)
    return;
  oracle_.excuse_epochs();
  text.replace(at, member.size(),
               "\"epoch\":" + std::to_string(oracle_.epoch() - by));
  world_.operate("PUT", "/kv/" + world_.base() + "meta", text);
}

void player::hurt_machine(const incident& x, machine& where) {
  auto& habits = world_.habits();
  switch (x.what) {
    case fault::step_wall_clock:
      return where.step_wall_clock(x.number % 2 == 0 ? 24h : -24h);
    case fault::fill_disk: return where.fill_disk(true);
    case fault::empty_disk: return where.fill_disk(false);
    case fault::crash_terraform: return where.processes().crash_one(x.number);
    case fault::kill_shim: return where.processes().kill_shim(x.number);
    case fault::break_module: habits.failing.insert(configured_task(x)); return;
    case fault::hang_module:
      habits.hanging.insert(configured_task(x));
      if (x.number / tasks_known % 2 == 1)
        habits.stubborn.insert(configured_task(x));
      return;
    default: habits.failing.clear(); habits.hanging.clear();
  }
}

// -- people at the API --------------------------------------------------------

void player::ask_api(const incident& x, machine& where) {
  auto own = configured_task(x);
  auto extra = extra_task(x);
  switch (x.what) {
    case fault::create_task:
      return mutate(where, request_of("POST", "/v1/tasks", creation_of(extra)),
                    {.task = extra, .exists = true});
    case fault::delete_task:
      return mutate(where, request_of("DELETE", "/v1/tasks/" + extra),
                    {.task = extra, .exists = false});
    case fault::disable_task:
      return mutate(
        where, request_of("PATCH", "/v1/tasks/" + own, R"({"enabled":false})"),
        {.task = own, .enabled = false});
    case fault::enable_task:
      return mutate(
        where, request_of("PATCH", "/v1/tasks/" + own, R"({"enabled":true})"),
        {.task = own, .enabled = true});
    default:
      return where.ask_api(request_of("POST", "/v1/cluster/step-down"),
                           [](const result<api_reply>&) {});
  }
}

void player::mutate(machine& where, api_request request,
                    const asked_mutation& x) {
  if (!where.listens())
    return;
  oracle_.attempted(x);
  where.ask_api(std::move(request), [this, x](const result<api_reply>& reply) {
    if (is_ending_)
      return;
    auto status = reply ? reply->status : 0;
    // Whoever does not lead refuses; anything else says nothing.
    oracle_.settled(
      x, status >= 200 && status < 300   ? mutation_outcome::acknowledged
         : status >= 400 && status < 500 ? mutation_outcome::refused
                                         : mutation_outcome::unknown);
  });
}

// -- the end ------------------------------------------------------------------

void player::heal() {
  auto& habits = world_.habits();
  for (auto i = std::size_t{0}; i < world_.size(); ++i)
    heal(world_.at(i));
  habits.failing.clear();
  habits.hanging.clear();
  habits.stubborn.clear();
  world_.network().tell(lag_stale_reads{false});
  world_.network().tell(elect_leader{});
  world_.advance(2s);
  world_.unlock_states();
  for (auto i = std::size_t{0}; i < world_.size(); ++i)
    world_.at(i).boot();
  oracle_.expect_leader();
  watch_everything();
}

void player::heal(machine& where) {
  set_agent(where, agent_fault::none);
  world_.peers().cut(where.name(), false);
  set_rights(where, true);
  where.fill_disk(false);
  wake(where);
  where.freeze(false);
  where.pause(false);
  oracle_.thawed(where.name());
  where.processes().crash_hanging();
}

// A change for each task, so that each one shows that somebody looks after it.
void player::watch_everything() {
  for (const auto* kind : {"t", "x"})
    for (auto i = 0U; i < tasks_known; ++i) {
      auto task = kind + std::to_string(i);
      world_.register_service(task, task + "-last");
      oracle_.registered(task, task + "-last", true);
    }
}

void player::wait() {
  auto end = world_.engine().now() + patience;
  while (!is_over() && world_.engine().now() < end) {
    world_.advance(3s);
    ask_leader();
    world_.advance(1s);
    if (oracle_.unfinished().empty())
      return;
  }
  if (!is_over())
    oracle_.finish();
}

bool player::is_over() const {
  const auto& found = oracle_.violations();
  if (options_.sought.empty())
    return !found.empty();
  return std::ranges::count(found, options_.sought, &violation::invariant) > 0;
}

void player::ask_leader() {
  oracle_.supervised({});
  if (oracle_.holder().empty() || world_.find(oracle_.holder()) == nullptr)
    return;
  world_.at(oracle_.holder())
    .ask_api(request_of("GET", "/v1/status/tasks"),
             [this](const result<api_reply>& reply) {
               if (is_ending_ || !reply || reply->status != 200)
                 return;
               auto body = read_record(reply->body);
               auto found = std::set<task_name>{};
               if (const auto* members = body.if_object())
                 for (const auto& each : *members)
                   found.emplace(each.key());
               oracle_.supervised(found);
             });
}

} // namespace cts::simulation

#include "tests/simulation/history.hpp"

#include <algorithm>

namespace cts::simulation {

namespace {

using namespace std::chrono_literals;

constexpr auto faults_last = 150s;
/// Sessions, leases and pauses of whatever length are over then.
constexpr auto healing_lasts = 150s;

class player {
public:
  explicit player(const history_options& options)
    : options_(options), world_({.seed = options.seed,
                                 .habits = options.habits,
                                 .trace_lines = options.trace_lines,
                                 .tamper = options.tamper,
                                 .adjust = options.adjust}),
      oracle_(world_) {}

  outcome play() {
    world_.boot_all();
    for (const auto& x : options_.incidents) {
      if (x.at > world_.engine().now())
        world_.advance(x.at - world_.engine().now());
      happen(x);
      if (!oracle_.violations().empty())
        break;
    }
    if (oracle_.violations().empty()) {
      heal();
      world_.advance(healing_lasts);
      oracle_.finish();
    }
    return {.violations = oracle_.violations(),
            .trace = world_.engine().trace().text(),
            .simulated = world_.engine().now(),
            .steps = world_.engine().steps(),
            .failovers = oracle_.failovers(),
            .applies = oracle_.applies(),
            .incidents = options_.incidents.size()};
  }

private:
  void happen(const incident& x) {
    auto& where = world_.at(x.machine);
    world_.engine().note([&] {
      return "INCIDENT " + std::string{to_string(x.what)} + " " + where.name();
    });
    switch (x.what) {
      case fault::kill: return where.kill();
      case fault::boot: return where.boot();
      case fault::terminate: return where.terminate();
      case fault::pause: return where.pause(true);
      case fault::resume: return where.pause(false);
      case fault::cut_agent: return hurt(where, agent_fault::cut);
      case fault::kill_agent: return hurt(where, agent_fault::killed);
      case fault::mute_agent: return hurt(where, agent_fault::mute);
      case fault::heal_agent: return hurt(where, agent_fault::none);
      case fault::elect_consul_leader:
        return world_.network().tell(
          elect_leader{.outage = 500ms + milliseconds{x.number % 4'000},
                       .holds_requests = x.number % 2 == 0});
      case fault::lose_transaction:
        return world_.network().tell(
          lose_answers{.node = where.name(),
                       .matching = "PUT /v1/txn",
                       .count = 1 + x.number % 3,
                       .is_applied = x.number % 4 != 0,
                       .is_abrupt = x.number % 2 == 0});
      case fault::hang_polls:
        return world_.network().tell(hang_polls{
          .node = where.name(), .span = milliseconds{x.number % 30'000}});
      default: return intervene(x, where);
    }
  }

  void intervene(const incident& x, machine& where) {
    auto lock = "/kv/" + world_.base() + "leader";
    switch (x.what) {
      case fault::destroy_sessions:
        // Sessions are numbered by the model; one of the newest dies.
        return world_.operate("PUT",
                              "/session/destroy/" + session_id(x.number));
      case fault::delete_lock: return world_.operate("DELETE", lock);
      case fault::overwrite_lock: return world_.operate("PUT", lock, "garbage");
      case fault::register_instance: return change(x, true);
      case fault::deregister_instance: return change(x, false);
      case fault::step_wall_clock:
        return where.step_wall_clock(x.number % 2 == 0 ? 24h : -24h);
      case fault::create_task:
        return mutate(where, "POST", "/v1/tasks", extra(x), true);
      case fault::delete_task:
        return mutate(where, "DELETE", "/v1/tasks/" + extra(x), extra(x),
                      false);
      default: return;
    }
  }

  void hurt(machine& where, agent_fault what) {
    world_.network().tell(set_agent_fault{what, where.name()});
  }

  static std::string session_id(std::uint64_t number) {
    return make_uuid(number, number);
  }

  static task_name extra(const incident& x) {
    return "x" + std::to_string(x.number % 3);
  }

  void change(const incident& x, bool is_there) {
    auto task = "t" + std::to_string(x.number % 3);
    auto id = task + "-" + std::to_string(x.number / 3 % 4);
    if (is_there)
      world_.register_service(task, id);
    else
      world_.deregister_service(id);
    oracle_.registered(task, id, is_there);
  }

  void mutate(machine& where, const std::string& method,
              const std::string& target, const task_name& task, bool exists) {
    auto request = api_request{.method = method,
                               .target = target,
                               .host = "localhost",
                               .remote = "127.0.0.1:1"};
    if (exists) {
      request.body = creation_of(task);
      request.fields = {{"content-type", "application/json"}};
    }
    // Whoever does not lead refuses; then nothing was promised.
    where.ask_api(request, [this, task, exists](const result<api_reply>& x) {
      if (x && (x->status == 201 || x->status == 200 || x->status == 202))
        oracle_.acknowledged(task, exists);
    });
  }

  void heal() {
    for (auto i = std::size_t{0}; i < world_.size(); ++i) {
      auto& x = world_.at(i);
      hurt(x, agent_fault::none);
      x.pause(false);
    }
    world_.advance(30s);
    for (auto i = std::size_t{0}; i < world_.size(); ++i)
      world_.at(i).boot();
  }

  history_options options_;
  world world_;
  oracle oracle_;
};

} // namespace

const char* to_string(fault x) {
  constexpr const char* names[] = {"kill",
                                   "boot",
                                   "terminate",
                                   "pause",
                                   "resume",
                                   "cut_agent",
                                   "kill_agent",
                                   "heal_agent",
                                   "mute_agent",
                                   "elect_consul_leader",
                                   "lose_transaction",
                                   "hang_polls",
                                   "destroy_sessions",
                                   "delete_lock",
                                   "overwrite_lock",
                                   "register_instance",
                                   "deregister_instance",
                                   "step_wall_clock",
                                   "create_task",
                                   "delete_task"};
  return names[static_cast<std::size_t>(x)];
}

std::vector<incident> incidents_of(std::uint64_t seed) {
  auto random = random_stream{seed ^ 0x6661756C74U};
  auto out = std::vector<incident>{};
  auto count = 5 + random.below(25);
  for (auto i = std::size_t{0}; i < count; ++i) {
    auto what = static_cast<fault>(random.below(faults_known));
    // What is hurt is healed about as often.
    if (random.chance(25))
      what = random.chance(50)   ? fault::boot
             : random.chance(50) ? fault::resume
                                 : fault::heal_agent;
    out.push_back({.at = random.between(2s, faults_last),
                   .what = what,
                   .machine = random.below(3),
                   .number = random.next()});
  }
  std::ranges::stable_sort(out, {}, &incident::at);
  return out;
}

outcome play(const history_options& options) {
  return player{options}.play();
}

std::vector<incident> minimised(history_options options) {
  auto broken = play(options).violations;
  if (broken.empty())
    return options.incidents;
  auto still_breaks = [&](const std::vector<incident>& fewer) {
    auto tried = options;
    tried.incidents = fewer;
    tried.trace_lines = 0;
    auto found = play(tried).violations;
    return !found.empty()
           && found.front().invariant == broken.front().invariant;
  };
  auto left = options.incidents;
  for (auto size = std::max<std::size_t>(left.size() / 2, 1); size > 0;
       size /= 2)
    for (auto from = std::size_t{0}; from < left.size();) {
      auto fewer = left;
      auto to = std::min(from + size, left.size());
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(from),
                  fewer.begin() + static_cast<std::ptrdiff_t>(to));
      if (still_breaks(fewer))
        left = fewer;
      else
        from += size;
    }
  return left;
}

std::string describe(const std::vector<incident>& xs) {
  auto out = std::string{};
  for (const auto& x : xs)
    out += "  " + std::to_string(x.at.count() / 1'000'000)
           + " ms: " + to_string(x.what) + " cts-" + std::to_string(x.machine)
           + " (" + std::to_string(x.number) + ")\n";
  return out;
}

} // namespace cts::simulation

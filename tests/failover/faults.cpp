#include "tests/failover/faults.hpp"

#include "tests/failover/processes.hpp"

#include <algorithm>
#include <array>
#include <csignal>

namespace cts::failover {

namespace {

using namespace std::chrono_literals;

// Twice the TTL of 15 s, an election and a second: what the session's end
// takes when nothing else notices.
constexpr auto session_end = 31s;

constexpr auto faults = std::array{
  fault{.name = fault_name::stop,
        .label = "stop",
        .action = "SIGTERM to the leader",
        .bounds = {.lock_p99 = 250ms, .lock_max = 1s},
        .patience = 60s},
  fault{.name = fault_name::kill9,
        .label = "kill9",
        .action = "SIGKILL to the leader's worker",
        .bounds = {.lock_p99 = 250ms, .lock_max = 1s},
        .patience = 60s},
  fault{.name = fault_name::kill9_all,
        .label = "kill9-all",
        .action = "SIGKILL to the leader's worker and witness at once",
        .bounds = {.lock_max = 1500ms, .lock_max_by_peers = 500ms},
        .patience = 60s},
  fault{.name = fault_name::stall,
        .label = "stall",
        .action = "SIGSTOP to the leader's worker",
        .bounds = {.lock_max = 5500ms},
        .patience = 60s},
  fault{.name = fault_name::freeze,
        .label = "freeze",
        .action = "SIGSTOP to all processes of the leader",
        .bounds = {.lock_max = session_end},
        .patience = 90s},
  fault{.name = fault_name::hostdown,
        .label = "hostdown",
        .action = "the network of the leader's host is cut",
        .bounds = {.lock_median = 7s, .lock_max = 8s},
        .patience = 60s},
  fault{.name = fault_name::partition,
        .label = "partition",
        .action = "the agent of the leader answers nobody any more (SIGSTOP)",
        .bounds = {.lock_max = session_end},
        .patience = 90s},
  fault{.name = fault_name::consul_leader_kill,
        .label = "consul-leader-kill",
        .action = "SIGKILL to the leader of Consul",
        .moves_lock = false,
        .patience = 30s},
  fault{.name = fault_name::double_kill,
        .label = "double",
        .action = "SIGKILL to the leader of Consul and to our leader's worker",
        .bounds = {.lock_after_consul = 1s},
        .patience = 90s},
  fault{.name = fault_name::kill9_midapply,
        .label = "kill9-midapply",
        .action = "SIGKILL to the leader's worker while a task is at work",
        .bounds = {.lock_p99 = 250ms, .lock_max = 1s, .again_max = 10s},
        .patience = 90s},
};

/// A process and all that it started.
std::vector<pid_t> family(pid_t process) {
  auto out = descendants(process);
  out.insert(out.begin(), process);
  return out;
}

void signal_all(const std::vector<pid_t>& processes, int signal) {
  for (auto x : processes)
    ::kill(x, signal);
}

/// First stopped, so that none of them sees another one die.
void kill_with_witness(pid_t worker) {
  auto victims = std::vector<pid_t>{worker};
  for (auto x : descendants(worker))
    if (name_of(x) == "cts-guard")
      victims.push_back(x);
  signal_all(victims, SIGSTOP);
  signal_all(victims, SIGKILL);
}

void kill_consul_leader(fleet& all, injury& hurt) {
  hurt.server = all.consul().leader();
  hurt.at = now();
  all.consul().kill(hurt.server);
}

/// Without networks of their own, hosts and agents can only be frozen.
void cut(fleet& all, int host) {
  if (all.hosts().is_real())
    return all.hosts().cut(host);
  all.agent(host).send_signal(SIGSTOP);
  signal_all(family(all.instance(host).process()), SIGSTOP);
}

void join(fleet& all, int host) {
  if (all.hosts().is_real())
    return all.hosts().join(host);
  all.agent(host).send_signal(SIGCONT);
  signal_all(family(all.instance(host).process()), SIGCONT);
}

void restart(fleet& all, int x) {
  all.instance(x).wait_for_exit(20s);
  all.start(x);
}

void restart_consul(fleet& all, int server) {
  all.consul().restart(server);
  all.consul().leader();
}

} // namespace

std::span<const fault> all_faults() {
  return faults;
}

const fault* find_fault(std::string_view label) {
  auto found = std::ranges::find(faults, label, &fault::label);
  return found == faults.end() ? nullptr : &*found;
}

injury inject(fleet& all, fault_name fault) {
  auto out = injury{.leader = all.leader()};
  const auto worker = all.instance(out.leader).process();
  const auto frozen = family(worker);
  out.at = now();
  switch (fault) {
    case fault_name::stop: ::kill(worker, SIGTERM); break;
    case fault_name::kill9:
    case fault_name::kill9_midapply: ::kill(worker, SIGKILL); break;
    case fault_name::kill9_all: kill_with_witness(worker); break;
    case fault_name::stall: ::kill(worker, SIGSTOP); break;
    case fault_name::freeze: signal_all(frozen, SIGSTOP); break;
    case fault_name::hostdown: cut(all, out.leader); break;
    case fault_name::partition:
      all.agent(out.leader).send_signal(SIGSTOP);
      break;
    case fault_name::consul_leader_kill: kill_consul_leader(all, out); break;
    case fault_name::double_kill:
      kill_consul_leader(all, out);
      ::kill(worker, SIGKILL);
      break;
  }
  return out;
}

void heal(fleet& all, fault_name fault, const injury& hurt) {
  if (fault != fault_name::consul_leader_kill)
    all.expect_return(hurt.leader);
  switch (fault) {
    case fault_name::stop:
    case fault_name::kill9:
    case fault_name::kill9_midapply:
    case fault_name::kill9_all: restart(all, hurt.leader); break;
    case fault_name::stall:
    case fault_name::freeze:
      signal_all(family(all.instance(hurt.leader).process()), SIGCONT);
      break;
    case fault_name::hostdown: join(all, hurt.leader); break;
    case fault_name::partition:
      all.agent(hurt.leader).send_signal(SIGCONT);
      break;
    case fault_name::consul_leader_kill:
      restart_consul(all, hurt.server);
      break;
    case fault_name::double_kill:
      restart_consul(all, hurt.server);
      restart(all, hurt.leader);
      break;
  }
}

} // namespace cts::failover

#include "actors/cluster_parts.hpp"

#include "actors/cluster_store.hpp"
#include "actors/guardian.hpp"
#include "actors/memory_store.hpp"
#include "actors/registrar.hpp"

#include <caf/send.hpp>

namespace cts {

namespace {

/// What the second signal leaves the runs of a cluster's member, and what it
/// needs to give back the lock while Consul does not answer.
constexpr auto hurry_grace = std::chrono::seconds{10};
constexpr auto leave_margin = std::chrono::seconds{15};

/// How fast the elector asks: each run begins with a request of its own, all
/// that wait for a new leader begin at once, and no renewal may wait behind
/// them.
constexpr auto elector_rate
  = token_bucket{.interval = milliseconds{1}, .burst = 500};

consul_actor spawn_client(caf::local_actor* parent, const char* name,
                          const cluster_order& order) {
  auto options = order.consul;
  options.tells_outages = false;
  return guarded<consul_actor>(parent, {.name = name},
                               [options, http = order.http](auto* host) {
                                 return make_consul_client(host, options, http);
                               });
}

milliseconds whole(config::nanoseconds x) {
  return std::chrono::duration_cast<milliseconds>(x);
}

/// Followers only have use for it, so once-mode does without.
peer_link_actor spawn_peer_link(caf::local_actor* parent,
                                const cluster_order& order,
                                const elector_impl& elector) {
  const auto& failover = order.settings->high_availability->failover;
  if (!order.peers || order.once || !failover.peer_link)
    return {};
  return guarded<peer_link_actor>(
    parent, {.name = "peer link"},
    [line = order.peers, known = elector](auto* host) {
      return make_peer_link(host, line, known);
    });
}

kept_tasks configured(const config::settings& settings) {
  auto out = kept_tasks{};
  for (const auto& task : settings.tasks)
    out.push_back({.configuration = std::make_shared<const config::task>(task),
                   .enabled = task.enabled});
  return out;
}

} // namespace

void plan_leaving(lifecycle::state& x, const config::settings& settings) {
  x.drain = settings.high_availability->failover.drain_timeout;
  x.hurry_grace = hurry_grace;
  x.leave_margin = leave_margin;
}

std::vector<std::pair<std::string, caf::strong_actor_ptr>>
named_parts(const cluster_parts& x) {
  auto out = std::vector<std::pair<std::string, caf::strong_actor_ptr>>{};
  auto add = [&out](const char* name, const auto& part) {
    if (part)
      out.emplace_back(name, caf::actor_cast<caf::strong_actor_ptr>(part));
  };
  add("consul client of elector", x.elector_client);
  add("consul client of store", x.store_client);
  add("elector", x.elector);
  add("peer link", x.peer_link);
  return out;
}

cluster_parts spawn_cluster(caf::local_actor* parent,
                            const cluster_order& order) {
  const auto& identity = order.identity;
  // The configuration was checked: there is a cluster's name in the path.
  auto keys = ha::layout::make(order.settings->high_availability->path);
  auto prompt = order;
  prompt.consul.rate = elector_rate;
  auto out = cluster_parts{
    .elector_client = spawn_client(parent, "consul client of elector", prompt),
    .store_client = spawn_client(parent, "consul client of store", order)};
  auto storing = cluster_store_options{.settings = order.settings,
                                       .keys = *keys,
                                       .boot = identity.boot,
                                       .reset = identity.reset,
                                       .version = identity.version,
                                       .clock = order.clock,
                                       .random = order.random};
  // Each incarnation has to know the elector, which needs the store first.
  auto elector = std::make_shared<caf::actor_addr>();
  out.store = guarded<cluster_store_actor>(
    parent, {.name = store_part, .restarted = order.store_restarted},
    [storing, elector, consul = out.store_client](auto* host) {
      auto known = storing;
      if (auto alive = caf::actor_cast<caf::strong_actor_ptr>(*elector))
        known.elector = caf::actor_cast<elector_actor>(alive);
      return cluster_store_actor{make_cluster_store(host, known, consul)};
    });
  auto elected
    = make_elector(parent,
                   {.settings = order.settings,
                    .keys = *keys,
                    .boot = identity.boot,
                    .host = identity.host,
                    .services = identity.services,
                    .version = identity.version,
                    .reset = identity.reset,
                    .processes = identity.processes,
                    .witness = identity.witness,
                    .store = order.once ? cluster_store_actor{} : out.store,
                    .meter = order.meter,
                    .check_missing = order.check_missing},
                   out.elector_client);
  out.elector = elected;
  out.peer_link = spawn_peer_link(parent, order, elected);
  parent->link_to(out.elector);
  *elector = out.elector.address();
  caf::anon_send(caf::actor_cast<cluster_store_impl>(out.store),
                 elector_known{out.elector});
  return out;
}

state_store_actor spawn_store(caf::local_actor* parent,
                              const cluster_parts& parts, bool once) {
  if (parts.store && !once)
    return parts.store;
  return guarded<state_store_actor>(parent, {.name = store_part},
                                    [elector = parts.elector](auto* host) {
                                      return make_memory_store(host, elector);
                                    });
}

promoter_actor spawn_promoter(caf::local_actor* parent,
                              const cluster_order& order,
                              const cluster_parts& parts,
                              const task_manager_actor& tasks) {
  const auto& settings = *order.settings;
  const auto& failover = settings.high_availability->failover;
  auto out = make_promoter(
    parent, {.once = order.once,
             .configured = configured(settings),
             .cluster_name = settings.high_availability->cluster_name,
             .drain = whole(failover.drain_timeout),
             .grace = whole(failover.lease),
             .process_check = order.once ? "" : process_check_of(settings),
             .tasks = tasks,
             .store = order.once ? cluster_store_actor{} : parts.store,
             .elector = parts.elector,
             .stat = order.identity.stat,
             .meter = order.meter});
  parent->link_to(out);
  return out;
}

} // namespace cts

#include "tests/support/consul_model_registry.hpp"

#include "tests/support/consul_model_session.hpp"

#include <algorithm>

namespace cts::consul_model {

namespace {

/// Notes a change that wakes those who watch the service.
void touch(state& s, const std::string& name) {
  s.service_index[name] = s.catalog_index = s.newest;
}

void touch_node(state& s, const std::string& node) {
  for (auto it = s.services.lower_bound({node, ""});
       it != s.services.end() && it->first.first == node; ++it)
    touch(s, it->second.name);
  s.catalog_index = s.newest;
}

/// The places of one node in a map.
template <class Map>
std::vector<place> places_on(const Map& from, const std::string& node) {
  auto out = std::vector<place>{};
  for (auto it = from.lower_bound({node, ""});
       it != from.end() && it->first.first == node; ++it)
    out.push_back(it->first);
  return out;
}

constexpr auto serf_health = "serfHealth";

void set_serf_health(state& s, const std::string& node, bool lives,
                     time_point now) {
  auto text
    = lives ? "Agent alive and reachable" : "Agent not live or unreachable";
  put_check(s, {node, serf_health},
            {.name = "Serf Health Status",
             .status = lives ? "passing" : "critical",
             .output = text},
            now);
}

/// Brings back what the agent took along.
void join(state& s, const std::string& name) {
  auto found = s.departed.extract(name);
  if (!found)
    return;
  s.nodes[name] = found.mapped().self;
  s.catalog_index = ++s.newest;
  for (auto& [at, x] : found.mapped().services)
    put_service(s, at, std::move(x));
  s.checks.merge(found.mapped().checks);
}

} // namespace

void put_service(state& s, const place& at, service x) {
  auto found = s.services.find(at);
  if (found != s.services.end() && found->second == x)
    return;
  ++s.newest;
  touch(s, x.name);
  s.services_index = s.newest;
  s.services.insert_or_assign(at, std::move(x));
}

void put_check(state& s, const place& at, check x, time_point now) {
  auto found = s.checks.find(at);
  if (found != s.checks.end() && found->second == x)
    return;
  ++s.newest;
  if (auto owner = s.services.find({at.first, x.service_id});
      owner != s.services.end())
    touch(s, owner->second.name);
  else
    touch_node(s, at.first);
  auto is_critical = x.status == "critical";
  s.checks.insert_or_assign(at, std::move(x));
  if (is_critical)
    end_sessions_of(s, at, now);
}

void erase_service(state& s, const place& at, time_point now) {
  auto found = s.services.find(at);
  if (found == s.services.end())
    return;
  auto name = found->second.name;
  s.services.erase(found);
  for (const auto& where : places_on(s.checks, at.first))
    if (s.checks.at(where).service_id == at.second) {
      s.checks.erase(where);
      end_sessions_of(s, where, now);
    }
  ++s.newest;
  touch(s, name);
  s.services_index = s.newest;
  auto is_last = std::none_of(
    s.services.begin(), s.services.end(),
    [&name](const auto& entry) { return entry.second.name == name; });
  if (is_last) {
    s.service_index.erase(name);
    s.extinction_index = s.newest;
  }
}

void erase_check(state& s, const place& at, time_point now) {
  if (s.checks.erase(at) == 0)
    return;
  ++s.newest;
  touch_node(s, at.first);
  end_sessions_of(s, at, now);
}

void erase_node(state& s, const std::string& name, time_point now) {
  for (const auto& at : places_on(s.services, name))
    erase_service(s, at, now);
  for (const auto& at : places_on(s.checks, name))
    erase_check(s, at, now);
  end_sessions_on(s, name, now);
  if (s.nodes.erase(name) > 0)
    s.catalog_index = ++s.newest;
}

void silence_node(state& s, const std::string& name) {
  if (auto found = s.nodes.find(name); found != s.nodes.end())
    found->second.is_up = false;
}

void fail_node(state& s, const std::string& name, time_point now) {
  if (s.nodes.contains(name))
    set_serf_health(s, name, false, now);
}

void revive_node(state& s, const std::string& name, bool restarted,
                 time_point now) {
  join(s, name);
  auto found = s.nodes.find(name);
  if (found == s.nodes.end())
    return;
  found->second.is_up = true;
  set_serf_health(s, name, true, now);
  for (const auto& at : places_on(s.checks, name)) {
    auto x = s.checks.at(at);
    if (restarted && !x.service_id.empty()) {
      x.status = "critical";
      x.output.clear();
      x.since = now;
      put_check(s, at, x, now);
    }
    arm_check(s, at, now);
  }
}

void leave_node(state& s, const std::string& name, time_point now) {
  auto found = s.nodes.find(name);
  if (found == s.nodes.end())
    return;
  auto bag = departed_node{.self = found->second};
  for (const auto& at : places_on(s.services, name))
    bag.services.emplace(at, s.services.at(at));
  for (const auto& at : places_on(s.checks, name))
    if (at.second != serf_health)
      bag.checks.emplace(at, s.checks.at(at));
  erase_node(s, name, now);
  s.departed.insert_or_assign(name, std::move(bag));
}

void set_listener(state& s, const place& address, bool is_open,
                  time_point now) {
  if (is_open)
    s.closed_listeners.erase(address);
  else
    s.closed_listeners.insert(address);
  for (const auto& at : places_on(s.checks, address.first))
    if (s.checks.at(at).tcp == address.second)
      arm_check(s, at, now);
}

void arm_check(state& s, const place& at, time_point now) {
  auto found = s.checks.find(at);
  if (found == s.checks.end() || found->second.tcp.empty())
    return;
  const auto& x = found->second;
  s.ticks[at] = x.since + ((now - x.since) / x.interval + 1) * x.interval;
}

void make_checks(state& s, time_point now) {
  auto due = std::vector<place>{};
  for (const auto& [at, when] : s.ticks)
    if (when <= now)
      due.push_back(at);
  for (const auto& at : due) {
    s.ticks.erase(at);
    auto found = s.checks.find(at);
    auto node = s.nodes.find(at.first);
    if (found == s.checks.end() || node == s.nodes.end() || !node->second.is_up)
      continue;
    auto x = found->second;
    auto is_open = !s.closed_listeners.contains({at.first, x.tcp});
    x.status = is_open ? "passing" : "critical";
    x.output = is_open ? "TCP connect " + x.tcp + ": Success"
                       : "dial tcp " + x.tcp + ": connect: connection refused";
    put_check(s, at, std::move(x), now);
  }
}

} // namespace cts::consul_model

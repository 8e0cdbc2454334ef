#include "core/inputs.hpp"

#include <re2/re2.h>

#include <algorithm>

namespace cts::inputs {

namespace {

using config::services_query;

std::vector<services_query> input_queries(const config::task& task) {
  auto out = std::vector<services_query>{};
  for (const auto& input : task.module_inputs)
    if (const auto* query = std::get_if<services_query>(&input))
      out.push_back(*query);
  return out;
}

// The service queries whose instances trigger the task. A condition that is no
// services condition makes all of them mere inputs.
std::vector<services_query>
triggering_queries(const config::task& task,
                   const std::vector<config::service>& services) {
  if (const auto* x = std::get_if<config::services_condition>(&task.condition))
    return {x->query};
  if (!std::holds_alternative<config::no_condition>(task.condition))
    return {};
  auto out = deprecated_queries(task, services);
  std::ranges::copy(input_queries(task), std::back_inserter(out));
  return out;
}

dependency catalog_of(const services_query& query) {
  return {.what = dependency::kind::catalog_services,
          .datacenter = query.datacenter,
          .ns = query.ns};
}

template <class T>
const T* find(const task_inputs& snapshots, const dependency& what) {
  auto found = snapshots.find(what);
  if (found == snapshots.end() || found->second == nullptr)
    return nullptr;
  return std::get_if<T>(&found->second->data);
}

bool all_known(const state& s) {
  return std::ranges::all_of(
    s.watched, [&s](const dependency& x) { return s.snapshots.contains(x); });
}

// Watches what is newly wanted and lets go of what is not wanted any more.
void adjust(state& s, std::vector<effect>& out) {
  auto now_wanted = wanted(*s.task, s.services, s.snapshots);
  for (const auto& x : now_wanted)
    if (!s.watched.contains(x))
      out.push_back(watch{x});
  for (const auto& x : s.watched)
    if (!now_wanted.contains(x)) {
      out.push_back(unwatch{x});
      s.snapshots.erase(x);
    }
  s.watched = std::move(now_wanted);
}

// Nothing counts until everything is known once. Later, a service that appears
// in the catalog triggers when its instances arrive, and holds up nothing if
// they do not.
void judge(state& s, std::vector<effect>& out) {
  if (!s.complete && !all_known(s))
    return;
  auto current = basis_of(*s.task, s.services, s.snapshots);
  if (!s.complete)
    out.push_back(report_complete{});
  else if (s.last != current)
    out.push_back(report_change{});
  s.complete = true;
  s.last = std::move(current);
}

} // namespace

transition<state, effect> step(state s, const started&, time_point) {
  auto out = std::vector<effect>{};
  adjust(s, out);
  judge(s, out);
  return {std::move(s), std::move(out)};
}

transition<state, effect> step(state s, const snapshot_arrived& event,
                               time_point) {
  auto out = std::vector<effect>{};
  if (!s.watched.contains(event.what) || event.data == nullptr)
    return {std::move(s), {}};
  s.snapshots[event.what] = event.data;
  adjust(s, out);
  judge(s, out);
  return {std::move(s), std::move(out)};
}

std::set<dependency> wanted(const config::task& task,
                            const std::vector<config::service>& services,
                            const task_inputs& known) {
  auto out = std::set<dependency>{};
  auto add = [&](const services_query& query) {
    out.merge(dependencies_of(query, known));
  };
  if (const auto* x = std::get_if<config::services_condition>(&task.condition))
    add(x->query);
  if (const auto* x
      = std::get_if<config::catalog_services_condition>(&task.condition))
    out.insert(dependency_of(*x));
  if (const auto* x = std::get_if<config::consul_kv_condition>(&task.condition))
    out.insert(dependency_of(x->query));
  std::ranges::for_each(deprecated_queries(task, services), add);
  std::ranges::for_each(input_queries(task), add);
  for (const auto& input : task.module_inputs)
    if (const auto* query = std::get_if<config::consul_kv_query>(&input))
      out.insert(dependency_of(*query));
  return out;
}

basis basis_of(const config::task& task,
               const std::vector<config::service>& services,
               const task_inputs& snapshots) {
  auto out = basis{};
  for (const auto& query : triggering_queries(task, services))
    for (const auto& x : dependencies_of(query, snapshots))
      if (const auto* found = find<service_instances>(snapshots, x);
          found != nullptr && !found->empty())
        out.snapshots.push_back(snapshots.at(x));
  if (const auto* x
      = std::get_if<config::catalog_services_condition>(&task.condition))
    if (const auto* found
        = find<catalog_services>(snapshots, dependency_of(*x)))
      out.names = matching_names(*found, x->regexp);
  if (const auto* x = std::get_if<config::consul_kv_condition>(&task.condition))
    if (auto found = snapshots.find(dependency_of(x->query));
        found != snapshots.end())
      out.snapshots.push_back(found->second);
  return out;
}

bool are_empty(const config::task& task, const task_inputs& snapshots) {
  auto has_data = [](const auto& entry) {
    if (entry.second == nullptr)
      return false;
    const auto& data = entry.second->data;
    const auto* instances = std::get_if<service_instances>(&data);
    const auto* pairs = std::get_if<kv_pairs>(&data);
    return (instances != nullptr && !instances->empty())
           || (pairs != nullptr && !pairs->empty());
  };
  return !snapshots.empty() && std::ranges::none_of(snapshots, has_data)
         && basis_of(task, {}, snapshots).names.empty();
}

bool basis::operator==(const basis& other) const {
  auto same = [](const snapshot_ptr& a, const snapshot_ptr& b) {
    return a == b || *a == *b;
  };
  return names == other.names
         && std::ranges::equal(snapshots, other.snapshots, same);
}

std::vector<std::string> matching_names(const catalog_services& catalog,
                                        const std::string& regexp) {
  auto options = RE2::Options{};
  options.set_log_errors(false); // validated when it was configured
  const auto pattern = RE2{unescaped(regexp), options};
  auto out = std::vector<std::string>{};
  for (const auto& [name, tags] : catalog)
    if (RE2::PartialMatch(name, pattern))
      out.push_back(name);
  return out;
}

std::string unescaped(const std::string& text) {
  auto out = std::string{};
  for (auto i = std::size_t{0}; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '\\')
      ++i;
  }
  return out;
}

std::set<dependency> dependencies_of(const services_query& query,
                                     const task_inputs& known) {
  auto out = std::set<dependency>{};
  auto names = query.names;
  if (query.regexp) {
    auto catalog = catalog_of(query);
    if (const auto* found = find<catalog_services>(known, catalog))
      names = matching_names(*found, *query.regexp);
    out.insert(std::move(catalog));
  }
  for (auto& name : names)
    out.insert({.what = dependency::kind::service,
                .name = std::move(name),
                .datacenter = query.datacenter,
                .ns = query.ns,
                .filter = unescaped(query.filter)});
  return out;
}

dependency dependency_of(const config::consul_kv_query& query) {
  return {.what = query.recurse ? dependency::kind::kv_prefix
                                : dependency::kind::kv_key,
          .name = query.path,
          .datacenter = query.datacenter,
          .ns = query.ns};
}

dependency dependency_of(const config::catalog_services_condition& condition) {
  return {.what = dependency::kind::catalog_services,
          .datacenter = condition.datacenter,
          .ns = condition.ns,
          .node_meta = condition.node_meta};
}

std::vector<services_query>
deprecated_queries(const config::task& task,
                   const std::vector<config::service>& services) {
  auto out = std::vector<services_query>{};
  for (const auto& entry : task.services) {
    auto query = services_query{.names = {entry}};
    for (const auto& x : services)
      if (x.id == entry)
        query = {.names = {x.name},
                 .datacenter = x.datacenter,
                 .ns = x.ns,
                 .filter = x.filter};
    out.push_back(std::move(query));
  }
  return out;
}

} // namespace cts::inputs

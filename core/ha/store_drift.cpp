#include "core/ha/store_parts.hpp"

#include <set>

namespace cts::ha::store {

namespace {

void warn(turn& t, const task_name& task, const std::string& fields) {
  log(t, severity::warning,
      "task configuration differs from stored state, using stored state",
      {{"task_name", task}, {"fields", fields}});
}

/// The names of what differs, with commas.
std::string differences(const configured_task& ours,
                        const task_record& stored) {
  auto names = std::set<std::string>{};
  for (const auto& [name, x] : ours.config) {
    auto other = stored.config.find(name);
    if (other == stored.config.end() || other->second != x)
      names.insert(name);
  }
  for (const auto& [name, x] : stored.config)
    if (!ours.config.contains(name))
      names.insert(name);
  // The API changes it beside the configuration.
  names.erase("enabled");
  if (ours.enabled != stored.enabled)
    names.insert("enabled");
  auto out = std::string{};
  for (const auto& name : names)
    out += (out.empty() ? "" : ",") + name;
  return out;
}

} // namespace

void warn_of_drift(turn& t) {
  auto configured = std::set<task_name>{};
  for (const auto& task : t.s.config.configured) {
    configured.insert(task.name);
    auto found = t.s.tasks.find(task.name);
    if (found == t.s.tasks.end() || found->second.task_at.index == 0)
      warn(t, task.name, "(not stored)");
    else if (found->second.problem.empty())
      if (auto fields = differences(task, found->second.record);
          !fields.empty())
        warn(t, task.name, fields);
  }
  // What came through the API was never configured.
  for (const auto& [name, task] : t.s.tasks)
    if (task.task_at.index != 0 && task.problem.empty()
        && task.record.source == "config" && !configured.contains(name))
      warn(t, name, "(not configured)");
}

} // namespace cts::ha::store

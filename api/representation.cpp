#include "api/representation.hpp"

#include "api/json_text.hpp"
#include "api/task_json.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace cts::api {

namespace {

namespace json = boost::json;

std::string body_of(const json::object& content) {
  return go_json_text(json::serialize(content)) + "\n";
}

json::string_view view(std::string_view text) {
  return {text.data(), text.size()};
}

template <class Items>
json::array list_json(const Items& items) {
  return json::array(items.begin(), items.end());
}

const task_events& events_of(const std::map<task_name, task_events>& all,
                             const task_name& name) {
  static const auto none = task_events{};
  const auto found = all.find(name);
  return found == all.end() ? none : found->second;
}

json::object event_json(const task_event& event, const zone_offset& zone) {
  auto made = json::object{};
  made["id"] = event.id;
  made["success"] = event.success;
  made["start_time"] = time_text(event.start_time, zone);
  made["end_time"] = time_text(event.end_time, zone);
  made["task_name"] = event.task;
  made["error"] = nullptr;
  if (!event.success)
    made["error"] = json::object{{"message", event.error.value_or("")}};
  made["config"] = json::object{
    {"providers", list_json(event.providers)},
    {"services", list_json(event.services)},
    {"source", event.source},
  };
  return made;
}

/// The union of a list over the stored events, sorted; `otherwise` if there
/// are none.
json::array united(const task_events& events,
                   std::vector<std::string> task_event::*list,
                   const std::vector<std::string>& otherwise) {
  if (events.empty())
    return list_json(otherwise);
  auto all = std::set<std::string>{};
  for (const auto& event : events)
    all.insert((event.*list).begin(), (event.*list).end());
  return list_json(all);
}

/// The words of section 16.16.
const char* state_text(const task_view& task) {
  if (task.deleting)
    return "deleting";
  return task.phase == task_phase::creating ? "initializing"
                                            : to_string(task.phase);
}

json::object task_status_json(const task_status_view& shown,
                              const status_options& options) {
  const auto& task = *shown.task.configuration;
  const auto& events = shown.events;
  auto made = json::object{};
  made["task_name"] = task.name;
  made["status"] = to_string(status_of(events));
  made["enabled"] = shown.task.enabled;
  made["events_url"] = events.empty()
                         ? std::string{}
                         : "/v1/status/tasks/" + task.name + "?include=events";
  if (options.include_events && !events.empty()) {
    auto& list = made["events"].emplace_array();
    for (const auto& event : events)
      list.push_back(event_json(event, options.zone));
  }
  made["providers"] = united(events, &task_event::providers, task.providers);
  made["services"] = united(events, &task_event::services, task.services);
  if (options.verbose) {
    made["state"] = state_text(shown.task);
    made["due"] = shown.task.due;
    if (shown.task.waiting)
      made["waiting"] = true;
    if (!shown.task.problem.empty())
      made["problem"] = shown.task.problem;
  }
  return made;
}

} // namespace

std::string error_body(std::string_view message, std::string_view request_id) {
  auto made = json::object{};
  made["error"] = json::object{{"message", view(message)}};
  if (!request_id.empty())
    made["request_id"] = view(request_id);
  return body_of(made);
}

std::string task_body(const task_view& task, std::string_view request_id) {
  auto made = json::object{};
  made["request_id"] = view(request_id);
  made["task"] = task_json(task);
  return body_of(made);
}

std::string task_list_body(const task_views& tasks,
                           std::string_view request_id) {
  auto made = json::object{};
  made["request_id"] = view(request_id);
  auto& list = made["tasks"].emplace_array();
  for (const auto& task : tasks.tasks)
    list.push_back(task_json(task));
  return body_of(made);
}

std::string status_body(const task_views& tasks,
                        const std::map<task_name, task_events>& events) {
  auto by_status = std::map<task_status, std::uint64_t>{};
  auto by_enabled = std::map<bool, std::uint64_t>{};
  for (const auto& task : tasks.tasks) {
    ++by_status[status_of(events_of(events, task.configuration->name))];
    ++by_enabled[task.enabled];
  }
  auto status = json::object{};
  for (auto kind : {task_status::successful, task_status::errored,
                    task_status::critical, task_status::unknown})
    status[to_string(kind)] = by_status[kind];
  auto enabled = json::object{};
  enabled["true"] = by_enabled[true];
  enabled["false"] = by_enabled[false];
  auto summary = json::object{};
  summary["status"] = std::move(status);
  summary["enabled"] = std::move(enabled);
  auto made = json::object{};
  made["task_summary"] = std::move(summary);
  return body_of(made);
}

std::string task_status_body(const std::vector<task_status_view>& tasks,
                             const status_options& options) {
  auto sorted = std::map<task_name, json::object>{};
  for (const auto& shown : tasks)
    sorted[shown.task.configuration->name] = task_status_json(shown, options);
  auto made = json::object{};
  for (auto& [name, status] : sorted)
    made[name] = std::move(status);
  return body_of(made);
}

std::vector<task_name>
waiting_for_first_run(const task_views& tasks,
                      const std::map<task_name, task_events>& events) {
  auto names = std::vector<task_name>{};
  for (const auto& task : tasks.tasks) {
    const auto& name = task.configuration->name;
    if (task.enabled && events_of(events, name).empty())
      names.push_back(name);
  }
  return names;
}

std::string health_body(const task_views& tasks,
                        const std::map<task_name, task_events>& events) {
  auto states = std::map<std::string, std::uint64_t>{};
  for (const auto& task : tasks.tasks)
    ++states[state_text(task)];
  auto by_state = json::object{};
  for (const auto& [state, count] : states)
    by_state[state] = count;
  const auto waiting = waiting_for_first_run(tasks, events);
  auto made = json::object{};
  made["ready"] = waiting.empty();
  made["tasks_by_state"] = std::move(by_state);
  made["waiting_for_first_run"] = list_json(waiting);
  return body_of(made);
}

} // namespace cts::api

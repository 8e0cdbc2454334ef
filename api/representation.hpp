#pragma once

#include "actors/contract.hpp"
#include "api/time_text.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The JSON bodies of the API, byte by byte as the reference writes them. Each
/// ends with a newline. Source: spec chapter rest-api, sections 3, 9 and 11.
namespace cts::api {

/// `{"error":{"message":...},"request_id":...}`; no `request_id` if it is
/// empty.
std::string error_body(std::string_view message, std::string_view request_id);

/// Section 11.7.
std::string task_body(const task_view& task, std::string_view request_id);

/// Section 11.6.
std::string task_list_body(const task_views& tasks,
                           std::string_view request_id);

/// Section 11.2. Tasks without an entry in `events` count as unknown.
std::string status_body(const task_views& tasks,
                        const std::map<task_name, task_events>& events);

/// What a task status shows.
struct task_status_view {
  const task_view& task;
  const task_events& events;
};

struct status_options {
  bool include_events = false;
  /// Adds `state` and `due`, which the reference does not know (section 16).
  bool verbose = false;
  zone_offset zone{};
};

/// Section 11.3: an object with a member for each of `tasks`, sorted by name.
std::string task_status_body(const std::vector<task_status_view>& tasks,
                             const status_options& options);

/// Names of the enabled tasks that have not run yet, in their order.
std::vector<task_name>
waiting_for_first_run(const task_views& tasks,
                      const std::map<task_name, task_events>& events);

/// What `/v1/health?verbose` adds to being alive: how many tasks are in which
/// state, and which ones have not run yet.
std::string health_body(const task_views& tasks,
                        const std::map<task_name, task_events>& events);

} // namespace cts::api

#pragma once

#include "actors/contract.hpp"

/// Tasks and events that several tests of the API show.
namespace cts::tests {

inline task_view view_of(config::task task) {
  const auto enabled = task.enabled;
  return {.configuration = std::make_shared<config::task>(std::move(task)),
          .enabled = enabled};
}

inline config::services_condition web_and_api() {
  return {.query = {.names = {"web", "api"}}};
}

/// The environment of the acceptance checks (section 17).
inline task_views sample_tasks() {
  return {
    .tasks
    = {view_of({.name = "task_a",
                .description = "first",
                .module = "./modules/web-acl",
                .condition = web_and_api()}),
       view_of({.name = "task_dis",
                .module = "./modules/web-acl",
                .enabled = false,
                .condition
                = config::services_condition{.query = {.regexp = "^w.*"}}}),
       view_of({.name = "task_old",
                .module = "./modules/web-acl",
                .services = {"web"}})}};
}

constexpr auto sample_time = wall_time{std::chrono::seconds{1714818649}};

inline task_event success_of(const task_name& name) {
  return {.id = "4fad294b-cd5a-8823-249f-906cd4263950",
          .success = true,
          .start_time = sample_time + std::chrono::milliseconds{45},
          .end_time = sample_time + std::chrono::seconds{1},
          .task = name,
          .providers = {"local"},
          .source = "/srv/modules/web-acl"};
}

inline task_event failure_of(const task_name& name) {
  return {.id = "6b3baa97-c90d-0c02-201b-b6cf86552f22",
          .success = false,
          .start_time = sample_time + std::chrono::minutes{5},
          .end_time = sample_time + std::chrono::minutes{6},
          .task = name,
          .error = "exit status 1\n\nError: a -> b",
          .providers = {"dns.b", "dns.a"},
          .source = "/srv/modules/web-acl"};
}

using event_map = std::map<task_name, task_events>;

inline event_map sample_events() {
  return {{"task_a", {success_of("task_a")}},
          {"task_old", {success_of("task_old")}},
          {"deleted", {success_of("deleted")}}};
}

} // namespace cts::tests

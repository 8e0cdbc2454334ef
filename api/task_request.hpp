#pragma once

#include "actors/contract.hpp"
#include "api/route.hpp"

#include <set>
#include <string>
#include <variant>
#include <vector>

/// What the bodies of requests say that change tasks. Source: spec chapter
/// rest-api, 10.2, 11.8 and 11.9.
namespace cts::api {

/// The body of a request to create a task that satisfies the schema.
struct task_request {
  task_name name{};
  /// The task object, with the defaults of the schema.
  std::string object{};
  /// The members that the client sent.
  std::set<std::string> sent{};
};

/// Reads it, or tells why it is refused, whoever is asked: a follower does the
/// same.
std::variant<task_request, refused> read_task_request(const api_request& from);

/// A task as it is to be created, and what its author should know.
struct wanted_task {
  std::shared_ptr<const config::task> configuration{};
  std::vector<std::string> warnings{};
};

/// The task that is meant, checked like the configuration. Refuses with 400
/// what cannot be read, and with 500 (400 for an inspection) what makes no
/// sense.
std::variant<wanted_task, refused>
task_of(const task_request& from, const config::settings& known, task_run run);

/// Whether a task is to be enabled.
std::variant<bool, refused> read_enabled(const std::string& body);

} // namespace cts::api

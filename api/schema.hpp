#pragma once

#include <optional>
#include <string>

namespace boost::json {
class value;
} // namespace boost::json

/// The schema of request bodies. For the sources of `api/` only: it needs the
/// JSON library. Source: spec chapter rest-api, 10.2.
namespace cts::api {

/// What is wrong with the body of a request to create a task, the first problem
/// in the words of the reference: `Error at "/task/name": value must be a
/// string`. Absent members that have a default, and those that are null, get
/// it.
std::optional<std::string> problem_of_task_request(boost::json::value& body);

} // namespace cts::api

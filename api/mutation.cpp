#include "api/mutation.hpp"

#include "api/error_reply.hpp"
#include "api/json_text.hpp"
#include "api/representation.hpp"
#include "api/task_json.hpp"

#include <boost/json.hpp>

namespace cts::api {

namespace {

namespace json = boost::json;

std::string body_of(const json::object& content) {
  return go_json_text(json::serialize(content)) + "\n";
}

json::object run_json(const run_inspected& found) {
  auto made = json::object{};
  made["changes_present"] = found.changes;
  made["plan"] = found.plan;
  return made;
}

/// The task as the client sent it, with the defaults of its condition.
json::object echo(const json::object& task, const std::set<std::string>& sent) {
  auto made = json::object{};
  for (const auto& member : task) {
    const auto name = std::string{member.key()};
    const auto always = name == "condition" || name == "enabled"
                        || name == "module" || name == "name";
    if (always || sent.count(name) > 0)
      made[name] = member.value();
  }
  return made;
}

int status_of(const route& asked, errc code) {
  const auto* create = std::get_if<create_task>(&asked);
  const auto inspects = create != nullptr && create->run == task_run::inspect;
  switch (code) {
    case errc::unavailable:
    case errc::timed_out: return 503;
    case errc::limit: return 413;
    case errc::not_found: return 404;
    case errc::conflict: return create != nullptr ? 400 : 500;
    default: return inspects ? 400 : 500;
  }
}

} // namespace

api_reply created(const wanted_task& task, const task_request& request,
                  const task_mutated& result, const std::string& request_id) {
  const auto view = task_view{.configuration = task.configuration,
                              .enabled = task.configuration->enabled};
  auto made = json::object{};
  made["request_id"] = request_id;
  if (!result.inspected) {
    made["task"] = task_json(view);
    auto reply = json_reply(201, body_of(made));
    reply.fields.emplace_back("Location", "/v1/tasks/" + request.name);
    return reply;
  }
  made["run"] = run_json(*result.inspected);
  made["task"] = echo(task_json(view), request.sent);
  return json_reply(200, body_of(made));
}

api_reply changed(const task_mutated& result) {
  auto made = json::object{};
  if (result.inspected)
    made["inspect"] = run_json(*result.inspected);
  return json_reply(200, body_of(made));
}

api_reply deleted(const std::string& request_id) {
  return json_reply(202, body_of({{"request_id", request_id}}));
}

api_reply stepped_down(const std::string& request_id) {
  return json_reply(200, body_of({{"request_id", request_id}}));
}

api_reply failed(const route& asked, const error& reason,
                 const std::string& request_id) {
  return error_reply(status_of(asked, reason.code), reason.message, request_id);
}

api_reply name_taken(const task_name& name, const std::string& request_id) {
  return error_reply(400, "task with name " + name + " already exists",
                     request_id);
}

} // namespace cts::api

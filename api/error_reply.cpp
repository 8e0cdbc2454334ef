#include "api/error_reply.hpp"

#include "api/representation.hpp"

#include <utility>

namespace cts::api {

api_reply json_reply(int status, std::string body) {
  return {.status = status,
          .fields = {{"Content-Type", "application/json"}},
          .body = std::move(body)};
}

api_reply error_reply(int status, std::string_view message,
                      std::string_view request_id) {
  return json_reply(status, error_body(message, request_id));
}

api_reply error_reply(int status, std::string_view message) {
  return error_reply(status, message, {});
}

api_reply error_reply(const refused& why, std::string_view request_id) {
  auto reply = api_reply{.status = why.status};
  if (why.body == refusal_body::envelope)
    reply = error_reply(why.status, why.message, request_id);
  if (why.body == refusal_body::validator) {
    reply = error_reply(why.status, why.message, request_id);
    reply.body.pop_back();
    reply.fields.emplace_back("X-Content-Type-Options", "nosniff");
  }
  if (why.body == refusal_body::page_not_found) {
    reply.fields = {{"Content-Type", "text/plain; charset=utf-8"},
                    {"X-Content-Type-Options", "nosniff"}};
    reply.body = "404 page not found\n";
  }
  if (why.allow)
    reply.fields.emplace_back("Allow", *why.allow);
  return reply;
}

api_reply unknown_task(const task_name& name, std::string_view request_id) {
  return error_reply(404,
                     "a task with name '" + name
                       + "' does not exist or has not been initialized yet",
                     request_id);
}

const headers& common_fields() {
  static const auto fields = headers{
    {"Access-Control-Allow-Origin", "*"},
    {"Access-Control-Allow-Headers", "Content-Type"},
    {"Access-Control-Allow-Methods", "GET, PUT, PATCH, POST, DELETE"},
  };
  return fields;
}

} // namespace cts::api

#pragma once

#include "actors/contract.hpp"
#include "api/route.hpp"

#include <string>
#include <string_view>

/// Refusals and failures as HTTP replies. Source: spec chapter rest-api, 4.
namespace cts::api {

/// A JSON reply; `body` ends with a newline.
api_reply json_reply(int status, std::string body);

/// `{"error":{"message":...},"request_id":...}`.
api_reply error_reply(int status, std::string_view message,
                      std::string_view request_id);

/// The same without a request id, for `/v1/health` and for requests that never
/// became one.
api_reply error_reply(int status, std::string_view message);

/// What find_route() refused.
api_reply error_reply(const refused& why, std::string_view request_id);

/// No task has this name: 404.
api_reply unknown_task(const task_name& name, std::string_view request_id);

/// The fields that every reply carries, those to OPTIONS and to garbage
/// included (section 3).
const headers& common_fields();

} // namespace cts::api

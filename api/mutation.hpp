#pragma once

#include "api/task_request.hpp"

#include <string>

/// Replies to what changes tasks. Source: spec chapter rest-api, 11.8 to
/// 11.10.
namespace cts::api {

/// A task was created, or inspected without being created.
api_reply created(const wanted_task& task, const task_request& request,
                  const task_mutated& result, const std::string& request_id);

/// A task was enabled, disabled, run or inspected.
api_reply changed(const task_mutated& result);

/// A task will be gone.
api_reply deleted(const std::string& request_id);

/// The lock is another instance's.
api_reply stepped_down(const std::string& request_id);

/// The mutation that `asked` for was refused.
api_reply failed(const route& asked, const error& reason,
                 const std::string& request_id);

/// A task of this name is there already.
api_reply name_taken(const task_name& name, const std::string& request_id);

} // namespace cts::api

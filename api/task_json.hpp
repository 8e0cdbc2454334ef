#pragma once

#include "actors/contract.hpp"

namespace boost::json {
class object;
} // namespace boost::json

/// For the sources of `api/` only: it needs the JSON library.
namespace cts::api {

/// The task object of section 9.1, keys in alphabetical order.
boost::json::object task_json(const task_view& task);

} // namespace cts::api

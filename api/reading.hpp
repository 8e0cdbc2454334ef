#pragma once

#include "actors/contract.hpp"
#include "api/route.hpp"
#include "api/time_text.hpp"

#include <optional>
#include <string>

/// Replies as a function of what is known. Source: spec chapter rest-api, 11.
namespace cts::api {

/// What a route must know before it can be answered.
struct needs {
  bool tasks = false;
  bool events = false;
  bool operator==(const needs&) const = default;
};

needs needs_of(const route& asked);

/// What is known: absent if the route does not need it.
struct knowledge {
  std::string request_id{};
  /// The request's method, for the text of a refusal.
  std::string method{};
  std::optional<task_views> tasks{};
  std::optional<events_snapshot> events{};
  zone_offset zone{};
};

/// The reply to `asked`. Total, if `known` has what needs_of() names.
api_reply reply_to(const route& asked, const knowledge& known);

} // namespace cts::api

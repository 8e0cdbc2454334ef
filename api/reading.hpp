#pragma once

#include "actors/leadership.hpp"
#include "actors/meter.hpp"
#include "api/route.hpp"
#include "api/time_text.hpp"

#include <optional>
#include <string>

/// Replies as a function of what is known. Source: spec chapter rest-api, 11.
namespace cts::api {

/// What a route must know before it can be answered, or carried out.
struct needs {
  bool tasks = false;
  bool events = false;
  /// Without high availability there is none.
  bool cluster = false;
  bool measures = false;
  bool operator==(const needs&) const = default;
};

needs needs_of(const route& asked);

/// What is known: absent if the route does not need it.
struct knowledge {
  std::string request_id{};
  std::optional<task_views> tasks{};
  std::optional<events_snapshot> events{};
  std::optional<cluster_view> cluster{};
  std::optional<measures> measured{};
  zone_offset zone{};
};

/// Whether a task of this name is known.
bool is_known(const task_name& name, const knowledge& known);

/// The reply to `asked`, which is no mutation. Total, if `known` has what
/// needs_of() names.
api_reply reply_to(const route& asked, const knowledge& known);

} // namespace cts::api

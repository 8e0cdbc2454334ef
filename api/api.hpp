#pragma once

#include "actors/leadership.hpp"
#include "actors/meter.hpp"
#include "api/time_text.hpp"

#include <caf/fwd.hpp>

namespace cts::api {

struct api_options {
  /// Request ids are made of it.
  random_source random{};
  wall_clock clock{};
  /// The zone that events and logs are shown in; absent: UTC.
  zone_offset zone{};
  /// How long the task manager and the state store may take to answer
  /// before the reply is 503.
  milliseconds patience{2'000};
  /// How long a mutation may take: Terraform may run in it.
  milliseconds mutation_patience{std::chrono::hours{6}};
  /// Names this process among all that ever had the instance's id; empty
  /// without high availability.
  std::string boot{};
  /// What a created task inherits; must be set.
  std::shared_ptr<const config::settings> settings{};
  /// Why the driver cannot run a task, one sentence each; may be empty.
  std::function<std::vector<std::string>(const config::task&)> unsupported{};
};

/// Whom the API asks.
struct api_sources {
  task_manager_actor tasks{};
  state_store_actor events{};
  /// Null without high availability.
  elector_actor elector{};
  /// May be null: nothing is measured.
  meter_actor meter{};
};

/// Spawns the actor that answers the requests which an HTTP server passes on.
/// It keeps nothing but the requests that wait for an answer.
api_actor make_api(caf::local_actor* parent, api_options options,
                   api_sources sources);

} // namespace cts::api

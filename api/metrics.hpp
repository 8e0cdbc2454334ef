#pragma once

#include "actors/meter.hpp"

#include <string>

/// What the instance measures of itself, in the text format of Prometheus
/// (version 0.0.4). Each metric is described in docs/metrics.md.
namespace cts::api {

constexpr auto metrics_type = "text/plain; version=0.0.4; charset=utf-8";

/// The body of `/v1/metrics`. `measured` may be empty.
std::string metrics_text(const task_views& tasks, const measures& measured);

} // namespace cts::api

#pragma once

#include <chrono>
#include <string>

namespace cts::api {

/// A duration as Go prints it: `0s`, `5s`, `1m30s`, `1h0m0s`, `1.5s`, `250ms`.
std::string duration_text(std::chrono::nanoseconds span);

} // namespace cts::api

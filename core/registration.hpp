#pragma once

#include "core/machine.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// Keeps the instance registered as a service of its Consul agent: registers,
/// looks after it every minute, registers again what the agent has lost, and
/// deregisters at the end. Never fatal. Source: spec chapter monitoring, 4.7
/// and 1.6.
namespace cts::registration {

enum class step_at : std::uint8_t {
  idle,
  registering,
  registered,
  /// Told to leave while an attempt is under way: its outcome comes first.
  waiting_to_leave,
  leaving,
};

struct state {
  step_at at = step_at::idle;
  /// Failed attempts in a row.
  unsigned failures = 0;
  /// The operator knows that registration does not succeed.
  bool reported = false;
  std::optional<time_point> next{};
  /// An attempt is under way.
  bool asking = false;
};

/// How long an attempt under way is waited for at the end.
constexpr auto leave_patience = std::chrono::seconds{2};

/// How often the agent is asked whether it still knows the service.
constexpr auto look_after = std::chrono::seconds{60};

/// Attempts with growing pauses; afterwards one a minute.
constexpr auto attempts_max = 9U;

// -- events -------------------------------------------------------------------

/// To begin with; later, to look after the service at once.
struct started {};

struct registered {};

/// `final`: the agent's answer cannot heal by itself. `jitter` in [0, 1).
struct register_failed {
  std::string message{};
  bool final = false;
  double jitter = 0;
};

/// Whether the agent still knows the service.
struct looked_up {
  bool present = true;
};

struct timer_elapsed {};

struct stop_requested {};

struct deregistered {};

struct deregister_failed {
  std::string message{};
};

// -- effects ------------------------------------------------------------------

/// `again`: the agent has lost the service, or the attempt is a repeated one.
struct register_service {
  bool again = false;
  bool operator==(const register_service&) const = default;
};

struct look_up {
  bool operator==(const look_up&) const = default;
};

struct deregister_service {
  bool operator==(const deregister_service&) const = default;
};

struct report_registered {
  bool operator==(const report_registered&) const = default;
};

struct report_failure {
  std::string message{};
  bool operator==(const report_failure&) const = default;
};

/// Nothing is left to do; `error` says why the service may still be there.
struct report_left {
  bool was_registered = false;
  std::optional<std::string> error{};
  bool operator==(const report_left&) const = default;
};

struct arm_timer {
  time_point due{};
  bool operator==(const arm_timer&) const = default;
};

using effect
  = std::variant<register_service, look_up, deregister_service,
                 report_registered, report_failure, report_left, arm_timer>;

using answer = transition<state, effect>;

answer step(state s, const started& event, time_point now);
answer step(state s, const registered& event, time_point now);
answer step(state s, const register_failed& event, time_point now);
answer step(state s, const looked_up& event, time_point now);
answer step(state s, const timer_elapsed& event, time_point now);
answer step(state s, const stop_requested& event, time_point now);
answer step(state s, const deregistered& event, time_point now);
answer step(state s, const deregister_failed& event, time_point now);

} // namespace cts::registration

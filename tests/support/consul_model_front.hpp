#pragma once

#include "tests/support/consul_model_actor.hpp"

#include <optional>
#include <string>
#include <vector>

/// One agent of the model: what is wrong with it, and what it makes of a
/// request because of that.
namespace cts::consul_front {

struct state {
  agent_fault fault = agent_fault::none;
  /// Absent for the agent that is there from the beginning: it is a server, and
  /// nobody watches it.
  std::optional<agent_options> client{};
  consul_model::rights left{};
  std::vector<lose_answers> losses{};
  /// It ended and has not started again.
  bool has_ended = false;
  /// When the others notice that it is gone, and when it has left.
  time_point fails_at = time_point::max();
  time_point leaves_at = time_point::max();
  /// What its services told it while it was cut off.
  std::vector<consul_model::request> later{};
};

/// What becomes of a request.
enum class fate : std::uint8_t {
  /// The servers answer it.
  served,
  /// The connection is refused.
  refused,
  /// No answer ever; only `mute` and `lost` have it carried out.
  silent,
  mute,
  /// Carried out, and the connection ends.
  cut_short,
  /// 500 or 429 at once.
  failing,
  cut_off,
  throttled,
  /// Waits for a leader.
  held,
  /// Carried out when the agent reaches the servers again.
  postponed,
};

/// Uses up the losses that `line`, method and target, meets.
fate fate_of(state& x, const consul_model::request& request,
             const std::string& line);

/// Neither it nor its checks are heard of.
bool is_gone(agent_fault fault);

} // namespace cts::consul_front

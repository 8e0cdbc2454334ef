#include "tests/support/consul_model_front.hpp"

#include <algorithm>

namespace cts::consul_front {

namespace {

bool is_local(const consul_model::request& x) {
  return x.path.starts_with("/v1/agent/");
}

/// A loss that meets the request, used up by one.
std::optional<lose_answers> meet(state& x, const std::string& line) {
  auto found
    = std::find_if(x.losses.begin(), x.losses.end(), [&line](const auto& one) {
        return line.find(one.matching) != std::string::npos;
      });
  if (found == x.losses.end())
    return std::nullopt;
  auto out = *found;
  if (--found->count == 0)
    x.losses.erase(found);
  return out;
}

} // namespace

fate fate_of(state& x, const consul_model::request& request,
             const std::string& line) {
  switch (x.fault) {
    case agent_fault::killed:
    case agent_fault::stopped: return fate::refused;
    case agent_fault::hanging: return fate::silent;
    case agent_fault::failing: return fate::failing;
    case agent_fault::throttled: return fate::throttled;
    case agent_fault::mute: return fate::mute;
    case agent_fault::cut:
      if (!is_local(request))
        return fate::cut_off;
      if (request.method != "GET")
        return fate::postponed;
      break;
    case agent_fault::leaderless:
      if (request.path != "/v1/status/leader")
        return fate::held;
      break;
    case agent_fault::blind:
    case agent_fault::filtering:
    case agent_fault::none: break;
  }
  auto loss = meet(x, line);
  if (!loss)
    return fate::served;
  if (loss->is_abrupt)
    return loss->is_applied ? fate::cut_short : fate::refused;
  return loss->is_applied ? fate::mute : fate::silent;
}

bool is_gone(agent_fault fault) {
  switch (fault) {
    case agent_fault::killed:
    case agent_fault::stopped:
    case agent_fault::hanging:
    case agent_fault::cut: return true;
    case agent_fault::none:
    case agent_fault::failing:
    case agent_fault::leaderless:
    case agent_fault::mute:
    case agent_fault::throttled:
    case agent_fault::blind:
    case agent_fault::filtering: break;
  }
  return false;
}

} // namespace cts::consul_front

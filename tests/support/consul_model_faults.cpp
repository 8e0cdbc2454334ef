#include "tests/support/consul_model_registry.hpp"
#include "tests/support/consul_model_servers.hpp"
#include "tests/support/consul_model_session.hpp"

#include "actors/errors.hpp"

#include <algorithm>
#include <utility>

namespace cts {

namespace {

constexpr auto never = time_point::max();

consul_model::reply trouble(std::string text) {
  return {.status = 500, .newest = 1, .body = std::move(text)};
}

} // namespace

void consul_model_state::arm(std::uint64_t ticket) {
  const auto& x = open_.at(ticket);
  auto next = x.silent_until == never
                ? x.late_at
                : std::min(x.late_at, std::max(x.due, x.silent_until));
  if (x.silent_until > now() && x.silent_until != never)
    next = std::min(next, x.silent_until);
  self_->delayed_send(self_, next - now(), agent_timer{ticket});
}

void consul_model_state::elapse(std::uint64_t ticket) {
  auto found = open_.find(ticket);
  if (found == open_.end())
    return;
  auto& x = found->second;
  if (now() >= x.late_at)
    return fail_with(ticket, fail(errc::timed_out, "Get \"", x.url,
                                  "\": context deadline exceeded"));
  if (x.silent_until > now())
    return;
  if (x.is_held && now() >= x.due)
    return answer(ticket, trouble("No cluster leader"));
  if (x.is_blocked && (now() >= x.due || !is_blocked(x)))
    return answer(ticket, carry_out(x.request));
  if (x.is_blocked && x.silent_until != time_point{}) {
    x.silent_until = {};
    arm(ticket);
  }
}

void consul_model_state::pass_time() {
  auto before = state_.newest;
  for (auto& [node, front] : fronts_)
    pass_time(node, front);
  if (leader_at_ <= now())
    find_leader();
  consul_model::elapse(state_, now());
  if (observer_ && state_.newest != before)
    observer_({}, {}, state_);
  settle();
}

void consul_model_state::pass_time(const std::string& node,
                                   consul_front::state& front) {
  if (front.fails_at <= now()) {
    front.fails_at = never;
    consul_model::fail_node(state_, node, now());
  }
  if (front.leaves_at <= now()) {
    front.leaves_at = never;
    consul_model::leave_node(state_, node, now());
  }
}

void consul_model_state::settle() {
  auto next = std::min(consul_model::next_due(state_), leader_at_);
  for (const auto& [node, front] : fronts_)
    next = std::min({next, front.fails_at, front.leaves_at});
  if (next < armed_) {
    armed_ = next;
    self_->delayed_send(self_, std::max(next - now(), duration{0}),
                        world_timer{});
  }
  if (state_.newest == settled_)
    return;
  settled_ = state_.newest;
  auto ready = std::vector<std::uint64_t>{};
  for (auto& [ticket, x] : open_)
    if (x.is_blocked && x.silent_until <= now()
        && fronts_[x.node].fault != agent_fault::blind && !is_blocked(x))
      ready.push_back(ticket);
  for (auto ticket : ready)
    answer(ticket, carry_out(open_.at(ticket).request));
}

std::vector<std::uint64_t>
consul_model_state::tickets_of(const std::string& node) const {
  auto out = std::vector<std::uint64_t>{};
  for (const auto& [ticket, x] : open_)
    if (node.empty() || x.node == node)
      out.push_back(ticket);
  return out;
}

void consul_model_state::add(const agent_options& x) {
  fronts_[x.node].client = x;
  state_.nodes[x.node] = {.address = x.address};
  consul_model::revive_node(state_, x.node, false, now());
  settle();
}

void consul_model_state::break_with(const set_agent_fault& x) {
  auto& front = fronts_[x.node];
  if (front.fault == agent_fault::leaderless
      || x.fault == agent_fault::leaderless)
    state_.has_leader = x.fault != agent_fault::leaderless;
  front.fault = x.fault;
  if (consul_front::is_gone(x.fault))
    lose(x.node, front);
  else
    find_again(x.node, front);
  for (auto ticket : tickets_of(x.node))
    disturb(ticket, x.fault);
  settle();
}

void consul_model_state::lose(const std::string& node,
                              consul_front::state& front) {
  front.has_ended = front.has_ended || front.fault == agent_fault::killed
                    || front.fault == agent_fault::stopped;
  consul_model::silence_node(state_, node);
  if (!front.client)
    return;
  if (front.fault == agent_fault::stopped)
    front.leaves_at = now() + front.client->leave_after;
  else
    front.fails_at = now() + front.client->lost_after;
}

void consul_model_state::find_again(const std::string& node,
                                    consul_front::state& front) {
  front.fails_at = front.leaves_at = never;
  auto has_restarted = std::exchange(front.has_ended, false);
  consul_model::revive_node(state_, node,
                            has_restarted && front.client.has_value(), now());
  for (auto& request : std::exchange(front.later, {}))
    carry_out(request);
}

void consul_model_state::disturb(std::uint64_t ticket, agent_fault fault) {
  auto& x = open_.at(ticket);
  switch (fault) {
    case agent_fault::none:
      if (x.is_held)
        begin(ticket);
      return;
    case agent_fault::killed: return break_off(ticket);
    case agent_fault::stopped: return answer(ticket, carry_out(x.request));
    case agent_fault::hanging:
    case agent_fault::cut:
    case agent_fault::mute: return silence(ticket);
    case agent_fault::failing:
      return answer(ticket, trouble("rpc error making call: EOF"));
    case agent_fault::leaderless: x.is_blocked = false; return hold(ticket);
    case agent_fault::throttled:
    case agent_fault::blind:
    case agent_fault::filtering: return;
  }
}

void consul_model_state::elect(const elect_leader& x) {
  state_.has_leader = false;
  holds_requests_ = x.holds_requests;
  leader_at_ = now() + x.outage;
  for (auto ticket : tickets_of({}))
    if (open_.at(ticket).is_blocked)
      answer(ticket, trouble("rpc error making call: EOF"));
  pass_time();
}

void consul_model_state::find_leader() {
  state_.has_leader = true;
  leader_at_ = never;
  consul_model::restart_ttls(state_, now());
  for (auto ticket : tickets_of({}))
    if (auto found = open_.find(ticket);
        found != open_.end() && found->second.is_held)
      begin(ticket);
}

void consul_model_state::hang(const hang_polls& x) {
  for (auto ticket : tickets_of(x.node))
    if (auto& one = open_.at(ticket); one.is_blocked) {
      one.silent_until = now() + x.span;
      arm(ticket);
    }
}

} // namespace cts

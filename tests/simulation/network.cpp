#include "tests/simulation/network.hpp"

#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"

#include <caf/scoped_actor.hpp>

#include <algorithm>

namespace cts::simulation {

/// Stands beside the agents and passes on what the network brings.
class clerk {
public:
  using actor_type = clerk_actor;
  static inline constexpr const char* name = "clerk";

  clerk(clerk_actor::pointer self, network* at, consul_model_actor servers)
    : self_(self), at_(at), servers_(std::move(servers)) {
    cafx::install_guards(self_, guard_log);
  }

  clerk_actor::behavior_type make_behavior() {
    return {[this](const carry_request& x) { carry(x.ticket); }};
  }

private:
  void carry(std::uint64_t ticket) {
    auto request = at_->hand_over(ticket);
    if (!request)
      return;
    // The model keeps the deadline.
    self_->request(servers_, caf::infinite, std::move(*request))
      .then([this, ticket](const http_reply& x) { at_->bring_back(ticket, x); },
            [this, ticket](caf::error& reason) {
              at_->bring_back(ticket, to_core(reason));
            });
  }

  clerk_actor::pointer self_;
  network* at_;
  consul_model_actor servers_;
};

network::network(simulation::engine& engine, island& surroundings,
                 std::uint64_t seed)
  : engine_(engine), surroundings_(surroundings), random_(seed) {
  auto host = caf::scoped_actor{surroundings.system(), true};
  servers_ = make_consul_model(
    host.ptr(), {},
    [this](const auto& request, const auto& reply, const auto& state) {
      if (observer_)
        observer_(request, reply, state);
    });
  clerk_ = cafx::spawn_state<clerk>(surroundings.system(), this, servers_);
}

network::~network() {
  caf::anon_send_exit(clerk_, caf::exit_reason::kill);
  caf::anon_send_exit(servers_, caf::exit_reason::kill);
  engine_.exhaust(surroundings_);
}

void network::add_node(const std::string& node) {
  tell(agent_options{.node = node});
}

nanoseconds network::way() {
  using std::chrono::microseconds;
  // Most are short, so that some overtake others.
  auto longest = random_.chance(80) ? delay_max_ / 10 : delay_max_;
  return random_.between(microseconds{20},
                         std::max<nanoseconds>(microseconds{20}, longest));
}

void network::exchange(const std::string& node, http_request request,
                       answer_to<http_reply> tell) {
  if (sent_)
    sent_(node, request);
  auto ticket = ++tickets_;
  auto there = way();
  auto late_at = engine_.now() + request.deadline;
  parcels_.emplace(ticket, parcel{.node = node,
                                  .request = std::move(request),
                                  .tell = std::move(tell),
                                  .late_at = late_at});
  engine_.after(there, [this, ticket] {
    if (parcels_.contains(ticket))
      caf::anon_send(clerk_, carry_request{ticket});
  });
}

std::optional<agent_request> network::hand_over(std::uint64_t ticket) {
  auto found = parcels_.find(ticket);
  if (found == parcels_.end())
    return std::nullopt;
  auto& x = found->second;
  x.has_arrived = true;
  x.request.deadline = std::max(
    milliseconds{1},
    std::chrono::duration_cast<milliseconds>(x.late_at - engine_.now()));
  return agent_request{x.node, x.request};
}

void network::bring_back(std::uint64_t ticket, result<http_reply> outcome) {
  auto found = parcels_.find(ticket);
  if (found == parcels_.end())
    return;
  auto back = way();
  if (outcome && engine_.now() + back > found->second.late_at)
    outcome = fail(errc::timed_out, found->second.request.method, " \"",
                   found->second.request.url, "\": context deadline exceeded");
  engine_.after(back, [this, ticket, outcome = std::move(outcome)] {
    if (auto x = parcels_.extract(ticket))
      x.mapped().tell(outcome);
  });
}

void network::cancel(const std::string& node, std::uint64_t id) {
  auto found
    = std::find_if(parcels_.begin(), parcels_.end(), [&](const auto& entry) {
        return entry.second.node == node && entry.second.request.id == id;
      });
  if (found == parcels_.end())
    return;
  auto& x = found->second;
  if (x.has_arrived)
    caf::anon_send(servers_, agent_cancel{node, id});
  else if (auto lost = parcels_.extract(found))
    lost.mapped().tell(fail(errc::cancelled, "cancelled"));
}

} // namespace cts::simulation

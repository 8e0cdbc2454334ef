#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "tests/support/consul_model_actor.hpp"

#include <iostream>
#include <utility>

namespace cts {

namespace {

class consul_agent_state {
public:
  using actor_type = http_actor;
  static inline constexpr const char* name = "consul_agent";

  consul_agent_state(http_actor::pointer self, consul_model_actor servers,
                     std::string node)
    : self_(self), servers_(std::move(servers)), node_(std::move(node)) {
    cafx::install_guards(
      self_, [](const std::string& text) { std::cerr << text << '\n'; });
  }

  http_actor::behavior_type make_behavior() {
    return {
      [this](http_request& x) {
        return self_->delegate(servers_, agent_request{node_, std::move(x)});
      },
      [this](const cancel_http& x) {
        return self_->delegate(servers_, agent_cancel{node_, x.id});
      },
    };
  }

private:
  http_actor::pointer self_;
  consul_model_actor servers_;
  std::string node_;
};

} // namespace

http_actor make_consul_agent(caf::local_actor* parent,
                             consul_model_actor servers, agent_options x) {
  caf::anon_send(servers, x);
  return cafx::spawn_state<consul_agent_state>(parent, std::move(servers),
                                               std::move(x.node));
}

} // namespace cts

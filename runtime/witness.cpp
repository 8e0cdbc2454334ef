#include "runtime/witness.hpp"

#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/guard_log.hpp"
#include "runtime/log_sink.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace cts {

namespace {

class witness {
public:
  using actor_type = witness_actor;
  static inline constexpr const char* name = "witness";

  witness(witness_actor::pointer self, consul_client_options consul,
          std::shared_ptr<guard_client> guard)
    : consul_(std::move(consul)), guard_(std::move(guard)) {
    cafx::install_guards(self, guard_log);
  }

  witness_actor::behavior_type make_behavior() {
    return {
      [this](bequeath& x) {
        add_default_query(x.what.request, consul_);
        guard_->post_bequeath(std::move(x.what));
      },
      [this](const withdraw_bequest& x) { guard_->post_withdraw(x.name); },
      [this](heartbeat) { guard_->post_beat(); },
    };
  }

private:
  consul_client_options consul_;
  std::shared_ptr<guard_client> guard_;
};

} // namespace

guard_wire::hello hello_of(const config::settings& settings,
                           const consul_client_options& consul,
                           const http_options& http) {
  auto level = level_of(settings.log_level).value_or(log::level::info);
  const auto& failover = settings.high_availability->failover;
  return {.stall_timeout_ns = failover.stall_timeout.count(),
          .base_url = consul.base_url,
          .fields = headers_of(consul),
          .http = http,
          .log_level = static_cast<std::uint8_t>(level)};
}

witness_actor make_witness(caf::local_actor* parent,
                           const consul_client_options& consul,
                           std::shared_ptr<guard_client> guard) {
  return cafx::spawn_state<witness>(parent, consul, std::move(guard));
}

} // namespace cts

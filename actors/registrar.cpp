#include "actors/registrar.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "actors/timers.hpp"
#include "core/consul/agent.hpp"
#include "core/registration.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace cts {

namespace {

using namespace std::chrono_literals;

constexpr auto component = "registration";
constexpr auto request_deadline = 30s;
/// At the end nobody waits longer for the agent.
constexpr auto leave_deadline = 2s;
constexpr auto margin = 1s;

using registrar_impl
  = cafx::extended<registrar_actor, caf::result<void>(timer_elapsed)>;

class registrar {
public:
  using actor_type = registrar_impl;
  static inline constexpr const char* name = "registrar";

  registrar(registrar_impl::pointer self, registrar_options options,
            consul_actor consul)
    : self_(self), options_(std::move(options)), consul_(std::move(consul)) {
    cafx::install_guards(self_, guard_log);
  }

  registrar_impl::behavior_type make_behavior() {
    return {
      [this](const register_instance& x) {
        port_ = x.port;
        if (registration().enabled)
          on(registration::started{});
      },
      [this](deregister_instance) { return leave(); },
      [this](timer_elapsed) { on(registration::timer_elapsed{}); },
    };
  }

private:
  const config::service_registration& registration() const {
    return options_.settings->consul.service_registration;
  }

  caf::result<void> leave() {
    auto promise = self_->make_response_promise<caf::unit_t>();
    left_ = cafx::done_answer{promise};
    on(registration::stop_requested{});
    return promise;
  }

  template <class Event>
  void on(const Event& event) {
    feed(machine_, event, self_->clock().now(),
         [this](const auto& effect) { perform(effect); });
  }

  template <class OnReply, class OnError>
  void ask(consul::request request, milliseconds deadline, OnReply on_reply,
           OnError on_error) {
    auto query = consul_query{.id = options_.random(),
                              .request = std::move(request),
                              .deadline = deadline};
    self_->request(consul_, deadline + margin, query)
      .then(
        [on_reply](const consul::reply& x) { on_reply(x); },
        [on_error](caf::error& reason) { on_error(to_core(reason).message); });
  }

  std::string check_address() const {
    const auto& configured = registration().default_check.address;
    auto scheme = options_.settings->tls.enabled ? "https" : "http";
    auto base = configured.empty() ? std::string{scheme}
                                       + "://localhost:" + std::to_string(port_)
                                   : configured;
    while (base.ends_with('/'))
      base.pop_back();
    return base + "/v1/health";
  }

  std::string listener_address() const {
    const auto& host = registration().address;
    return (host.empty() ? "127.0.0.1" : host) + ":" + std::to_string(port_);
  }

  consul::service_definition definition() const {
    const auto& id = options_.settings->id;
    auto out = consul::service_definition{.id = id,
                                          .name = registration().service_name,
                                          .tags = {"cts"},
                                          .address = registration().address,
                                          .port = port_,
                                          .ns = registration().ns};
    if (registration().default_check.enabled)
      out.check
        = consul::http_check{.id = id + "-health",
                             .name = "CTS Health Status",
                             .notes = "Check created by Consul-Terraform-Sync",
                             .url = check_address()};
    if (const auto& cluster = options_.settings->high_availability)
      out.tags.push_back("cts-cluster:" + cluster->cluster_name);
    if (auto check = process_check_of(*options_.settings); !check.empty())
      out.alive = consul::tcp_check{.id = check,
                                    .name = "CTS Process Alive",
                                    .address = listener_address()};
    return out;
  }

  // -- effects ----------------------------------------------------------------

  void perform(const registration::register_service& effect) {
    if (!effect.again)
      log::info(component,
                "registering Consul-Terraform-Sync as a service with Consul",
                names());
    ask(
      consul::register_service(definition()), request_deadline,
      [this](const consul::reply& x) { judge(x); },
      [this](const std::string& text) { failed(text, false); });
  }

  void judge(const consul::reply& x) {
    if (x.status == 200)
      return on(registration::registered{});
    auto final = x.status >= 400 && x.status < 500 && x.status != 429;
    auto text = consul::describe_failure(x);
    if (x.status == 403)
      text += ": configure CTS with an ACL including `service:write` or "
              "disable registration in configuration";
    failed(text, final);
  }

  void failed(const std::string& text, bool final) {
    auto jitter = static_cast<double>(options_.random() >> 11U) * 0x1p-53;
    on(registration::register_failed{
      .message = text, .final = final, .jitter = jitter});
  }

  void perform(const registration::look_up&) {
    ask(
      consul::service_request(options_.settings->id, registration().ns),
      request_deadline,
      [this](const consul::reply& x) {
        on(registration::looked_up{.present = x.status != 404});
      },
      // Not knowing is no reason to act; the next look will tell.
      [this](const std::string&) { on(registration::looked_up{}); });
  }

  void perform(const registration::deregister_service&) {
    log::info(component, "deregistering Consul-Terraform-Sync from Consul",
              names());
    ask(
      consul::deregister_service(options_.settings->id, registration().ns),
      leave_deadline,
      [this](const consul::reply& x) {
        if (x.status == 200 || x.status == 404)
          on(registration::deregistered{});
        else
          on(registration::deregister_failed{consul::describe_failure(x)});
      },
      [this](const std::string& text) {
        on(registration::deregister_failed{text});
      });
  }

  void perform(const registration::report_registered&) {
    log::info(component,
              "Consul-Terraform-Sync registered as a service with Consul",
              names());
    log::info(component,
              "to view registered services, navigate to the "
              "Services section in the Consul UI",
              names());
  }

  void perform(const registration::report_failure& effect) {
    log::error(component,
               "error registering Consul-Terraform-Sync as a service with "
               "Consul",
               {{"error", effect.message}});
    log::warn(component, "CTS will continue without registering itself as a "
                         "service with Consul");
  }

  void perform(const registration::report_left& effect) {
    if (effect.error)
      log::error(component, "error deregistering Consul-Terraform-Sync",
                 {{"error", *effect.error}});
    else if (effect.was_registered)
      log::info(component, "Consul-Terraform-Sync deregistered from Consul",
                names());
    left_.deliver(caf::unit);
  }

  void perform(const registration::arm_timer& effect) {
    self_->delayed_send(self_, effect.due - self_->clock().now(),
                        timer_elapsed{});
  }

  std::vector<log::field> names() const {
    return {{"id", options_.settings->id},
            {"service_name", registration().service_name}};
  }

  registrar_impl::pointer self_;
  registrar_options options_;
  consul_actor consul_;
  registration::state machine_{};
  int port_ = 0;
  cafx::done_answer left_{};
};

} // namespace

std::string process_check_of(const config::settings& settings) {
  const auto& registration = settings.consul.service_registration;
  const auto& cluster = settings.high_availability;
  auto has_check = cluster && cluster->failover.process_check
                   && registration.enabled
                   && registration.default_check.enabled;
  return has_check ? settings.id + "-alive" : "";
}

registrar_actor make_registrar(caf::local_actor* parent,
                               registrar_options options, consul_actor consul) {
  return cafx::spawn_state<registrar>(parent, std::move(options),
                                      std::move(consul));
}

} // namespace cts

#include "runtime/peer_line.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "runtime/curl_engine.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <map>
#include <memory>
#include <utility>

namespace cts {

/// The engine's thread reports the end of a greeting to the actor.
struct greeting_reported {
  std::uint64_t ticket = 0;
  std::shared_ptr<greeting_ended> what{};
};

} // namespace cts

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::greeting_reported)

CAF_BEGIN_TYPE_ID_BLOCK(cts_peer_line, caf::first_custom_type_id + 345)

CAF_ADD_TYPE_ID(cts_peer_line, (cts::greeting_reported))

CAF_END_TYPE_ID_BLOCK(cts_peer_line)

namespace cts {

namespace {

using line_impl
  = cafx::extended<peer_line_actor, caf::result<void>(greeting_reported)>;

std::optional<ha::peer_link::failure> failure_of(exchange_end how) {
  using ha::peer_link::failure;
  switch (how) {
    case exchange_end::answered: return std::nullopt;
    case exchange_end::refused: return failure::refused;
    case exchange_end::closed: return failure::closed;
    case exchange_end::silent: return failure::silent;
    case exchange_end::other: break;
  }
  return failure::strange;
}

/// The engine must not keep the actor alive: it is part of it.
curl_engine::finished report_to(const caf::actor_addr& target) {
  return [target](std::uint64_t ticket, result<http_reply> outcome,
                  exchange_end how) {
    auto self = caf::actor_cast<caf::actor>(target);
    if (!self)
      return;
    auto what = std::make_shared<greeting_ended>();
    what->failure = failure_of(how);
    if (outcome) {
      what->status = outcome->status;
      what->body = std::move(outcome->body);
    } else {
      what->message = outcome.error().message;
    }
    caf::anon_send(self, greeting_reported{ticket, std::move(what)});
  };
}

class peer_line {
public:
  using actor_type = line_impl;
  static inline constexpr const char* name = "peer_line";

  peer_line(line_impl::pointer self, http_options options)
    : self_(self), engine_(std::make_unique<curl_engine>(
                     std::move(options), report_to(self->address()))) {
    cafx::install_guards(self_, guard_log);
  }

  line_impl::behavior_type make_behavior() {
    return {
      [this](const greet_peer& x) { return greet(x); },
      [this](const cancel_greeting& x) { cancel(x.id); },
      [this](const greeting_reported& x) { ended(x); },
    };
  }

private:
  struct open_greeting {
    std::uint64_t id = 0;
    cafx::answer<greeting_ended> asker{};
  };

  caf::result<greeting_ended> greet(const greet_peer& x) {
    auto promise = self_->make_response_promise<greeting_ended>();
    auto ticket = ++newest_ticket_;
    open_.emplace(ticket,
                  open_greeting{x.id, cafx::answer<greeting_ended>{promise}});
    engine_->start(ticket,
                   {.method = "GET", .url = x.url, .deadline = x.deadline});
    return promise;
  }

  void cancel(std::uint64_t id) {
    for (auto each = open_.begin(); each != open_.end(); ++each)
      if (each->second.id == id) {
        engine_->cancel(each->first);
        each->second.asker.fail(
          to_caf(fail(errc::cancelled, "the greeting was cancelled")));
        open_.erase(each);
        return;
      }
  }

  void ended(const greeting_reported& x) {
    if (auto found = open_.extract(x.ticket))
      found.mapped().asker.deliver(std::move(*x.what));
  }

  line_impl::pointer self_;
  std::uint64_t newest_ticket_ = 0;
  /// Those of one peer link: hardly ever more than one.
  std::map<std::uint64_t, open_greeting> open_;
  /// Last: its thread ends before the rest goes.
  std::unique_ptr<curl_engine> engine_;
};

} // namespace

peer_line_actor make_peer_line(caf::local_actor* parent, http_options options) {
  return cafx::spawn_state<peer_line>(parent, std::move(options));
}

result<http_options> peer_http_options(const config::settings& x) {
  auto tls = config::client_tls{.enabled = x.tls.enabled,
                                .ca_cert = x.tls.ca_cert,
                                .ca_path = x.tls.ca_path,
                                .cert = x.tls.cert,
                                .key = x.tls.key};
  auto certificates = read_authorities(tls, "tls");
  if (!certificates)
    return certificates.error();
  return http_options{.tls = tls,
                      .ca_certificates = *std::move(certificates),
                      .connections_max = 4,
                      .body_bytes_max = std::size_t{64} * 1024};
}

} // namespace cts

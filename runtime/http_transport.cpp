#include "runtime/http_transport.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/log.hpp"
#include "runtime/curl_engine.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <map>
#include <memory>
#include <utility>

namespace cts {

/// The engine's thread reports the end of an exchange to the actor.
struct exchange_finished {
  std::uint64_t ticket = 0;
  std::shared_ptr<result<http_reply>> outcome{};
};

} // namespace cts

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::exchange_finished)

CAF_BEGIN_TYPE_ID_BLOCK(cts_http, caf::first_custom_type_id + 340)

CAF_ADD_TYPE_ID(cts_http, (cts::exchange_finished))

CAF_END_TYPE_ID_BLOCK(cts_http)

namespace cts {

namespace {

using transport_impl
  = cafx::extended<http_actor, caf::result<void>(exchange_finished)>;

/// The engine must not keep the actor alive: it is part of it.
curl_engine::finished report_to(const caf::actor_addr& target) {
  return
    [target](std::uint64_t ticket, result<http_reply> outcome, exchange_end) {
      if (auto self = caf::actor_cast<caf::actor>(target))
        caf::anon_send(
          self, exchange_finished{ticket, std::make_shared<result<http_reply>>(
                                            std::move(outcome))});
    };
}

class http_transport {
public:
  using actor_type = transport_impl;
  static inline constexpr const char* name = "http_transport";

  http_transport(transport_impl::pointer self, http_options options)
    : self_(self), engine_(std::make_unique<curl_engine>(
                     std::move(options), report_to(self->address()))) {
    cafx::install_guards(
      self_, [](const std::string& text) { log::error("http", text); });
  }

  transport_impl::behavior_type make_behavior() {
    return {
      [this](http_request& x) { return start(x); },
      [this](const cancel_http& x) { cancel(x.id); },
      [this](const exchange_finished& x) { finish(x); },
    };
  }

private:
  using answer = cafx::answer<http_reply>;

  struct open_exchange {
    std::uint64_t id;
    answer asker;
  };

  caf::result<http_reply> start(http_request& x) {
    if (tickets_.contains(x.id))
      return to_caf(fail(errc::malformed, "HTTP exchange ", x.id,
                         " is under way already: choose another id"));
    auto promise = self_->make_response_promise<http_reply>();
    auto ticket = ++newest_ticket_;
    tickets_.emplace(x.id, ticket);
    open_.emplace(ticket, open_exchange{.id = x.id, .asker = answer{promise}});
    engine_->start(ticket, std::move(x));
    return promise;
  }

  /// Removes the exchange; the caller answers.
  std::optional<answer> close(std::uint64_t ticket) {
    auto node = open_.extract(ticket);
    if (node.empty())
      return std::nullopt;
    tickets_.erase(node.mapped().id);
    return std::move(node.mapped().asker);
  }

  void cancel(std::uint64_t id) {
    auto found = tickets_.find(id);
    if (found == tickets_.end())
      return;
    auto ticket = found->second;
    engine_->cancel(ticket);
    if (auto asker = close(ticket))
      asker->fail(to_caf(fail(errc::cancelled, "the request was cancelled")));
  }

  void finish(const exchange_finished& x) {
    auto asker = close(x.ticket);
    if (!asker)
      return;
    if (*x.outcome)
      asker->deliver(std::move(x.outcome->value()));
    else
      asker->fail(to_caf(x.outcome->error()));
  }

  transport_impl::pointer self_;
  std::uint64_t newest_ticket_ = 0;
  /// By the asker's id.
  std::map<std::uint64_t, std::uint64_t> tickets_;
  std::map<std::uint64_t, open_exchange> open_;
  /// Last: its thread ends before the rest goes.
  std::unique_ptr<curl_engine> engine_;
};

} // namespace

http_actor make_http_transport(caf::local_actor* parent, http_options options) {
  return cafx::spawn_state<http_transport>(parent, std::move(options));
}

} // namespace cts

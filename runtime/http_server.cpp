#include "runtime/http_server.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/asio_bridge.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/log.hpp"
#include "api/error_reply.hpp"
#include "runtime/http_listener.hpp"

#include <boost/asio/bind_executor.hpp>

#include <caf/actor_cast.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>
#include <utility>

namespace cts {

using listener_ptr = std::shared_ptr<http::listener>;

/// The io thread has bound the port, or says why not.
struct port_opened {
  listener_ptr port{};
  std::optional<error> failure{};
};

/// The io thread has closed the port.
struct port_closed {
  bool all_answered = false;
};

CAFX_FIELDS(port_closed, all_answered)

} // namespace cts

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::port_opened)

CAF_BEGIN_TYPE_ID_BLOCK(cts_http_server, caf::first_custom_type_id + 720)

CAF_ADD_TYPE_ID(cts_http_server, (cts::port_opened))
CAF_ADD_TYPE_ID(cts_http_server, (cts::port_closed))

CAF_END_TYPE_ID_BLOCK(cts_http_server)

namespace cts {

namespace {

constexpr auto component = "api";

using http_server_impl
  = cafx::extended<http_server_actor, caf::result<void>(port_opened),
                   caf::result<void>(port_closed)>;

/// The actor in front of the listener, which lives on the io thread. What a
/// restart loses: the port and its connections; open_api opens it again.
class http_server_state {
public:
  using actor_type = http_server_impl;
  static inline constexpr const char* name = "http_server";

  http_server_state(http_server_impl::pointer self, http_server_options options,
                    http_server_host host)
    : self_(self), options_(std::move(options)), host_(std::move(host)) {
    cafx::install_guards(self_, [](const std::string& text) {
      log::error(component, "unexpected event", {{"detail", text}});
    });
  }

  ~http_server_state() {
    if (listener_)
      boost::asio::post(host_.io, [port = std::move(listener_)] {
        port->close(milliseconds{0}, nullptr);
      });
  }

  http_server_impl::behavior_type make_behavior() {
    return {
      [this](const open_api& wish) { return open(wish); },
      [this](const close_api& wish) { return close(wish.grace); },
      [this](const port_opened& news) { opened(news); },
      [this](const port_closed& news) { closed(news); },
    };
  }

private:
  http_server_impl me() { return caf::actor_cast<http_server_impl>(self_); }

  caf::result<api_opened> open(const open_api& wish) {
    if (listener_ || opening_.pending() || closing_.pending())
      return to_caf(fail(errc::refused, "the API's port is open already; "
                                        "close it before it is opened again"));
    auto promise = self_->make_response_promise<api_opened>();
    opening_ = cafx::answer<api_opened>{promise};
    auto options = http::listen_options{.port = wish.port,
                                        .tls = wish.tls,
                                        .limits = options_.limits,
                                        .clock = options_.clock,
                                        .ask = asking(wish.target)};
    boost::asio::post(host_.io, [&io = host_.io, options, to = me()] {
      auto port = http::listener::open(io, options);
      auto news = port ? port_opened{.port = *port}
                       : port_opened{.failure = port.error()};
      caf::anon_send(to, std::move(news));
    });
    port_ = wish.port;
    return promise;
  }

  /// Passes requests on to the API actor and its answers back to the io thread.
  http::request_sink asking(const api_actor& target) const {
    return [&io = host_.io, gateway = host_.gateway, target,
            usual = options_.answer_timeout, long_time = options_.run_timeout](
             api_request request, http::reply_sink deliver) {
      auto runs = request.method == "POST" || request.method == "PATCH";
      auto timeout = runs ? long_time : usual;
      auto done = [deliver](caf::expected<api_reply> reply) {
        deliver(reply ? std::move(*reply)
                      : api::error_reply(503, "the API cannot answer at the "
                                              "moment; try again later"));
      };
      cafx::async_ask<api_reply>(
        gateway, target, timeout,
        boost::asio::bind_executor(io.get_executor(), std::move(done)),
        std::move(request));
    };
  }

  void opened(const port_opened& news) {
    if (news.failure) {
      log::error(
        component, "error serving api",
        {{"port", std::to_string(port_)}, {"error", news.failure->message}});
      return opening_.fail(to_caf(*news.failure));
    }
    listener_ = news.port;
    boost::asio::post(host_.io, [port = listener_] { port->start(); });
    log::info(component, "starting server",
              {{"port", std::to_string(listener_->port())}});
    opening_.deliver(api_opened{.port = listener_->port()});
  }

  caf::result<void> close(milliseconds grace) {
    if (opening_.pending() || closing_.pending())
      return to_caf(fail(errc::refused, "the API's port is being opened or "
                                        "closed; wait for the answer"));
    if (!listener_)
      return caf::unit;
    auto promise = self_->make_response_promise<caf::unit_t>();
    closing_ = cafx::answer<caf::unit_t>{promise};
    boost::asio::post(
      host_.io, [port = std::exchange(listener_, nullptr), grace, to = me()] {
        port->close(grace, [to](bool all_answered) {
          caf::anon_send(to, port_closed{.all_answered = all_answered});
        });
      });
    return promise;
  }

  void closed(const port_closed& news) {
    if (news.all_answered)
      log::info(component, "shutdown api server");
    else
      log::error(component, "error stopping api server",
                 {{"error", "context deadline exceeded"}});
    closing_.deliver(caf::unit);
  }

  http_server_impl::pointer self_;
  http_server_options options_;
  http_server_host host_;
  listener_ptr listener_{};
  int port_ = 0;
  cafx::answer<api_opened> opening_{};
  cafx::answer<caf::unit_t> closing_{};
};

} // namespace

http_server_actor make_http_server(caf::local_actor* parent,
                                   http_server_options options,
                                   http_server_host host) {
  return cafx::spawn_state<http_server_state>(parent, std::move(options),
                                              std::move(host));
}

} // namespace cts

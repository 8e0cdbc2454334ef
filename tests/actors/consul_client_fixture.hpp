#pragma once

#include "actors/consul_client.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "tests/support/sim_fixture.hpp"

#include <gmock/gmock.h>

#include <deque>

namespace cts {

/// A test has the HTTP actor answer its oldest open exchange, or fail it.
struct answer_oldest {
  http_reply reply{};
  std::string failure{};
};

using scripted_http_actor
  = cafx::extended<http_actor, caf::result<void>(answer_oldest)>;

} // namespace cts

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::answer_oldest)

CAF_BEGIN_TYPE_ID_BLOCK(cts_client_test, caf::first_custom_type_id + 570)

CAF_ADD_TYPE_ID(cts_client_test, (cts::answer_oldest))

CAF_END_TYPE_ID_BLOCK(cts_client_test)

namespace cts::tests {

/// What the HTTP actor was asked.
struct wire {
  std::vector<http_request> requests;
  std::vector<std::uint64_t> cancelled;
};

/// Answers when the test says so.
class scripted_http {
public:
  using actor_type = scripted_http_actor;
  static inline constexpr const char* name = "scripted_http";

  scripted_http(scripted_http_actor::pointer self, wire* seen)
    : self_(self), seen_(seen) {}

  scripted_http_actor::behavior_type make_behavior() {
    return {
      [this](const http_request& x) -> caf::result<http_reply> {
        auto promise = self_->make_response_promise<http_reply>();
        seen_->requests.push_back(x);
        open_.emplace_back(promise);
        return promise;
      },
      [this](const cancel_http& x) { seen_->cancelled.push_back(x.id); },
      [this](const answer_oldest& x) {
        if (x.failure.empty())
          open_.front().deliver(x.reply);
        else
          open_.front().fail(to_caf(fail(errc::unavailable, x.failure)));
        open_.pop_front();
      },
    };
  }

private:
  scripted_http_actor::pointer self_;
  wire* seen_;
  std::deque<cafx::answer<http_reply>> open_;
};

/// A client before an agent whose answers the test gives.
class ConsulClient : public cafx::sim_fixture {
protected:
  void start(consul_client_options options = {}) {
    http = cafx::spawn_state<scripted_http>(self.ptr(), &seen);
    client = make_consul_client(self.ptr(), std::move(options), http);
    run();
  }

  void TearDown() override {
    stop(client);
    stop(http);
    client = nullptr;
    http = nullptr;
    sim_fixture::TearDown();
  }

  using pending = decltype(std::declval<caf::scoped_actor&>()->request(
    consul_actor{}, caf::infinite, consul_query{}));

  pending query(consul::request x,
                milliseconds deadline = std::chrono::seconds{30}) {
    auto out = self->request(
      client, caf::infinite,
      consul_query{.id = ++ids, .request = std::move(x), .deadline = deadline});
    run();
    return out;
  }

  pending get(std::string path) { return query({.path = std::move(path)}); }

  pending poll(std::string path) {
    auto x = consul::request{.path = std::move(path)};
    x.query = {{"index", "7"}, {"wait", "120s"}};
    return query(std::move(x), std::chrono::seconds{142});
  }

  /// The HTTP actor answers the oldest open exchange.
  void answer(http_reply x = {.status = 200}) {
    tell(http, answer_oldest{.reply = std::move(x)});
  }

  result<consul::reply> receive(pending x) {
    auto out = result<consul::reply>{fail(errc::system, "no answer yet")};
    if (self->has_next_message())
      x.receive([&](const consul::reply& reply) { out = reply; },
                [&](const caf::error& reason) { out = to_core(reason); });
    return out;
  }

  std::vector<std::string> urls() const {
    auto out = std::vector<std::string>{};
    for (const auto& x : seen.requests)
      out.push_back(x.url);
    return out;
  }

  wire seen;
  scripted_http_actor http;
  consul_actor client;
  std::uint64_t ids = 0;
};

} // namespace cts::tests

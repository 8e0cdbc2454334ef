#pragma once

#include "actors/caf/asio_bridge.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/caf/system_config.hpp"
#include "actors/errors.hpp"
#include "runtime/http_server.hpp"
#include "tests/support/raw_client.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

namespace cts::tests {

/// Holds requests to `/slow` back until it is opened.
class gate {
public:
  void wait_for_arrival() {
    auto lock = std::unique_lock{mutex_};
    changed_.wait(lock, [this] { return arrived_ > 0; });
  }

  void arrive() {
    auto lock = std::unique_lock{mutex_};
    ++arrived_;
    changed_.notify_all();
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int arrived_ = 0;
};

using gate_ptr = std::shared_ptr<gate>;

/// Tells what it was asked. `/slow` is answered as soon as `/open` was.
class echo_state {
public:
  using actor_type = api_actor;
  static inline constexpr const char* name = "echo";

  echo_state(api_actor::pointer self, gate_ptr at)
    : self_(self), gate_(std::move(at)) {}

  api_actor::behavior_type make_behavior() {
    return {[this](const api_request& request) { return answer(request); }};
  }

private:
  using promise = caf::typed_response_promise<api_reply>;

  caf::result<api_reply> answer(const api_request& request) {
    if (request.target == "/die")
      self_->quit(caf::exit_reason::kill);
    if (request.target == "/slow") {
      waiting_.push_back(self_->make_response_promise<api_reply>());
      gate_->arrive();
      return waiting_.back();
    }
    if (request.target == "/open")
      for (auto& each : std::exchange(waiting_, {}))
        each.deliver(api_reply{.status = 200, .body = "at last\n"});
    if (request.target == "/large")
      return api_reply{.body = std::string(8U << 20U, 'x')};
    return api_reply{.status = 200,
                     .fields = {{"Content-Type", "text/plain"}},
                     .body = request.method + " " + request.target + " "
                             + request.host + " " + request.body + "\n"};
  }

  api_actor::pointer self_;
  gate_ptr gate_;
  std::vector<promise> waiting_{};
};

/// A served port on the loopback interface.
class http_server_fixture : public testing::Test {
protected:
  http_server_fixture() {
    self_.emplace(system_);
    gateway_ = system_.spawn(cafx::gateway, cafx::guard_log{[](auto&) {}});
    api_ = cafx::spawn_state<echo_state>(system_, gate_);
    options_.clock
      = [] { return wall_time{std::chrono::seconds{1} * 784111777}; };
  }

  ~http_server_fixture() override { stop(); }

  /// Ends all actors and the io thread; a second call does nothing.
  void stop() {
    if (!self_)
      return;
    caf::anon_send_exit(server_, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(api_, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(gateway_, caf::exit_reason::user_shutdown);
    server_ = nullptr;
    api_ = nullptr;
    gateway_ = nullptr;
    self_.reset();
    system_.await_all_actors_done();
    io_.join();
  }

  http_server_actor make_server() {
    return make_http_server(self_->ptr(), options_,
                            {.io = io_.context(), .gateway = gateway_});
  }

  result<int> open(const http_server_actor& server, int port) {
    auto answer = result<int>{fail(errc::timed_out, "no answer")};
    (*self_)
      ->request(server, std::chrono::seconds{5},
                open_api{.port = port, .tls = tls_, .target = api_})
      .receive([&](const api_opened& x) { answer = x.port; },
               [&](const caf::error& reason) { answer = to_core(reason); });
    return answer;
  }

  void serve() {
    server_ = make_server();
    port_ = open(server_, 0).value();
  }

  /// Asks to close; the answer is fetched by the returned function.
  auto begin_close(milliseconds grace) {
    return (*self_)->request(server_, std::chrono::seconds{20},
                             close_api{.grace = grace});
  }

  bool close(milliseconds grace) {
    auto is_closed = false;
    begin_close(grace).receive([&] { is_closed = true; },
                               [](const caf::error&) {});
    return is_closed;
  }

  raw_client connect() { return raw_client{port_}; }

  std::string get(const std::string& target) {
    auto client = connect();
    client.send("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
    return client.reply();
  }

  cafx::system_config<> config_{};
  caf::actor_system system_{config_};
  cafx::io_thread io_{};
  std::optional<caf::scoped_actor> self_{};
  gate_ptr gate_ = std::make_shared<gate>();
  caf::actor gateway_{};
  api_actor api_{};
  http_server_options options_{};
  config::server_tls tls_{};
  http_server_actor server_{};
  int port_ = 0;
};

} // namespace cts::tests

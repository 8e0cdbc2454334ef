#pragma once

#include "runtime/boot_clock.hpp"
#include "runtime/guard_client.hpp"
#include "runtime/process_runner.hpp"
#include "tests/runtime/service_fixture.hpp"
#include "tests/support/scripted_server.hpp"

#include <caf/send.hpp>

#include <poll.h>
#include <sys/prctl.h>
extern "C" { // glibc 2.36 forgot the C linkage in this header.
#include <sys/pidfd.h>
}

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

namespace cts {

/// A witness of this process, the process service on top of it, and a server in
/// the place of Consul.
class Guard : public service_fixture {
protected:
  Guard() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    hire();
  }

  ~Guard() override {
    have_consul_answer(true);
    caf::anon_send_exit(runner, caf::exit_reason::user_shutdown);
    if (guard)
      guard->post_bye();
  }

  void hire() {
    auto first = start_guard(program);
    witness = first.value().process;
    guard = std::make_shared<guard_client>(
      io.context(), guard_access{.hello = access(), .program = program});
    guard->post_begin(std::move(*first));
    runner = make_process_runner(self.ptr(), host_of(guard));
  }

  guard_wire::hello access() const {
    return {.stall_timeout_ns = stall_timeout.count(),
            .base_url = "http://127.0.0.1:" + std::to_string(consul.port()),
            .fields = {{"X-Consul-Token", "secret"}}};
  }

  start_process shell(const std::string& script) const {
    return {.key = "key",
            .argv = {"/bin/sh", "-c", script},
            .environment = {"PATH=/usr/bin:/bin"},
            .directory = directory,
            .task = "web"};
  }

  result<process_finished> run(const start_process& request) {
    return ask<process_finished>(runner, request);
  }

  auto begin(const start_process& request) {
    return self->request(runner, patience, request);
  }

  void lease_for(std::chrono::nanoseconds left) {
    ASSERT_TRUE(ask<void>(runner, extend_lease{boot_now() + left}));
  }

  void bequeath(const std::string& name, ha::witness::purpose purpose,
                const task_name& task = {}) {
    guard->post_bequeath({.name = name,
                          .purpose = purpose,
                          .task = task,
                          .request = {.method = "PUT", .path = "/v1/" + name}});
  }

  void have_consul_answer(bool answers) {
    auto lock = std::lock_guard{mutex};
    silent = !answers;
    answering.notify_all();
  }

  /// The worker dies, as far as the witness sees.
  void die() {
    caf::anon_send_exit(runner, caf::exit_reason::kill);
    self->wait_for(runner);
    runner = nullptr;
    guard->post_abandon();
    guard.reset();
  }

  /// Whether the witness ends, whoever reaps it.
  bool witness_ends() const {
    auto handle = descriptor{::pidfd_open(witness, 0)};
    auto waited = pollfd{.fd = handle.get(), .events = POLLIN, .revents = 0};
    return !handle.open() || ::poll(&waited, 1, 60'000) == 1;
  }

  /// The first line of the next request that Consul gets.
  std::string next_request() {
    auto lock = std::unique_lock{mutex};
    if (!arrived.wait_for(lock, patience, [this] { return !asked.empty(); }))
      return "nothing";
    auto out = asked.front();
    asked.pop_front();
    return out;
  }

  std::chrono::nanoseconds stall_timeout = std::chrono::hours{1};
  const std::string program = CTS_BINARY_DIR "/cts";
  std::mutex mutex;
  std::condition_variable arrived;
  std::deque<std::string> asked;
  /// As many requests are answered with 500 first.
  int failures = 0;
  /// Nothing is answered meanwhile.
  bool silent = false;
  std::condition_variable answering;
  /// What Consul answers.
  std::string body = "true";
  scripted_server consul{[this](const std::string& request) {
    auto lock = std::unique_lock{mutex};
    asked.push_back(request.substr(0, request.find(" HTTP")));
    arrived.notify_all();
    answering.wait(lock, [this] { return !silent; });
    auto status = failures-- > 0 ? 500 : 200;
    return scripted_server::action{.bytes = http_response(status, body)};
  }};
  pid_t witness = -1;
  std::shared_ptr<guard_client> guard;
  process_runner_actor runner;
};

} // namespace cts

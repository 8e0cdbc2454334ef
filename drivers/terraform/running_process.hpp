#pragma once

#include "actors/contract.hpp"
#include "actors/errors.hpp"

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <functional>
#include <string>
#include <utility>

namespace cts::terraform {

/// A command to be run, and who is told of its end. Exactly one of the two
/// functions is called, once.
struct process_order {
  start_process request{};
  /// After this time the process service itself is given up.
  milliseconds deadline{};
  std::function<void(const process_finished&)> on_end{};
  std::function<void(error)> on_failure{};
};

/// Ties the child process of one key to the state of an actor: what still runs
/// when the state is destroyed is told to stop.
class running_process {
public:
  running_process(process_actor service, std::string key)
    : service_(std::move(service)), key_(std::move(key)) {}

  running_process(const running_process&) = delete;
  running_process& operator=(const running_process&) = delete;

  ~running_process() {
    constexpr auto grace = std::chrono::minutes{1};
    if (running_)
      stop(grace);
  }

  template <class Self>
  void start(Self self, process_order order) {
    running_ = true;
    asker_ = self->address();
    self->request(service_, order.deadline, std::move(order.request))
      .then(
        [this, tell = std::move(order.on_end)](const process_finished& end) {
          running_ = false;
          tell(end);
        },
        [this, tell = std::move(order.on_failure)](caf::error& reason) {
          // Nobody waits for it any more, so it must not go on.
          stop(milliseconds{std::chrono::minutes{1}});
          running_ = false;
          tell(to_core(reason));
        });
  }

  /// SIGINT now, SIGKILL after `grace`.
  void stop(milliseconds grace) {
    // The sender tells our process from another one with the same key. It is
    // alive: as long as the process runs its answer is owed to it.
    if (auto asker = caf::actor_cast<caf::actor>(asker_))
      caf::send_as(asker, service_, stop_process{key_, grace});
  }

private:
  process_actor service_;
  std::string key_;
  caf::actor_addr asker_{};
  bool running_ = false;
};

} // namespace cts::terraform

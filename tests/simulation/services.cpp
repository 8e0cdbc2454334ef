#include "tests/simulation/services.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace cts::simulation {

namespace {

constexpr auto api_patience = std::chrono::minutes{2};

/// Answers of the world that are waited for, by ticket.
template <class T>
class open_requests {
public:
  template <class Promise>
  std::uint64_t add(const Promise& promise) {
    open_.emplace(++tickets_, cafx::answer<T>{promise});
    return tickets_;
  }

  void close(std::uint64_t ticket, const result<T>& outcome) {
    auto found = open_.extract(ticket);
    if (!found)
      return;
    if (outcome)
      found.mapped().deliver(*outcome);
    else
      found.mapped().fail(to_caf(outcome.error()));
  }

private:
  std::map<std::uint64_t, cafx::answer<T>> open_{};
  std::uint64_t tickets_ = 0;
};

class http_passage {
public:
  using actor_type = http_service;
  static inline constexpr const char* name = "http_passage";

  http_passage(http_service::pointer self, outside_ptr world)
    : self_(self), world_(std::move(world)) {
    cafx::install_guards(self_, guard_log);
  }

  http_service::behavior_type make_behavior() {
    return {
      [this](http_request& x) -> caf::result<http_reply> {
        auto promise = self_->make_response_promise<http_reply>();
        auto me = caf::actor_cast<http_service>(self_);
        auto ticket = open_.add(promise);
        world_->exchange(
          std::move(x), [me, ticket](const result<http_reply>& outcome) {
            auto shared = std::make_shared<const result<http_reply>>(outcome);
            caf::anon_send(me, http_answered{ticket, std::move(shared)});
          });
        return promise;
      },
      [this](const cancel_http& x) { world_->cancel(x.id); },
      [this](const http_answered& x) { open_.close(x.ticket, *x.outcome); },
    };
  }

private:
  http_service::pointer self_;
  outside_ptr world_;
  open_requests<http_reply> open_{};
};

class process_passage {
public:
  using actor_type = process_service;
  static inline constexpr const char* name = "process_passage";

  process_passage(process_service::pointer self, outside_ptr world)
    : self_(self), world_(std::move(world)) {
    cafx::install_guards(self_, guard_log);
  }

  process_service::behavior_type make_behavior() {
    return {
      [this](const start_process& x) -> caf::result<process_finished> {
        auto promise = self_->make_response_promise<process_finished>();
        auto me = caf::actor_cast<process_service>(self_);
        auto ticket = open_.add(promise);
        jobs_[ticket] = {x.key, x.job};
        world_->start(x, [me, ticket](const result<process_finished>& outcome) {
          auto shared
            = std::make_shared<const result<process_finished>>(outcome);
          caf::anon_send(me, process_answered{ticket, std::move(shared)});
        });
        return promise;
      },
      [this](const stop_process& x) { world_->stop(x); },
      [this](const extend_lease& x) { world_->lease(x.deadline); },
      [this](revoke_lease) { world_->lease(std::nullopt); },
      [this](const end_job& x) { return end(x.job); },
      [this](const process_answered& x) {
        jobs_.erase(x.ticket);
        finish_jobs();
        open_.close(x.ticket, *x.outcome);
      },
    };
  }

private:
  caf::result<void> end(const std::string& job) {
    auto promise = self_->make_response_promise<caf::unit_t>();
    ending_.emplace_back(job, promise);
    for (const auto& [ticket, owner] : jobs_)
      if (owner.second == job)
        world_->stop({.key = owner.first, .grace = std::chrono::minutes{1}});
    finish_jobs();
    return promise;
  }

  void finish_jobs() {
    std::erase_if(ending_, [this](auto& each) {
      auto over = std::ranges::none_of(
        jobs_, [&](const auto& x) { return x.second.second == each.first; });
      if (over)
        each.second.deliver(caf::unit);
      return over;
    });
  }

  process_service::pointer self_;
  outside_ptr world_;
  open_requests<process_finished> open_{};
  /// Key and job of what runs.
  std::map<std::uint64_t, std::pair<std::string, std::string>> jobs_{};
  std::vector<std::pair<std::string, cafx::done_answer>> ending_{};
};

class witness_passage {
public:
  using actor_type = witness_actor;
  static inline constexpr const char* name = "witness_passage";

  witness_passage(witness_actor::pointer self, outside_ptr world)
    : world_(std::move(world)) {
    cafx::install_guards(self, guard_log);
  }

  witness_actor::behavior_type make_behavior() {
    return {
      [this](const bequeath& x) { world_->bequeath(x.what); },
      [this](const withdraw_bequest& x) { world_->withdraw(x.name); },
      [this](heartbeat) { world_->beat(); },
    };
  }

private:
  outside_ptr world_;
};

class peer_passage {
public:
  using actor_type = peer_service;
  static inline constexpr const char* name = "peer_passage";

  peer_passage(peer_service::pointer self, outside_ptr world)
    : self_(self), world_(std::move(world)) {
    cafx::install_guards(self_, guard_log);
  }

  peer_service::behavior_type make_behavior() {
    return {
      [this](const greet_peer& x) -> caf::result<greeting_ended> {
        auto promise = self_->make_response_promise<greeting_ended>();
        auto me = caf::actor_cast<peer_service>(self_);
        auto ticket = open_.add(promise);
        tickets_[x.id] = ticket;
        world_->greet(x, [me, ticket](const result<greeting_ended>& how) {
          auto shared = std::make_shared<const result<greeting_ended>>(how);
          caf::anon_send(me, greeting_answered{ticket, std::move(shared)});
        });
        return promise;
      },
      [this](const cancel_greeting& x) {
        world_->cancel_greeting(x.id);
        if (auto found = tickets_.extract(x.id))
          open_.close(found.mapped(),
                      fail(errc::cancelled, "the greeting was cancelled"));
      },
      [this](const greeting_answered& x) {
        std::erase_if(tickets_,
                      [&](const auto& y) { return y.second == x.ticket; });
        open_.close(x.ticket, *x.outcome);
      },
    };
  }

private:
  peer_service::pointer self_;
  outside_ptr world_;
  open_requests<greeting_ended> open_{};
  /// By the id of the greeting.
  std::map<std::uint64_t, std::uint64_t> tickets_{};
};

class file_passage {
public:
  using actor_type = files_actor;
  static inline constexpr const char* name = "file_passage";

  file_passage(files_actor::pointer self, outside_ptr world)
    : world_(std::move(world)) {
    cafx::install_guards(self, guard_log);
  }

  files_actor::behavior_type make_behavior() {
    return {
      [this](const write_files& x) -> caf::result<files_written> {
        auto out = world_->write(x);
        if (!out)
          return to_caf(out.error());
        return *out;
      },
      [this](const read_files& x) -> caf::result<files_read> {
        auto out = world_->read(x);
        if (!out)
          return to_caf(out.error());
        return *out;
      },
      [this](const remove_files& x) { world_->remove(x); },
    };
  }

private:
  outside_ptr world_;
};

class port_passage {
public:
  using actor_type = http_server_actor;
  static inline constexpr const char* name = "port_passage";

  port_passage(http_server_actor::pointer self, outside_ptr world)
    : world_(std::move(world)) {
    cafx::install_guards(self, guard_log);
  }

  http_server_actor::behavior_type make_behavior() {
    return {
      [this](const open_api& x) -> caf::result<api_opened> {
        auto out = world_->open(x);
        if (!out)
          return to_caf(out.error());
        return *out;
      },
      [this](const close_api&) { world_->close(); },
    };
  }

private:
  outside_ptr world_;
};

class exit_passage {
public:
  using actor_type = exit_listener_actor;
  static inline constexpr const char* name = "exit_passage";

  exit_passage(exit_listener_actor::pointer, outside_ptr world)
    : world_(std::move(world)) {}

  exit_listener_actor::behavior_type make_behavior() {
    return {[this](const instance_ended& x) { world_->ended(x.exit_code); }};
  }

private:
  outside_ptr world_;
};

class client {
public:
  using actor_type = api_client;
  static inline constexpr const char* name = "api_client";

  explicit client(api_client::pointer self) : self_(self) {
    cafx::install_guards(self_, guard_log);
  }

  api_client::behavior_type make_behavior() {
    return {[this](const api_call& x) {
      self_->request(x.target, api_patience, *x.request)
        .then(
          [tell = x.tell](const api_reply& reply) { (*tell)(reply); },
          [tell = x.tell](caf::error& reason) { (*tell)(to_core(reason)); });
    }};
  }

private:
  api_client::pointer self_;
};

} // namespace

http_service make_http_service(caf::actor_system& system, outside_ptr world) {
  return cafx::spawn_state<http_passage>(system, std::move(world));
}

process_service make_process_service(caf::actor_system& system,
                                     outside_ptr world) {
  return cafx::spawn_state<process_passage>(system, std::move(world));
}

witness_actor make_witness_service(caf::actor_system& system,
                                   outside_ptr world) {
  return cafx::spawn_state<witness_passage>(system, std::move(world));
}

peer_service make_peer_service(caf::actor_system& system, outside_ptr world) {
  return cafx::spawn_state<peer_passage>(system, std::move(world));
}

files_actor make_file_service(caf::actor_system& system, outside_ptr world) {
  return cafx::spawn_state<file_passage>(system, std::move(world));
}

http_server_actor make_port_service(caf::actor_system& system,
                                    outside_ptr world) {
  return cafx::spawn_state<port_passage>(system, std::move(world));
}

exit_listener_actor make_exit_listener(caf::actor_system& system,
                                       outside_ptr world) {
  return cafx::spawn_state<exit_passage>(system, std::move(world));
}

api_client make_api_client(caf::actor_system& system) {
  return cafx::spawn_state<client>(system);
}

} // namespace cts::simulation

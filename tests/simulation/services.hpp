#pragma once

#include "actors/leadership.hpp"
#include "actors/peer_link.hpp"

#include <caf/actor_system.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

/// The services that an instance finds on its machine. They are actors of the
/// instance's island and only pass on what they are asked, so a test that
/// changes what they pass on changes the world, not the instance.
namespace cts::simulation {

using std::chrono::nanoseconds;

template <class T>
using answer_to = std::function<void(const result<T>&)>;

/// What is passed on. Each may answer at once or later, once, or never.
struct outside {
  std::function<void(http_request, answer_to<http_reply>)> exchange{};
  std::function<void(std::uint64_t id)> cancel{};
  std::function<void(start_process, answer_to<process_finished>)> start{};
  std::function<void(const stop_process&)> stop{};
  /// The lease of the instance's fenced processes: a new deadline, or none.
  std::function<void(std::optional<nanoseconds> deadline)> lease{};
  // -- the witness
  std::function<void(const ha::witness::bequest&)> bequeath{};
  std::function<void(const std::string& name)> withdraw{};
  std::function<void()> beat{};
  // -- the leader's API
  std::function<void(const greet_peer&, answer_to<greeting_ended>)> greet{};
  std::function<void(std::uint64_t id)> cancel_greeting{};
  std::function<result<files_written>(const write_files&)> write{};
  std::function<result<files_read>(const read_files&)> read{};
  std::function<void(const remove_files&)> remove{};
  std::function<result<api_opened>(const open_api&)> open{};
  std::function<void()> close{};
  std::function<void(int)> ended{};
};

using outside_ptr = std::shared_ptr<outside>;

/// An answer of the world on its way to who asked.
struct http_answered {
  std::uint64_t ticket = 0;
  std::shared_ptr<const result<http_reply>> outcome{};
};
struct process_answered {
  std::uint64_t ticket = 0;
  std::shared_ptr<const result<process_finished>> outcome{};
};
struct greeting_answered {
  std::uint64_t ticket = 0;
  std::shared_ptr<const result<greeting_ended>> outcome{};
};

/// The world asks the instance's API something.
struct api_call {
  api_actor target{};
  std::shared_ptr<const api_request> request{};
  std::shared_ptr<const answer_to<api_reply>> tell{};
};

using http_service
  = cafx::extended<http_actor, caf::result<void>(http_answered)>;
using process_service
  = cafx::extended<fenced_process_actor, caf::result<void>(process_answered)>;
using peer_service
  = cafx::extended<peer_line_actor, caf::result<void>(greeting_answered)>;
using api_client = cafx::iface<caf::result<void>(api_call)>;

http_service make_http_service(caf::actor_system& system, outside_ptr world);
process_service make_process_service(caf::actor_system& system,
                                     outside_ptr world);
witness_actor make_witness_service(caf::actor_system& system,
                                   outside_ptr world);
/// The way to the peers.
peer_service make_peer_service(caf::actor_system& system, outside_ptr world);
files_actor make_file_service(caf::actor_system& system, outside_ptr world);
http_server_actor make_port_service(caf::actor_system& system,
                                    outside_ptr world);
exit_listener_actor make_exit_listener(caf::actor_system& system,
                                       outside_ptr world);

/// Asks the API and tells the world what it answered.
api_client make_api_client(caf::actor_system& system);

} // namespace cts::simulation

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::simulation::http_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::simulation::process_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::simulation::greeting_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::simulation::api_call)

CAF_BEGIN_TYPE_ID_BLOCK(cts_simulation, caf::first_custom_type_id + 740)

CAF_ADD_TYPE_ID(cts_simulation, (cts::simulation::http_answered))
CAF_ADD_TYPE_ID(cts_simulation, (cts::simulation::process_answered))
CAF_ADD_TYPE_ID(cts_simulation, (cts::simulation::api_call))
CAF_ADD_TYPE_ID(cts_simulation, (cts::simulation::greeting_answered))

CAF_END_TYPE_ID_BLOCK(cts_simulation)
